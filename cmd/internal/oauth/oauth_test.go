package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth/oauthtest"
)

const again = "mailhaul login work"

// settings are those of a client of the server.
func settings(s *oauthtest.Server) oauth.Settings {
	return oauth.Settings{ClientID: "client", AuthURL: s.AuthURL, TokenURL: s.TokenURL, DeviceURL: s.DeviceURL, Scopes: []string{"mail"}, User: "me"}
}

func client(t *testing.T, s oauth.Settings, o oauth.Options) *oauth.Client {
	t.Helper()
	o.Again = again
	c, err := oauth.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reader is a person at a terminal whose browser does what browse says.
func reader(said *[]string, browse func(page string) error) oauth.Person {
	return oauth.Person{Tell: func(text string) { *said = append(*said, text) }, Browse: browse}
}

// visit goes to a page as a browser does, and returns where it ends.
func visit(t *testing.T, page string) (status int) {
	t.Helper()
	response, err := http.Get(page)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// isRefusal holds that an error ends with the exit code of a refused login, and
// says what to do.
func isRefusal(t *testing.T, err error, text, hint string) {
	t.Helper()
	e, ok := errors.AsType[*mailhaul.Error](err)
	if !ok || !errors.Is(err, mailhaul.ErrAuth) || errors.Is(err, mailhaul.ErrUsage) || e.Temporary || e.Scope != mailhaul.ScopeAccount {
		t.Fatalf("error %v, want a refusal", err)
	}
	if !strings.Contains(err.Error(), text) || !strings.Contains(e.Hint, hint) {
		t.Errorf("error %v, hint %q; want %q, %q", err, e.Hint, text, hint)
	}
}

func TestBrowser(t *testing.T) {
	server := oauthtest.New(t, oauthtest.Options{})
	c := client(t, settings(server), oauth.Options{})
	var said []string
	token, err := c.Login(t.Context(), reader(&said, func(page string) error {
		// What any page in the browser can send to the port must not count.
		u, _ := url.Parse(page)
		back, q := u.Query().Get("redirect_uri"), u.Query()
		for _, bad := range []string{"", "?code=x", "?code=x&state=wrong", "?error=access_denied&state=wrong", "?state=" + q.Get("state"), "favicon.ico?code=x&state=" + q.Get("state")} {
			if status := visit(t, back+"/"+bad); status != http.StatusBadRequest {
				t.Errorf("%q is answered with %d", bad, status)
			}
		}
		if q.Get("login_hint") != "me" || q.Get("code_challenge_method") != "S256" || len(q.Get("state")) < 20 || !strings.HasPrefix(back, "http://127.0.0.1:") {
			t.Errorf("the page is %s", page)
		}
		if status := visit(t, page); status != http.StatusOK {
			t.Errorf("the browser ends with %d", status)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if token.Access == "" || token.Refresh == "" || time.Until(token.Expiry) < 59*time.Minute {
		t.Errorf("token %+v", token)
	}
	if !slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, server.AuthURL+"?") }) {
		t.Errorf("the page is not told: %q", said)
	}
}

// TestBrowserElsewhere: without a browser the person is told how to reach the port.
func TestBrowserElsewhere(t *testing.T) {
	server := oauthtest.New(t, oauthtest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var said []string
	person := reader(&said, nil)
	tell := person.Tell
	person.Tell = func(text string) {
		if tell(text); strings.Contains(text, "ssh -N -L") {
			cancel()
		}
	}
	if _, err := client(t, settings(server), oauth.Options{}).Login(ctx, person); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestLoginFails(t *testing.T) {
	for _, c := range []struct {
		name       string
		options    oauthtest.Options
		change     func(*oauth.Settings)
		text, hint string
	}{
		{"declined", oauthtest.Options{Decline: true}, nil, `"access_denied"`, again},
		{"less scope", oauthtest.Options{Scope: "profile"}, nil, "did not give the scope mail", "grant access to mail"},
		{"another secret", oauthtest.Options{Secret: "right"}, func(s *oauth.Settings) { s.ClientSecret = "wrong" }, `401 "invalid_client"`, "check client id and client secret"},
		{"declined on a device", oauthtest.Options{Decline: true}, func(s *oauth.Settings) { s.Flow = oauth.Device }, `"access_denied"`, again},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := settings(oauthtest.New(t, c.options))
			if c.change != nil {
				c.change(&s)
			}
			var said []string
			_, err := client(t, s, oauth.Options{}).Login(t.Context(), reader(&said, func(page string) error {
				visit(t, page)
				return nil
			}))
			isRefusal(t, err, c.text, c.hint)
		})
	}
}

func TestDevice(t *testing.T) {
	t.Parallel() // the server asks for a second's patience
	server := oauthtest.New(t, oauthtest.Options{})
	s := settings(server)
	s.Flow = oauth.Device
	var said []string
	token, err := client(t, s, oauth.Options{}).Login(t.Context(), reader(&said, nil))
	if err != nil || token.Access == "" || token.Refresh == "" {
		t.Fatalf("token %+v, %v", token, err)
	}
	all := strings.Join(said, "\n")
	if !strings.Contains(all, "WDJB-MJHT") || !strings.Contains(all, "/enter") {
		t.Errorf("the person is told %s", all)
	}
}

// TestOrganisation: tokens for any user, without a person and without a login
// that is kept.
func TestOrganisation(t *testing.T) {
	key, file := oauthtest.ServiceKey(t)
	var minted []string
	server := oauthtest.New(t, oauthtest.Options{Key: key, Domain: "example.org", Secret: "s3cret", Mint: func(user, scope string, _, _ time.Time) string {
		minted = append(minted, user+" "+scope)
		return "access"
	}})
	dir := t.TempDir()
	keyFile, secretFile := filepath.Join(dir, "key.json"), filepath.Join(dir, "secret")
	for name, text := range map[string]string{keyFile: string(file(server.TokenURL)), secretFile: "s3cret\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	account := oauth.Settings{Flow: oauth.ServiceAccount, KeyFile: keyFile, Scopes: []string{"mail"}, User: "ann@example.org"}
	application := oauth.Settings{Flow: oauth.ClientCredentials, ClientID: "client", ClientSecretFile: "~/secret", TokenURL: server.TokenURL, Scopes: []string{"all"}, User: "ann@example.org"}
	for _, s := range []oauth.Settings{account, application} {
		source := oauth.NewSource(client(t, s, oauth.Options{Home: dir}), oauth.NewStore(filepath.Join(dir, "none"), "ann"))
		for _, refused := range []string{"", ""} { // the second time it is known
			if token, err := source.Token(t.Context(), refused); err != nil || token != "access" {
				t.Fatalf("%s: %q, %v", s.Flow, token, err)
			}
		}
		if _, err := source.Token(t.Context(), "access"); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"ann@example.org mail", "ann@example.org mail", "me all", "me all"}; !slices.Equal(minted, want) {
		t.Errorf("minted for %q, want %q", minted, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something is kept: %v", err)
	}

	account.User = "ann@elsewhere.example"
	_, err := oauth.NewSource(client(t, account, oauth.Options{}), nil).Token(t.Context(), "")
	isRefusal(t, err, `"unauthorized_client"`, "may act for ann@elsewhere.example (domain-wide delegation)")
	if err := os.Chmod(keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.NewSource(client(t, account, oauth.Options{}), nil).Token(t.Context(), ""); !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}

// TestClockSkew: a signed request of a machine whose clock is wrong is refused,
// and the reason is found out.
func TestClockSkew(t *testing.T) {
	key, file := oauthtest.ServiceKey(t)
	server := oauthtest.New(t, oauthtest.Options{Key: key, Domain: "example.org",
		Now: func() time.Time { return time.Now().Add(-2 * time.Hour) },
		Answer: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
			return false
		}})
	keyFile := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(keyFile, file(server.TokenURL), 0o600); err != nil {
		t.Fatal(err)
	}
	s := oauth.Settings{Flow: oauth.ServiceAccount, KeyFile: keyFile, Scopes: []string{"mail"}, User: "ann@example.org"}
	_, err := oauth.NewSource(client(t, s, oauth.Options{}), nil).Token(t.Context(), "")
	isRefusal(t, err, "in a reasonable timeframe", "this machine's clock is 2h0m")
}

// TestSettings: what is missing or wrong is told all at once, before anything is
// asked of anybody.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings oauth.Settings
		want     []string // nil: they are complete
	}{
		{"google", oauth.Settings{Provider: "google", ClientID: "x"}, nil},
		{"google, device", oauth.Settings{Provider: "google", ClientID: "x", Flow: oauth.Device}, []string{"no token for mail by the device flow", "device-url is missing"}},
		{"google, service account", oauth.Settings{Provider: "google", Flow: oauth.ServiceAccount, KeyFile: "x"}, nil},
		{"microsoft", oauth.Settings{Provider: "microsoft", ClientID: "x"}, nil},
		{"microsoft, device", oauth.Settings{Provider: "microsoft", ClientID: "x", Flow: oauth.Device}, nil},
		{"microsoft, application", oauth.Settings{Provider: "microsoft", ClientID: "x", Flow: oauth.ClientCredentials},
			[]string{"tenant is missing", "client-secret-file is missing"}},
		{"nothing", oauth.Settings{}, []string{"client-id is missing", "token-url is missing", "auth-url is missing"}},
		{"unknown", oauth.Settings{Provider: "gogle", Flow: "x"}, []string{`provider "gogle"`, `flow "x"`}},
		{"no TLS", oauth.Settings{ClientID: "x", AuthURL: "http://example.org/a", TokenURL: "http://127.0.0.1.example.org/t"},
			[]string{"auth-url: \"http://example.org/a\" is no https:// URL", "token-url"}},
	} {
		_, err := oauth.New(c.settings, oauth.Options{})
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		for _, want := range c.want {
			if !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", c.name, err, want)
			}
		}
	}
}
