package imapaccount_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// noNames is a resolver that finds nothing: its DNS server cannot be reached.
func noNames() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no network")
	}}
}

// TestProbeFails: the way into an account is told up to the step that failed,
// and nothing is tried twice.
func TestProbeFails(t *testing.T) {
	certs := imaptest.Certs(t)
	tls, startTLS, plain := imapaccount.TLS, imapaccount.StartTLS, imapaccount.PlainText
	bye := func(c *imaptest.ScriptConn, command imaptest.Command) { c.Refuse(command, "NO not today") }
	for _, c := range []struct {
		name     string
		script   imaptest.Script
		closed   bool // nothing listens
		config   func(*imapaccount.Config)
		security imapaccount.Security
		steps    string // those that were taken, the last one in vain
		sentinel error
	}{
		{name: "no such host", security: tls, steps: "resolve", sentinel: mailhaul.ErrConnect,
			config: func(c *imapaccount.Config) { c.Host, c.Resolver = "imap.example.org", noNames() }},
		{name: "refused", closed: true, security: tls, steps: "resolve connect", sentinel: mailhaul.ErrConnect},
		{name: "expired", script: imaptest.Script{Certificate: &certs.Expired, ImplicitTLS: true}, security: tls,
			steps: "resolve connect TLS", sentinel: mailhaul.ErrConnect},
		{name: "self-signed after STARTTLS", script: imaptest.Script{Certificate: &certs.SelfSigned}, security: startTLS,
			steps: "resolve connect greeting STARTTLS TLS", sentinel: mailhaul.ErrConnect},
		{name: "wrong host", script: imaptest.Script{Certificate: &certs.WrongHost, ImplicitTLS: true}, security: tls,
			steps: "resolve connect TLS", sentinel: mailhaul.ErrConnect},
		{name: "no TLS on the port", security: tls, steps: "resolve connect TLS", sentinel: mailhaul.ErrConnect},
		{name: "greeting BYE", script: imaptest.Script{Greeting: "* BYE full", Certificate: &certs.Server, ImplicitTLS: true}, security: tls,
			steps: "resolve connect TLS greeting", sentinel: mailhaul.ErrConnect},
		{name: "greeting BYE before STARTTLS", script: imaptest.Script{Greeting: "* BYE full"}, security: startTLS,
			steps: "resolve connect greeting", sentinel: mailhaul.ErrConnect},
		{name: "STARTTLS refused", security: startTLS, steps: "resolve connect greeting STARTTLS", sentinel: mailhaul.ErrConnect},
		{name: "wrong password", script: imaptest.Script{User: "me", Password: "other"}, security: plain,
			steps: "resolve connect greeting login", sentinel: mailhaul.ErrAuth},
		{name: "no mechanism", script: imaptest.Script{Capability: "IMAP4rev1 LOGINDISABLED"}, security: plain,
			steps: "resolve connect greeting login", sentinel: mailhaul.ErrAuth},
		{name: "LIST refused", script: imaptest.Script{Answer: on("LIST", bye)}, security: plain,
			steps: "resolve connect greeting login folders", sentinel: mailhaul.ErrConnect},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := imaptest.NewScript(t, c.script)
			address := server.Addr
			if c.closed {
				address = closedPort(t)
			}
			cfg := config(t, address, "me", "secret", c.security)
			if c.config != nil {
				c.config(&cfg)
			}
			account, d, err := imapaccount.Probe(t.Context(), cfg)
			if account != nil || !errors.Is(err, c.sentinel) {
				t.Fatalf("error %v, want %v", err, c.sentinel)
			}
			var steps []string
			for i, s := range d.Steps {
				steps = append(steps, string(s.Stage))
				if failed := i == len(d.Steps)-1; failed != (s.Err != nil) {
					t.Errorf("step %s: %v", s.Stage, s.Err)
				}
			}
			if got := strings.Join(steps, " "); got != c.steps {
				t.Errorf("steps %q, want %q", got, c.steps)
			}
			if n := server.Count("LOGIN", "AUTHENTICATE"); n > 1 {
				t.Errorf("%d logins", n)
			}
		})
	}
}

// TestProbe: what a server says of itself and of the account arrives, and
// nothing that could change anything is said to it.
func TestProbe(t *testing.T) {
	certs := imaptest.Certs(t)
	server := imaptest.NewScript(t, imaptest.Script{
		Certificate: &certs.Server, Quota: 10_000, Capability: "IMAP4rev1 ID NAMESPACE QUOTA APPENDLIMIT=5000 AUTH=PLAIN AUTH=SCRAM-SHA-256",
		Folders: []*imaptest.ScriptFolder{three()},
		Answer: on("ID", func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say(`* ID ("Name" "Example Server" "version" NIL "vendor" {3}`, `abc)`)
			c.OK(command, "done")
		}),
	})
	cfg := config(t, server.Addr, "me", "secret", imapaccount.StartTLS)
	now := time.Unix(0, 0)
	cfg.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	account, d, err := imapaccount.Probe(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer account.Close()
	stages := imapaccount.StartTLS.Stages()
	if len(d.Steps) != len(stages) {
		t.Fatalf("steps %v, want %v", d.Steps, stages)
	}
	for i, s := range d.Steps {
		if s.Stage != stages[i] || s.Err != nil {
			t.Errorf("step %d: %s, %v", i, s.Stage, s.Err)
		}
	}
	if d.TLS == nil || d.TLS.PeerCertificates[0].DNSNames[0] != "localhost" || !strings.HasPrefix(d.Greeting, "* OK [CAPABILITY") {
		t.Errorf("TLS %v, greeting %q", d.TLS, d.Greeting)
	}
	if d.ID["name"] != "Example Server" || d.Mechanism != "PLAIN" || !slices.Equal(d.Mechanisms, []string{"LOGIN", "PLAIN", "SCRAM-SHA-256"}) {
		t.Errorf("ID %q, %s of %q", d.ID, d.Mechanism, d.Mechanisms)
	}
	if !d.Has("QUOTA") || d.Has("AUTH=PLAIN") || d.Has("CONDSTORE") {
		t.Errorf("capabilities %q", d.Capabilities)
	}
	if len(d.Namespaces.Personal) != 1 || len(d.Folders) != 1 || d.Folders[0].Messages != 3 || d.Limits.Message != 5000 || d.Limits.Total != 10_000/1024*1024 {
		t.Errorf("namespaces %v, folders %v, limits %+v", d.Namespaces, d.Folders, d.Limits)
	}
	if d.RoundTrip != time.Millisecond {
		t.Errorf("a round trip of %s", d.RoundTrip)
	}
	for _, c := range server.Commands() {
		switch c.Name {
		case "CREATE", "SELECT", "APPEND", "STORE", "UID STORE", "SUBSCRIBE", "EXPUNGE":
			t.Errorf("said %s %s", c.Name, c.Args)
		}
	}
}

// TestProbeServers describes an account of each real server.
func TestProbeServers(t *testing.T) {
	for name, server := range servers(t) {
		t.Run(name, func(t *testing.T) {
			user, password := server.User(t)
			for address, security := range map[string]imapaccount.Security{server.Addr: imapaccount.StartTLS, server.TLSAddr: imapaccount.TLS} {
				cfg := config(t, address, user, password, security)
				account, d, err := imapaccount.Probe(t.Context(), cfg)
				if err != nil {
					t.Fatalf("%v after %v", err, d.Steps)
				}
				account.Close()
				if len(d.Folders) == 0 || len(d.Steps) != len(security.Stages()) || d.RoundTrip <= 0 || d.TLS == nil || len(d.Capabilities) == 0 || d.Mechanism == "" {
					t.Errorf("%+v", d)
				}
				if known := d.ID["name"] != ""; known != d.Has("ID") {
					t.Errorf("ID %q with %q", d.ID, d.Capabilities)
				}
			}
		})
	}
}

// TestProbeTokens: a way that is taken twice, for another token, is told once;
// where there is no token it ends at the login.
func TestProbeTokens(t *testing.T) {
	server := imaptest.Dovecot(t, imaptest.Tokens())
	user, _ := server.User(t)
	now := time.Now()
	good := server.Token(user, imaptest.TokenScope, now.Add(-time.Minute), now.Add(time.Hour))
	account, d, err := imapaccount.Probe(t.Context(), bearing(t, server.Addr, user, &purse{tokens: []string{"garbage", good}}))
	if err != nil {
		t.Fatal(err)
	}
	account.Close()
	if len(d.Steps) != len(imapaccount.PlainText.Stages()) || d.Mechanism != "OAUTHBEARER" {
		t.Errorf("steps %v, logged in by %q", d.Steps, d.Mechanism)
	}
	none := errors.Join(errors.New("no token"), mailhaul.ErrAuth)
	c := bearing(t, server.Addr, user, nil)
	c.OAuth.Token = func(context.Context, string) (string, error) { return "", none }
	_, d, err = imapaccount.Probe(t.Context(), c)
	if !errors.Is(err, none) || len(d.Steps) != 1 || d.Steps[0].Stage != imapaccount.StageLogin {
		t.Errorf("error %v, steps %v", err, d.Steps)
	}
}
