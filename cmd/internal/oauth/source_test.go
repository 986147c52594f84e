package oauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth/oauthtest"
)

// clock is a clock that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// loggedIn keeps a login of a server in a new directory.
func loggedIn(t *testing.T, server *oauthtest.Server, now time.Time, inKeyring bool) *oauth.Store {
	t.Helper()
	store := oauth.NewStore(filepath.Join(t.TempDir(), "tokens"), "me@mail.example.org")
	err := store.Save(t.Context(), oauth.Record{Settings: settings(server), Keyring: inKeyring,
		Token: oauth.Token{Access: "old", Refresh: server.Login("me", "mail"), Obtained: now.Add(-time.Hour), Expiry: now}})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func token(t *testing.T, s *oauth.Source, refused string) string {
	t.Helper()
	got, err := s.Token(t.Context(), refused)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestRefresh: a token is used until shortly before its end, and renewed then;
// what the provider gave in place of the refresh token is kept at once.
func TestRefresh(t *testing.T) {
	server := oauthtest.New(t, oauthtest.Options{Lifetime: time.Hour})
	c := &clock{time.Now()}
	store := loggedIn(t, server, c.now, false)
	cl := client(t, settings(server), oauth.Options{Now: c.Now})
	source := oauth.NewSource(cl, store)
	first := token(t, source, "")
	if first == "old" {
		t.Fatal("a token that has ended is used")
	}
	c.now = c.now.Add(58 * time.Minute)
	if token(t, source, "") != first || token(t, oauth.NewSource(cl, store), "") != first || server.Grants("refresh_token") != 1 {
		t.Error("a good token is not used again, in this run or the next")
	}
	c.now = c.now.Add(90 * time.Second) // half a minute before the end
	second := token(t, source, "")
	if second == first {
		t.Error("a token that is about to end is used")
	}
	third := token(t, source, second)
	if third == second || token(t, source, second) != third || token(t, source, first) != third || server.Grants("refresh_token") != 3 {
		t.Error("a token that a server refused is not replaced once")
	}
	if server.Reused() != 0 {
		t.Error("a refresh token was used that had been replaced")
	}
}

func TestStore(t *testing.T) {
	server := oauthtest.New(t, oauthtest.Options{})
	store := loggedIn(t, server, time.Now(), false)
	r, err := store.Load(t.Context())
	if err != nil || r.Account != "me@mail.example.org" || r.Token.Access != "old" || r.Settings.TokenURL != server.TokenURL {
		t.Fatalf("%+v, %v", r, err)
	}
	r.Settings.ClientSecret = "s3cret"
	if err := store.Save(t.Context(), *r); err != nil {
		t.Fatal(err)
	}
	names := files(t, store)
	if len(names) != 1 {
		t.Fatalf("files %q", names)
	}
	info, err := os.Stat(names[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if text, _ := os.ReadFile(names[0]); strings.Contains(string(text), "s3cret") {
		t.Error("the client's secret is kept a second time")
	}
	if err := os.Chmod(names[0], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context()); !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a login that others can read: %v", err)
	}
	if err := os.WriteFile(names[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(names[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged login: %v", err)
	}
	for range 2 {
		if err := store.Delete(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if r, err := store.Load(t.Context()); r != nil || err != nil {
		t.Errorf("forgotten: %v, %v", r, err)
	}
}

// files are those in which the store keeps something.
func files(t *testing.T, s *oauth.Store) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path()), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestKeyring: the token is in the keyring alone, whatever its size.
func TestKeyring(t *testing.T) {
	keyring.MockInit()
	server := oauthtest.New(t, oauthtest.Options{})
	store := loggedIn(t, server, time.Now(), true)
	if err := store.TryKeyring(t.Context()); err != nil {
		t.Error(err)
	}
	got := token(t, oauth.NewSource(client(t, settings(server), oauth.Options{}), store), "")
	r, err := store.Load(t.Context())
	if err != nil || r.Token.Access != got || !r.Keyring {
		t.Fatalf("%+v, %v", r, err)
	}
	text, err := os.ReadFile(files(t, store)[0])
	if err != nil || strings.Contains(string(text), got) || strings.Contains(string(text), r.Token.Refresh) {
		t.Errorf("the token is in the file, too: %s, %v", text, err)
	}
	if err := store.Delete(t.Context()); err != nil {
		t.Error(err)
	}
	if err := store.Save(t.Context(), *r); err != nil {
		t.Fatal(err)
	}
	keyring.MockInitWithError(errors.New("there is none"))
	if err := store.TryKeyring(t.Context()); err == nil {
		t.Error("a keyring that is not there takes a login")
	}
	keyring.MockInit() // an empty one
	if _, err := store.Load(t.Context()); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("a token that the keyring has lost: %v", err)
	}
}

// TestNoToken: what a person must do is told, and nothing that is secret.
func TestNoToken(t *testing.T) {
	unhelpful := func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<html>"+r.FormValue("refresh_token"))
		return true
	}
	for _, c := range []struct {
		name       string
		options    oauthtest.Options
		change     func(*oauthtest.Server, *oauth.Store, *oauth.Settings)
		text, hint string
	}{
		{"revoked", oauthtest.Options{}, func(s *oauthtest.Server, _ *oauth.Store, _ *oauth.Settings) { s.RevokeAll() },
			`400 "invalid_grant": "Token has been expired or revoked."`, again},
		{"nobody logged in", oauthtest.Options{}, func(_ *oauthtest.Server, s *oauth.Store, _ *oauth.Settings) { _ = s.Delete(t.Context()) }, "nobody has logged in yet", again},
		{"not to be renewed", oauthtest.Options{}, func(_ *oauthtest.Server, s *oauth.Store, set *oauth.Settings) {
			_ = s.Save(t.Context(), oauth.Record{Settings: *set, Token: oauth.Token{Access: "x", Expiry: time.Now()}})
		}, "gave no refresh token", again},
		{"another client", oauthtest.Options{}, func(_ *oauthtest.Server, _ *oauth.Store, s *oauth.Settings) { s.ClientID = "other" }, "another client id", again},
		{"an answer without form", oauthtest.Options{Answer: unhelpful}, nil, "the provider answers 400", again},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := oauthtest.New(t, c.options)
			store, set := loggedIn(t, server, time.Now(), false), settings(server)
			secret, err := store.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(server, store, &set)
			}
			_, err = oauth.NewSource(client(t, set, oauth.Options{}), store).Token(t.Context(), "")
			isRefusal(t, err, c.text, c.hint)
			if strings.Contains(err.Error(), secret.Token.Refresh) {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

// TestProviderAway: a provider that is not there, or busy, has refused nothing:
// the login stays, and the next try may help.
func TestProviderAway(t *testing.T) {
	busy := true
	server := oauthtest.New(t, oauthtest.Options{Answer: func(w http.ResponseWriter, _ *http.Request) bool {
		if busy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return busy
	}})
	store := loggedIn(t, server, time.Now(), false)
	source := oauth.NewSource(client(t, settings(server), oauth.Options{}), store)
	_, err := source.Token(t.Context(), "")
	if e, ok := errors.AsType[*mailhaul.Error](err); !ok || !e.Temporary || !errors.Is(err, mailhaul.ErrConnect) || errors.Is(err, mailhaul.ErrAuth) {
		t.Errorf("busy: %v", err)
	}
	busy = false
	if token(t, source, "") == "" {
		t.Error("no token")
	}
	away := settings(server)
	away.TokenURL = "http://127.0.0.1:1/token"
	if err := store.Save(t.Context(), oauth.Record{Settings: away, Token: oauth.Token{Refresh: "x"}}); err != nil {
		t.Fatal(err)
	}
	_, err = oauth.NewSource(client(t, away, oauth.Options{}), store).Token(t.Context(), "")
	if e, ok := errors.AsType[*mailhaul.Error](err); !ok || !e.Temporary || !errors.Is(err, mailhaul.ErrConnect) || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("away: %v", err)
	}
}

// TestRedirect: codes and secrets are not carried on to where a provider points.
func TestRedirect(t *testing.T) {
	elsewhere := oauthtest.New(t, oauthtest.Options{Answer: func(http.ResponseWriter, *http.Request) bool {
		t.Error("the request was carried on")
		return false
	}})
	server := oauthtest.New(t, oauthtest.Options{Answer: func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.TokenURL, http.StatusTemporaryRedirect)
		return true
	}})
	_, err := oauth.NewSource(client(t, settings(server), oauth.Options{}), loggedIn(t, server, time.Now(), false)).Token(t.Context(), "")
	isRefusal(t, err, "the provider answers 307", again)
}

// TestInterrupted: a request for a token is not given up when the run is: its
// answer may hold the only refresh token that is good.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := oauthtest.New(t, oauthtest.Options{Answer: func(http.ResponseWriter, *http.Request) bool {
		cancel()
		return false
	}})
	store := loggedIn(t, server, time.Now(), false)
	_, _ = oauth.NewSource(client(t, settings(server), oauth.Options{}), store).Token(ctx, "")
	r, err := store.Load(t.Context())
	if err != nil || r.Token.Access == "old" || server.Grants("refresh_token") != 1 {
		t.Fatalf("kept %+v, %v", r, err)
	}
	next := oauth.NewSource(client(t, settings(server), oauth.Options{}), store)
	if token(t, next, r.Token.Access) == r.Token.Access || server.Reused() != 0 {
		t.Error("the login is lost")
	}
}

// TestNoRoom: a run goes on with a token that cannot be kept, and says what the
// next one needs.
func TestNoRoom(t *testing.T) {
	var dir string
	server := oauthtest.New(t, oauthtest.Options{Answer: func(http.ResponseWriter, *http.Request) bool {
		if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil { // a disk that takes nothing more
			t.Error(err)
		}
		return false
	}})
	store := loggedIn(t, server, time.Now(), false)
	dir = filepath.Dir(store.Path())
	var notices []string
	source := oauth.NewSource(client(t, settings(server), oauth.Options{Notice: func(text string) { notices = append(notices, text) }}), store)
	if first := token(t, source, ""); first == "old" || token(t, source, "") != first {
		t.Error("no token")
	}
	if len(notices) != 1 || !strings.Contains(notices[0], "the next run may need: "+again) || strings.Contains(notices[0], "refresh-") {
		t.Errorf("told %q", notices)
	}
}

// TestRevoke: a login that is given back is not good any more, with a secret and
// without.
func TestRevoke(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		server := oauthtest.New(t, oauthtest.Options{Secret: secret})
		store, s := loggedIn(t, server, time.Now(), false), settings(server)
		s.RevokeURL, s.ClientSecret = server.RevokeURL, secret
		r, err := store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := client(t, s, oauth.Options{}).Revoke(t.Context(), r.Token); err != nil {
			t.Error(err)
		}
		_, err = oauth.NewSource(client(t, s, oauth.Options{}), store).Token(t.Context(), "")
		isRefusal(t, err, "expired or revoked", again)
		s.ClientID = "other"
		isRefusal(t, client(t, s, oauth.Options{}).Revoke(t.Context(), r.Token), "revoke the login: the provider answers 401", "")
	}
}
