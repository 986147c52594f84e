package oauthtest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Options say how the server behaves.
type Options struct {
	// Mint makes an access token; nil makes a random one.
	Mint func(user, scope string, from, until time.Time) string
	// Lifetime is how long access tokens are good, 0 for an hour.
	Lifetime time.Duration
	// ClientID is the client that the server knows, "" for "client"; Secret is
	// its secret, "" for a client without one.
	ClientID, Secret string
	// User is who consents, "" for "me".
	User string
	// Keep lets a refresh token be used again: no rotation.
	Keep bool
	// Scope is what is given, whatever is asked for; "" for what is asked for.
	Scope string
	// Key is the service account's, whose assertions are taken for users of the
	// Domain.
	Key    *rsa.PublicKey
	Domain string
	// Decline lets the person say no.
	Decline bool
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Answer, when not nil, is asked first for each request to the token
	// endpoint; it returns true when it has answered.
	Answer func(w http.ResponseWriter, r *http.Request) bool
}

// Server is a running server. AuthURL, TokenURL, DeviceURL and RevokeURL are its
// endpoints.
type Server struct {
	AuthURL, TokenURL, DeviceURL, RevokeURL string

	options Options
	mu      sync.Mutex
	codes   map[string]code   // not yet used
	devices map[string]device // by device code
	logins  map[string]*login // by refresh token, also used ones
	grants  map[string]int    // by grant type
	reused  int
}

// login is a person's consent: a family of refresh tokens.
type login struct {
	user, scope, current string
	revoked              bool
}

// New starts a server, which ends with the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.ClientID == "" {
		o.ClientID = "client"
	}
	if o.User == "" {
		o.User = "me"
	}
	if o.Lifetime == 0 {
		o.Lifetime = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Mint == nil {
		o.Mint = func(string, string, time.Time, time.Time) string { return "access-" + rand.Text() }
	}
	s := &Server{options: o, codes: map[string]code{}, devices: map[string]device{}, logins: map[string]*login{}, grants: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /device", s.device)
	mux.HandleFunc("POST /revoke", s.revoke)
	h := httptest.NewServer(mux)
	tb.Cleanup(h.Close)
	s.AuthURL, s.TokenURL, s.DeviceURL, s.RevokeURL = h.URL+"/authorize", h.URL+"/token", h.URL+"/device", h.URL+"/revoke"
	return s
}

// Grants returns how many tokens were given by a grant type, as it is spelled in
// requests: "refresh_token".
func (s *Server) Grants(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants[kind]
}

// Reused returns how often a refresh token was used that had been replaced.
func (s *Server) Reused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reused
}

// Login makes a login of a user without asking anybody, and returns its refresh
// token.
func (s *Server) Login(user, scope string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin(user, scope)
}

// RevokeAll ends all logins.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.logins {
		l.revoked = true
	}
}

func (s *Server) begin(user, scope string) string {
	l := &login{user: user, scope: scope, current: "refresh-" + rand.Text()}
	s.logins[l.current] = l
	return l.current
}

// refuse answers with an error of RFC 6749, 5.2.
func refuse(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
}
