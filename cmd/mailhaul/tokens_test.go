package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mailhaul/mailhaul/cmd/internal/oauth/oauthtest"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// browse is the browser of the scripts: it goes to the page, where the person
// consents at once, and back.
func browse() {
	response, err := http.Get(os.Args[1])
	if err != nil || response.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
	response.Body.Close()
}

// tokens are an OAuth provider and a mail server that takes its tokens.
type tokens struct {
	provider *oauthtest.Server
	mu       sync.Mutex
	good     map[string]bool // access tokens that the mail server takes
	spoilt   bool            // it takes none of those that are made from now on
}

func newTokens(t *testing.T, env *testscript.Env) *tokens {
	w := &tokens{good: map[string]bool{}}
	key, file := oauthtest.ServiceKey(t)
	w.provider = oauthtest.New(t, oauthtest.Options{Key: key, Domain: "example.org", Mint: func(string, string, time.Time, time.Time) string {
		w.mu.Lock()
		defer w.mu.Unlock()
		token := "access-" + rand.Text()
		w.good[token] = !w.spoilt
		return token
	}})
	server := imaptest.NewScript(t, imaptest.Script{
		Capability: "IMAP4rev1 LITERAL+ SASL-IR AUTH=OAUTHBEARER",
		Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7, Messages: []imaptest.ScriptMessage{
			{UID: 1, Body: []byte("Subject: x\r\n\r\nx\r\n")}}}},
		Answer: w.authenticate,
	})
	if err := os.WriteFile(filepath.Join(env.WorkDir, "service.json"), file(w.provider.TokenURL), 0o600); err != nil {
		t.Fatal(err)
	}
	env.Setenv("OAUTH", server.Addr)
	env.Setenv("AUTH_URL", w.provider.AuthURL)
	env.Setenv("TOKEN_URL", w.provider.TokenURL)
	env.Setenv("DEVICE_URL", w.provider.DeviceURL)
	env.Setenv("REVOKE_URL", w.provider.RevokeURL)
	return w
}

// authenticate is the mail server's side of a login.
func (w *tokens) authenticate(c *imaptest.ScriptConn, command imaptest.Command) bool {
	if command.Name != "AUTHENTICATE" {
		return false
	}
	_, initial, _ := strings.Cut(command.Args, " ")
	text, _ := base64.StdEncoding.DecodeString(initial)
	_, token, _ := strings.Cut(strings.TrimRight(string(text), "\x01"), "auth=Bearer ")
	w.mu.Lock()
	good := w.good[token]
	w.mu.Unlock()
	if good {
		c.OK(command, "welcome")
		return true
	}
	c.Say("+ " + base64.StdEncoding.EncodeToString([]byte(`{"status":"invalid_token","scope":"mail"}`)))
	if c.Flush() == nil {
		_, _ = c.ReadLine()
	}
	c.Refuse(command, "NO [AUTHENTICATIONFAILED] no")
	return true
}

// provider expire: no access token that there is is good any more. provider spoil:
// nor is one made from now on. provider revoke: no login can be renewed. provider
// refreshed N holds how many tokens were made of logins.
func provider(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(worldKey{}).(*world).tokens
	switch args[0] {
	case "expire", "spoil":
		w.mu.Lock()
		clear(w.good)
		w.spoilt = args[0] == "spoil"
		w.mu.Unlock()
	case "revoke":
		w.provider.RevokeAll()
	case "refreshed":
		if got := fmt.Sprint(w.provider.Grants("refresh_token")); got != args[1] {
			ts.Fatalf("%s tokens were made of logins, want %s", got, args[1])
		}
	default:
		ts.Fatalf("unknown: oauth %s", args[0])
	}
}
