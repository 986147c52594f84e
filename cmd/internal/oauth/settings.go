package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// The flows: how a token is got.
const (
	// Browser asks a person in a browser on this machine (RFC 8252).
	Browser = "browser"
	// Device asks a person on whatever device has a browser (RFC 8628).
	Device = "device"
	// ServiceAccount signs with the key of a service account that may act for
	// all users of an organisation (RFC 7523; Google).
	ServiceAccount = "service-account"
	// ClientCredentials asks with the secret of an application that may open all
	// mailboxes of an organisation (RFC 6749, 4.4; Microsoft).
	ClientCredentials = "client-credentials"
)

// Settings say how the tokens of an account are got. They are part of what a
// login keeps.
type Settings struct {
	// Provider is google or microsoft, whose URLs and scopes are known, or "".
	Provider string `json:"provider,omitempty"`
	// Flow is one of the flows, "" for Browser.
	Flow     string `json:"flow,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	// ClientSecret is never kept; ClientSecretFile holds it in its first line.
	ClientSecret     string   `json:"-"`
	ClientSecretFile string   `json:"client_secret_file,omitempty"`
	AuthURL          string   `json:"auth_url,omitempty"`
	TokenURL         string   `json:"token_url,omitempty"`
	DeviceURL        string   `json:"device_url,omitempty"`
	RevokeURL        string   `json:"revoke_url,omitempty"` // RFC 7009; "" where there is none
	Scopes           []string `json:"scopes,omitempty"`
	// Tenant is the directory of an organisation at Microsoft, "" for any.
	Tenant string `json:"tenant,omitempty"`
	// KeyFile is the JSON file with the key of a service account.
	KeyFile string `json:"key_file,omitempty"`
	// User is whose mail the token opens.
	User string `json:"user,omitempty"`
}

// ForPeople tells whether a person logs in, and the login is kept. The other
// flows need neither.
func (s Settings) ForPeople() bool { return s.Flow != ServiceAccount && s.Flow != ClientCredentials }

// Empty tells whether nothing is said of where tokens come from.
func (s Settings) Empty() bool {
	return s.Provider == "" && s.Flow == "" && s.ClientID == "" && s.TokenURL == "" && s.KeyFile == ""
}

// Flows are all flows.
func Flows() []string { return []string{Browser, Device, ServiceAccount, ClientCredentials} }

// complete fills in what the provider's name says, and returns what is missing
// or wrong.
func (s Settings) complete() (Settings, error) {
	var p config.Problems
	known, isKnown := providers()[s.Provider]
	if s.Provider != "" && !isKnown {
		p.Addf("provider %q is not known; google and microsoft are, any other is given by its URLs", s.Provider)
	}
	if s.Flow == "" {
		s.Flow = Browser
	}
	if !slices.Contains(Flows(), s.Flow) {
		p.Addf("flow %q is not one of %s", s.Flow, strings.Join(Flows(), ", "))
		return s, p.Err()
	}
	if isKnown {
		known(&s)
	}
	s.check(&p)
	return s, p.Err()
}

// check tells what a flow lacks.
func (s Settings) check(p *config.Problems) {
	need := func(value, key, why string) {
		if value == "" {
			p.Addf("%s is missing: %s", key, why)
		}
	}
	if s.Provider == "google" && s.Flow == Device {
		p.Addf("Google gives no token for mail by the device flow; use the browser flow")
	}
	if s.Provider == "microsoft" && s.Flow == ClientCredentials && s.Tenant == "" {
		p.Addf("tenant is missing: the ID of the organisation whose mailboxes are opened")
	}
	switch s.Flow {
	case ServiceAccount:
		need(s.KeyFile, "key-file", "the JSON file with the key of the service account")
	default:
		need(s.ClientID, "client-id", "you get one by registering mailhaul at the provider; the guide docs/oauth.md tells how")
		need(s.TokenURL, "token-url", "give it, or a provider that is known")
	}
	switch s.Flow {
	case Browser:
		need(s.AuthURL, "auth-url", "give it, or a provider that is known")
	case Device:
		need(s.DeviceURL, "device-url", "this provider has no device flow that mailhaul knows; use the browser flow")
	case ClientCredentials:
		if s.ClientSecret == "" && s.ClientSecretFile == "" {
			p.Addf("client-secret-file is missing: the file with the secret of the application")
		}
	}
	for _, u := range []struct{ key, value string }{{"auth-url", s.AuthURL}, {"token-url", s.TokenURL}, {"device-url", s.DeviceURL}, {"revoke-url", s.RevokeURL}} {
		if u.value != "" && !safe(u.value) {
			p.Addf("%s: %q is no https:// URL; secrets are not sent without encryption", u.key, u.value)
		}
	}
}

// safe tells whether secrets may be sent to a URL: encrypted, or to this machine.
func safe(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && ip.IsLoopback()
}
