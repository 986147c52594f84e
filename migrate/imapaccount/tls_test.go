package imapaccount_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestCertificates: no credential goes to a server that does not prove who it
// is, and the error says what to do.
func TestCertificates(t *testing.T) {
	certs := imaptest.Certs(t)
	for _, c := range []struct {
		name string
		cert tls.Certificate
		hint string
	}{
		{"wrong host", certs.WrongHost, "another name"},
		{"expired", certs.Expired, "expired"},
		{"self-signed", certs.SelfSigned, "?ca=FILE"},
	} {
		for _, security := range []imapaccount.Security{imapaccount.TLS, imapaccount.StartTLS} {
			t.Run(c.name, func(t *testing.T) {
				server := imaptest.NewScript(t, imaptest.Script{Certificate: &c.cert, ImplicitTLS: security == imapaccount.TLS})
				_, err := imapaccount.Open(t.Context(), config(t, server.Addr, "me", "secret", security))
				e, ok := errors.AsType[*mailhaul.Error](err)
				if !ok || !errors.Is(err, mailhaul.ErrConnect) || !strings.Contains(e.Hint, c.hint) {
					t.Errorf("error %v, hint %q", err, e.Hint)
				}
				if n := server.Count("LOGIN", "AUTHENTICATE"); n != 0 {
					t.Errorf("%d logins", n)
				}
			})
		}
	}
}

// TestStartTLSStripped: without TLS nothing more is said, whatever the server
// answers, and what it says before TLS is not believed after it.
func TestStartTLSStripped(t *testing.T) {
	certs := imaptest.Certs(t)
	answers := map[string]func(*imaptest.ScriptConn, imaptest.Command){
		"NO":    func(c *imaptest.ScriptConn, command imaptest.Command) { c.Say(command.Tag + " NO not today") },
		"BAD":   func(c *imaptest.ScriptConn, command imaptest.Command) { c.Say(command.Tag + " BAD what") },
		"EOF":   func(c *imaptest.ScriptConn, _ imaptest.Command) { c.Close() },
		"BYE":   func(c *imaptest.ScriptConn, _ imaptest.Command) { c.Say("* BYE no"); c.Close() },
		"other": func(c *imaptest.ScriptConn, _ imaptest.Command) { c.Say("x1 OK of another command") },
		"injected answer": func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Write([]byte(command.Tag + " OK begin TLS\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"))
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			server := imaptest.NewScript(t, imaptest.Script{Answer: on("STARTTLS", answer)})
			refused(t, server)
		})
	}
	for name, greeting := range map[string]string{"PREAUTH": "* PREAUTH welcome", "garbage": "220 smtp.example.org ESMTP", "BYE": "* BYE full"} {
		t.Run("greeting "+name, func(t *testing.T) {
			server := imaptest.NewScript(t, imaptest.Script{Greeting: greeting, Certificate: &certs.Server})
			refused(t, server)
		})
	}
}

func refused(t *testing.T, server *imaptest.ScriptServer) {
	t.Helper()
	_, err := imapaccount.Open(t.Context(), config(t, server.Addr, "me", "secret", imapaccount.StartTLS))
	if !errors.Is(err, mailhaul.ErrConnect) {
		t.Errorf("error %v, want one that is ErrConnect", err)
	}
	for _, c := range server.Commands() {
		if c.Name != "STARTTLS" {
			t.Errorf("said in the clear: %s", c.Name)
		}
	}
}

// TestLoginDisabled: LOGIN is not sent where the server forbids it.
func TestLoginDisabled(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 LOGINDISABLED"})
	_, err := imapaccount.Open(t.Context(), config(t, server.Addr, "me", "secret", imapaccount.PlainText))
	if !errors.Is(err, mailhaul.ErrAuth) || server.Count("LOGIN") != 0 {
		t.Errorf("error %v, %d logins", err, server.Count("LOGIN"))
	}
}

// TestUTF8Names: a server that has UTF8=ACCEPT gives names in UTF-8.
func TestUTF8Names(t *testing.T) {
	folder := three()
	folder.Name = "Entwürfe & mehr"
	server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN ENABLE UTF8=ACCEPT", Folders: []*imaptest.ScriptFolder{folder},
		Answer: on("ENABLE", func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say("* ENABLED UTF8=ACCEPT")
			c.OK(command, "done")
		})})
	got, failures, err := haul(t.Context(), open(t, config(t, server.Addr, "me", "x", imapaccount.PlainText)))
	if err != nil || len(failures) > 0 || len(got) != 3 {
		t.Fatalf("%d messages, %v, %v", len(got), err, failures)
	}
	for m := range got {
		if m.folder != folder.Name {
			t.Errorf("folder %q", m.folder)
		}
	}
}

// TestReach: a server is reached without a login, by TLS and by STARTTLS, or it is
// said why not.
func TestReach(t *testing.T) {
	certs := imaptest.Certs(t)
	for _, c := range []struct {
		name     string
		script   imaptest.Script
		security imapaccount.Security
		ok       bool
	}{
		{"TLS", imaptest.Script{Certificate: &certs.Server, ImplicitTLS: true}, imapaccount.TLS, true},
		{"STARTTLS", imaptest.Script{Certificate: &certs.Server}, imapaccount.StartTLS, true},
		{"no STARTTLS", imaptest.Script{}, imapaccount.StartTLS, false},
		{"wrong host", imaptest.Script{Certificate: &certs.WrongHost, ImplicitTLS: true}, imapaccount.TLS, false},
		{"no IMAP", imaptest.Script{Certificate: &certs.Server, ImplicitTLS: true, Greeting: "220 smtp ESMTP"}, imapaccount.TLS, false},
		{"BYE", imaptest.Script{Certificate: &certs.Server, ImplicitTLS: true, Greeting: "* BYE full"}, imapaccount.TLS, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := imaptest.NewScript(t, c.script)
			err := imapaccount.Reach(t.Context(), config(t, server.Addr, "", "", c.security))
			if (err == nil) != c.ok || err != nil && !errors.Is(err, mailhaul.ErrConnect) {
				t.Errorf("error %v", err)
			}
			if n := server.Count("LOGIN", "AUTHENTICATE"); n != 0 {
				t.Errorf("%d logins", n)
			}
		})
	}
}
