package app_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// adding is a world in which an account is added to a config file.
type adding struct {
	server   *imaptest.ScriptServer
	ca, home string
	zone     imaptest.Zone
	env      map[string]string
	answers  []string // at the terminal; nil when there is none
	asked    []string
}

func newAdding(t *testing.T) *adding {
	certs := imaptest.Certs(t)
	home := t.TempDir()
	server := imaptest.NewScript(t, imaptest.Script{User: "me@example.org", Password: "secret", Certificate: &certs.Server, ImplicitTLS: true})
	return &adding{server: server, ca: certs.CAFile, home: home, zone: imaptest.Zone{}, env: map[string]string{"HOME": home, "MAILHAUL_PASSWORD": "secret"}}
}

// named lets DNS name the server, as localhost, for example.org.
func (a *adding) named(t *testing.T) {
	_, port, err := net.SplitHostPort(a.server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.ParseUint(port, 10, 16)
	a.zone.SRV("_imaps._tcp.example.org", 0, 0, uint16(number), "localhost")
}

func (a *adding) run(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := app.Env{Stdout: &out, Stderr: &errs, Now: time.Now, Version: "v1.2.3", Getenv: func(name string) string { return a.env[name] },
		Resolver: imaptest.NewResolver(t, a.zone)}
	if a.answers != nil {
		env.Terminal.Ask = func(_ context.Context, text string) (string, error) {
			a.asked = append(a.asked, text)
			if len(a.answers) == 0 {
				t.Fatalf("asked once more: %q", text)
			}
			answer := a.answers[0]
			a.answers = a.answers[1:]
			return answer, nil
		}
		env.Terminal.Prompt = env.Terminal.Ask
	}
	code = app.Run(t.Context(), env, append([]string{"config", "add"}, args...))
	if out.Len() > 0 {
		t.Errorf("standard output: %s", &out)
	}
	return code, errs.String()
}

// file returns the config file, "" when there is none.
func (a *adding) file(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(a.home, ".config", "mailhaul", "config.toml"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestConfigAddFinds: the server is found by its SRV record, confirmed, tried, and
// written down.
func TestConfigAddFinds(t *testing.T) {
	a := newAdding(t)
	a.named(t)
	code, stderr := a.run(t, "me@example.org", "--ca", a.ca, "--yes", "--password-env", "MAILHAUL_PASSWORD", "--name", "work")
	if code != 0 {
		t.Fatalf("ended with %d: %s", code, stderr)
	}
	_, port, _ := net.SplitHostPort(a.server.Addr)
	want := "[accounts.work]\naddress = \"imaps://localhost:" + port + "\"\nuser = \"me@example.org\"\nca = \"" + a.ca + "\"\npassword-env = \"MAILHAUL_PASSWORD\"\n"
	if got := a.file(t); got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
	for _, want := range []string{"SRV record", "logged in: 0 messages in 1 folder", "next: mailhaul backup work"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing in %q", want, stderr)
		}
	}
	if code, stderr := a.run(t, "me@example.org", "--ca", a.ca, "--yes", "--password-env", "X", "--name", "work"); code != 2 || !strings.Contains(stderr, "already") {
		t.Errorf("the same name again: %d, %s", code, stderr)
	}
}

// TestConfigAddAsks: at a terminal all that is missing is asked for.
func TestConfigAddAsks(t *testing.T) {
	a := newAdding(t)
	a.named(t)
	secret := filepath.Join(a.home, "password")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.answers = []string{"y", "", "file", secret}
	if code, stderr := a.run(t, "me@example.org", "--ca", a.ca); code != 0 {
		t.Fatalf("ended with %d: %s", code, stderr)
	}
	if got := a.file(t); !strings.Contains(got, "[accounts.\"me@example.org\"]\n") || !strings.Contains(got, "password-file = \""+secret+"\"\n") {
		t.Errorf("wrote %s", got)
	}
	if len(a.asked) != 4 || !strings.Contains(a.asked[0], "localhost lies in another domain than me@example.org") || a.asked[1] != "User name [me@example.org]: " {
		t.Errorf("asked %q", a.asked)
	}
}

// TestConfigAddStops: what goes wrong, and what is not confirmed, leaves no file;
// no password goes to a server that was not confirmed.
func TestConfigAddStops(t *testing.T) {
	plain := imaptest.NewScript(t, imaptest.Script{})
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *adding)
		args    []string
		code    int
		says    string
		logins  int
	}{
		{"not confirmed", func(t *testing.T, a *adding) { a.named(t); a.answers = []string{"n"} }, nil, 2, "not confirmed", 0},
		{"nobody to confirm", func(t *testing.T, a *adding) { a.named(t) }, []string{"--keyring"}, 2, "--yes", 0},
		{"nobody to ask", func(t *testing.T, a *adding) { a.named(t) }, nil, 2, "--password-file", 0},
		{"wrong password", func(t *testing.T, a *adding) { a.named(t); a.env["MAILHAUL_PASSWORD"] = "wrong" },
			[]string{"--yes", "--password-env", "MAILHAUL_PASSWORD"}, 4, "check user", 1},
		{"variable not set", func(t *testing.T, a *adding) { a.named(t) }, []string{"--yes", "--password-env", "NOWHERE"}, 2, "NOWHERE", 0},
		{"no IMAP there", func(_ *testing.T, a *adding) { a.zone.SRV("_imaps._tcp.example.org", 0, 0, 0, ".") }, []string{"--password-env", "X"}, 2, "offers no IMAP", 0},
		{"two sources", nil, []string{"--password-env", "X", "--keyring"}, 2, "exclude each other", 0},
		{"a server with a user", nil, []string{"--password-env", "X", "--address", "imaps://me@mail.example.org"}, 2, "--address", 0},
		{"no TLS", nil, []string{"--password-env", "MAILHAUL_PASSWORD", "--address", "imap://" + plain.Addr}, 5, "does not start TLS", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAdding(t)
			if c.prepare != nil {
				c.prepare(t, a)
			}
			code, stderr := a.run(t, append([]string{"me@example.org", "--ca", a.ca}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.says) {
				t.Errorf("ended with %d: %s", code, stderr)
			}
			if n := a.server.Count("LOGIN", "AUTHENTICATE"); n != c.logins {
				t.Errorf("%d logins", n)
			}
			if got := a.file(t); got != "" {
				t.Errorf("wrote %s", got)
			}
		})
	}
	if n := plain.Count("LOGIN", "AUTHENTICATE"); n != 0 {
		t.Errorf("%d logins in plain text", n)
	}
}

// TestConfigAddPublished: a provider of the table is not asked for, its hint is
// told, and an account that cannot be tried now can be added.
func TestConfigAddPublished(t *testing.T) {
	a := newAdding(t)
	code, stderr := a.run(t, "me@gmail.com", "--password-env", "X", "--untested")
	if code != 0 || !strings.Contains(stderr, "found Gmail imaps://imap.gmail.com") || !strings.Contains(stderr, "app password") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if got := a.file(t); !strings.Contains(got, "address = \"imaps://imap.gmail.com\"\nuser = \"me@gmail.com\"\n") {
		t.Errorf("wrote %s", got)
	}
}
