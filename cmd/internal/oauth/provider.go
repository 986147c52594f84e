package oauth

import (
	"golang.org/x/oauth2/endpoints"
)

// providers fill in what is known of a provider, where the settings say nothing.
func providers() map[string]func(*Settings) {
	return map[string]func(*Settings){"google": google, "microsoft": microsoft}
}

// google: IMAP wants the scope of all mail, whatever the flow
// (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
func google(s *Settings) {
	fill(&s.AuthURL, endpoints.Google.AuthURL)
	fill(&s.TokenURL, endpoints.Google.TokenURL)
	fill(&s.RevokeURL, "https://oauth2.googleapis.com/revoke")
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"https://mail.google.com/"}
	}
}

// microsoft: the scopes of people and of applications differ
// (learn.microsoft.com/exchange/client-developer/legacy-protocols).
func microsoft(s *Settings) {
	e := endpoints.AzureAD(s.Tenant)
	fill(&s.AuthURL, e.AuthURL)
	fill(&s.TokenURL, e.TokenURL)
	fill(&s.DeviceURL, e.DeviceAuthURL)
	switch {
	case len(s.Scopes) > 0:
	case s.Flow == ClientCredentials:
		s.Scopes = []string{"https://outlook.office365.com/.default"}
	default:
		s.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"}
	}
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// redirectHost is the name by which a provider sends the browser back to this
// machine: Microsoft leaves the port open for that name alone.
func (s Settings) redirectHost() string {
	if s.Provider == "microsoft" {
		return "localhost"
	}
	return "127.0.0.1"
}
