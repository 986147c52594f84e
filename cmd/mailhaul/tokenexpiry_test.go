//go:build unix

package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/oauth/oauthtest"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// The size of TestTokenExpires. A usual account over a slow line, some minutes:
//
//	go test ./cmd/mailhaul -v -run TestTokenExpires -timeout 30m -token-set M -token-life 20s -token-rate 2000000
var (
	tokenSet  = flag.String("token-set", "small", "set of `mail`: small, S or M (514 MB)")
	tokenLife = flag.Duration("token-life", 2*time.Second, "lifetime of access tokens")
	tokenRate = flag.Int64("token-rate", 400_000, "octets a second of each connection")
)

// TestTokenExpires: a run that outlasts its tokens ends complete. Dovecot checks
// the tokens by its clock, and whenever one has expired all connections are cut,
// as by a server that throws out whose token is over.
func TestTokenExpires(t *testing.T) {
	set := map[string]sample.Set{"small": {Messages: 300, Octets: 4_000_000}, "S": sample.S(), "M": sample.M()}[*tokenSet]
	server := imaptest.Dovecot(t, imaptest.Tokens())
	user, password := server.User(t)
	t.Cleanup(func() { _ = os.RemoveAll(server.Home(user)) })
	seeded := imaptest.Seed(t, imaptest.Dial(t, server, user, password), set)
	line := imaptest.NewLine(t, server.Addr, imaptest.LineOptions{Rate: *tokenRate})
	var cuts atomic.Int32
	provider := oauthtest.New(t, oauthtest.Options{User: user, Lifetime: *tokenLife, Mint: func(user, scope string, from, until time.Time) string {
		time.AfterFunc(time.Until(until), func() {
			cuts.Add(1)
			line.Cut()
		})
		return server.Token(user, scope, from, until)
	}})

	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	account, archive, trace := "imap://"+user+"@"+line.Addr+"?tls=off", filepath.Join(dir, "archive"), filepath.Join(dir, "trace")
	run := func(args ...string) string {
		t.Helper()
		cmd := haulCommand(t, filepath.Join(dir, "state"), args...)
		cmd.Env = append(cmd.Env, "DISPLAY=:0", "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
		return string(out)
	}
	run("login", account, "--client-id", "client", "--auth-url", provider.AuthURL, "--token-url", provider.TokenURL, "--scopes", imaptest.TokenScope)
	begin := time.Now()
	out := run("backup", account, archive, "--verbose", "--trace", trace)
	took, cut, refreshed := time.Since(begin), cuts.Load(), provider.Grants("refresh_token")
	connections, _ := line.Connections()
	t.Logf("%d messages, %d octets in %s; tokens of %s: %d refreshed, %d times all connections cut, %d connections; %s",
		seeded.Messages, seeded.Octets, took.Round(time.Second), *tokenLife, refreshed, cut, connections, out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:])
	if refreshed == 0 || cut == 0 || provider.Reused() != 0 {
		t.Errorf("%d refreshed, %d cut, %d refresh tokens used twice", refreshed, cut, provider.Reused())
	}
	run("verify", archive)
	if differs := run("compare", archive, "imap://"+user+":"+password+"@"+server.Addr+"?tls=off"); strings.Contains(differs, "missing") {
		t.Errorf("compare says %s", differs)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "AUTHENTICATE OAUTHBEARER (redacted)") || strings.Contains(string(text), "eyJ") {
		t.Error("the trace does not tell of the logins, or holds a token")
	}
}
