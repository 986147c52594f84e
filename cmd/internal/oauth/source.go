package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// Source gives the access tokens of one account for as long as a run lasts. Its
// methods may be called from several goroutines.
type Source struct {
	client *Client
	store  *Store // nil for flows that need no login
	mu     sync.Mutex
	token  Token
}

// NewSource returns the source of an account. A flow for people needs the login
// that store keeps.
func NewSource(c *Client, store *Store) *Source {
	if !c.settings.ForPeople() {
		store = nil
	}
	return &Source{client: c, store: store}
}

// Token gives an access token that will be good for a while, other than the one
// that a server refused ("" for none). Its errors are *mailhaul.Error; a login
// that is missing or has ended is a mailhaul.ErrAuth.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usable(s.token, refused) {
		return s.token.Access, nil
	}
	var err error
	if s.store == nil {
		s.token, err = s.client.grant(ctx)
	} else {
		err = s.store.locked(ctx, func() error { return s.renew(ctx, refused) })
	}
	if err != nil {
		return "", scoped(err)
	}
	return s.token.Access, nil
}

func (s *Source) usable(t Token, refused string) bool {
	return t.Access != refused && t.fresh(s.client.options.Now())
}

// renew refreshes the token, while no other process does. The token is read
// anew: another process may have refreshed it meanwhile, and what it had before
// is worth nothing where providers give a new refresh token with each access
// token.
func (s *Source) renew(ctx context.Context, refused string) error {
	r, err := s.load(ctx)
	if err != nil {
		return err
	}
	if s.usable(r.Token, refused) {
		s.token = r.Token
		return nil
	}
	if r.Token.Refresh == "" {
		return s.anew("the login has ended, and the provider gave no refresh token to renew it")
	}
	// A request that is under way is not given up: its answer may hold the only
	// refresh token that is good from now on.
	t, err := s.client.refresh(context.WithoutCancel(ctx), r.Token)
	if err != nil {
		return err
	}
	s.token, r.Token = t, t
	if err := s.store.save(context.WithoutCancel(ctx), *r); err != nil {
		// This run can go on.
		s.client.options.Notice(fmt.Sprintf("%v; the next run may need: %s", err, s.client.options.Again))
	}
	return nil
}

// load reads the login, which must be of the client that asks.
func (s *Source) load(ctx context.Context) (*Record, error) {
	r, err := s.store.Load(ctx)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, NotLoggedIn(s.store, s.client.options.Again)
	case r.Settings.ClientID != s.client.settings.ClientID || r.Settings.TokenURL != s.client.settings.TokenURL:
		return nil, s.anew("the login is of another client id or provider")
	}
	return r, nil
}

// anew is the error that demands a login.
func (s *Source) anew(why string) error { return demand(s.store, why, s.client.options.Again) }

// NotLoggedIn is the error of an account that nobody has logged in to; again is
// the command that does.
func NotLoggedIn(s *Store, again string) error { return demand(s, "nobody has logged in yet", again) }

func demand(s *Store, why, again string) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "find the login of " + s.account,
		Err: &kind{errors.New(why), mailhaul.ErrAuth}, Hint: "log in: " + again}
}

// scoped gives an error the account's scope, if it has none.
func scoped(err error) error {
	if err == nil || mailhaul.ScopeOf(err) != mailhaul.ScopeRun {
		return err
	}
	return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "get an access token", Err: err}
}
