package oauthtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	deviceGrant    = "urn:ietf:params:oauth:grant-type:device_code"
	assertionGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// grant is what a request has earned; refusal is the error's code in its place.
type grant struct {
	user, scope, refresh string
	refusal, why         string
	status               int
}

func refused(refusal, why string) grant {
	return grant{refusal: refusal, why: why, status: http.StatusBadRequest}
}

// token is the token endpoint (RFC 6749, 3.2).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if s.options.Answer != nil && s.options.Answer(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := r.FormValue("grant_type")
	g := s.earn(kind, r)
	if g.refusal != "" {
		refuse(w, g.status, g.refusal, g.why)
		return
	}
	s.grants[kind]++
	now := s.options.Now()
	scope := cmp.Or(s.options.Scope, g.scope)
	answer := map[string]any{
		"access_token": s.options.Mint(g.user, scope, now, now.Add(s.options.Lifetime)), "token_type": "Bearer",
		"expires_in": int(s.options.Lifetime / time.Second), "scope": scope,
	}
	if g.refresh != "" {
		answer["refresh_token"] = g.refresh
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer)
}

// earn looks at a request. The server is locked.
func (s *Server) earn(kind string, r *http.Request) grant {
	if kind != assertionGrant {
		id, secret, inHeader := r.BasicAuth()
		if !inHeader {
			id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		if id != s.options.ClientID || secret != s.options.Secret {
			return grant{refusal: "invalid_client", why: "unknown client or wrong secret", status: http.StatusUnauthorized}
		}
	}
	switch kind {
	case "authorization_code":
		return s.redeem(r)
	case "refresh_token":
		return s.refresh(r.FormValue("refresh_token"))
	case deviceGrant:
		return s.poll(r.FormValue("device_code"))
	case "client_credentials":
		if s.options.Secret == "" {
			return refused("unauthorized_client", "this client has no secret")
		}
		return grant{user: s.options.User, scope: r.FormValue("scope")}
	case assertionGrant:
		return s.assert(r.FormValue("assertion"))
	}
	return refused("unsupported_grant_type", kind)
}

// redeem takes an authorization code, once.
func (s *Server) redeem(r *http.Request) grant {
	c, known := s.codes[r.FormValue("code")]
	delete(s.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case !known:
		return refused("invalid_grant", "unknown code")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		return refused("invalid_grant", "the code verifier does not fit")
	case r.FormValue("redirect_uri") != c.redirect:
		return refused("invalid_grant", "another redirect_uri")
	}
	return grant{user: s.options.User, scope: c.scope, refresh: s.begin(s.options.User, c.scope)}
}

// refresh takes a refresh token. One that was replaced has been stolen, for all
// the server knows: its login ends (RFC 9700, 4.14.2).
func (s *Server) refresh(old string) grant {
	l := s.logins[old]
	switch {
	case l == nil, l.revoked:
		return refused("invalid_grant", "Token has been expired or revoked.")
	case l.current != old:
		s.reused++
		l.revoked = true
		return refused("invalid_grant", "The refresh token was used before.")
	}
	if !s.options.Keep {
		l.current = s.begin(l.user, l.scope)
		s.logins[l.current] = l
	}
	return grant{user: l.user, scope: l.scope, refresh: l.current}
}

func (s *Server) poll(one string) grant {
	d, known := s.devices[one]
	switch {
	case !known:
		return refused("expired_token", "unknown device code")
	case s.options.Decline:
		return refused("access_denied", "")
	case d.waits > 0:
		d.waits--
		s.devices[one] = d
		return refused("authorization_pending", "")
	}
	delete(s.devices, one)
	return grant{user: s.options.User, scope: d.scope, refresh: s.begin(s.options.User, d.scope)}
}

// claims are those of an assertion (RFC 7523, 3).
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Scope    string `json:"scope"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// assert takes a signed assertion that is good now.
func (s *Server) assert(assertion string) grant {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || s.options.Key == nil || !signedBy(s.options.Key, parts) {
		return refused("invalid_grant", "Invalid JWT Signature.")
	}
	var c claims
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &c) != nil || c.Audience != s.TokenURL {
		return refused("invalid_grant", "Invalid JWT.")
	}
	now := s.options.Now().Unix()
	switch {
	case c.Issued > now+60 || c.Expires < now || c.Expires > c.Issued+3700:
		return refused("invalid_grant", "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe.")
	case !strings.HasSuffix(c.Subject, "@"+s.options.Domain):
		return refused("unauthorized_client", "Client is unauthorized to retrieve access tokens for this user.")
	}
	return grant{user: c.Subject, scope: c.Scope}
}
