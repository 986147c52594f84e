package oauthtest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// code is an authorization code (RFC 6749, 4.1) with its PKCE challenge.
type code struct{ scope, redirect, challenge string }

// device is a device code; it is agreed to once it was polled for waits times.
type device struct {
	scope string
	waits int
}

// authorize is the page at which a person consents, who does so at once.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case err != nil || redirect.Scheme != "http" || redirect.Hostname() != "127.0.0.1" && redirect.Hostname() != "localhost" || redirect.Port() == "":
		http.Error(w, "redirect_uri is not a loopback address", http.StatusBadRequest)
		return
	case q.Get("client_id") != s.options.ClientID || q.Get("response_type") != "code":
		http.Error(w, "unknown client or response type", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
		answer.Set("error_description", "PKCE with S256 is demanded")
	case s.options.Decline:
		answer.Set("error", "access_denied")
	default:
		one := "code-" + rand.Text()
		s.mu.Lock()
		s.codes[one] = code{q.Get("scope"), q.Get("redirect_uri"), q.Get("code_challenge")}
		s.mu.Unlock()
		answer.Set("code", one)
	}
	redirect.RawQuery = answer.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// device gives codes to a device; the person agrees after it was polled once.
func (s *Server) device(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("client_id") != s.options.ClientID {
		refuse(w, http.StatusUnauthorized, "invalid_client", "")
		return
	}
	one := "device-" + rand.Text()
	s.mu.Lock()
	s.devices[one] = device{r.FormValue("scope"), 1}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"device_code": one, "user_code": "WDJB-MJHT", "verification_uri": strings.TrimSuffix(s.DeviceURL, "/device") + "/enter",
		"expires_in": 600, "interval": 1,
	})
}

// revoke ends a login (RFC 7009).
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("client_id") != s.options.ClientID || r.FormValue("client_secret") != s.options.Secret {
		refuse(w, http.StatusUnauthorized, "invalid_client", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.logins[r.FormValue("token")]; l != nil {
		l.revoked = true
	}
	w.WriteHeader(http.StatusOK)
}
