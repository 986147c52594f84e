package imapaccount

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// loginFactor is how many idle limits greeting and login may take in all: a
// server that gives an octet now and then must not hold us for ever.
const loginFactor = 3

// login greets and logs in through the client library, with the token where the
// account has OAuth, then borrows the line.
func (a *Account) login(ctx context.Context, c *wire.Conn, token string) (*session, error) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	watchdog := time.AfterFunc(loginFactor*a.config.Timeout, func() { c.Close() })
	defer watchdog.Stop()

	client := imapclient.New(c, nil)
	fail := func(op string, err error) (*session, error) {
		client.Close() //nolint:errcheck // the first error is the one that counts
		return nil, a.loginError(ctx, op, err)
	}
	if err := client.WaitGreeting(); err != nil {
		return fail("greet", err)
	}
	if a.config.Security != StartTLS { // else it greeted before
		a.probe.greeted(c)
	}
	if client.State() != imap.ConnStateAuthenticated { // else PREAUTH
		if a.config.Security == StartTLS && client.Caps() == nil {
			return fail("ask for capabilities", errNoCapabilities)
		}
		a.probe.offered(client.Caps())
		if err := a.authenticate(client, token); err != nil {
			return fail("log in as "+a.config.User, err)
		}
	}
	caps := client.Caps()
	c.Borrow()
	c.LoggedIn()
	s := &session{conn: c, client: client, caps: caps, r: response{c: c}}
	if !bytes.Contains(c.LastLine(), []byte("OK [CAPABILITY ")) {
		// What the library has may be from before the login: it asks anew on its
		// own time (go-imap v2.0.0-beta.8). We do not wait for that.
		if err := s.askCapabilities(); err != nil {
			return fail("ask for capabilities", err)
		}
	}
	return s, nil
}

var errNoCapabilities = errors.New("the server does not tell its capabilities")

// authenticate chooses the mechanism: within TLS PLAIN first, since servers
// offer SCRAM also for accounts that they cannot check that way; on a line that
// others can read SCRAM first; the LOGIN command last.
func (a *Account) authenticate(client *imapclient.Client, token string) error {
	if a.config.OAuth != nil {
		return a.bearer(client, token)
	}
	caps := client.Caps()
	order := []string{"PLAIN", "SCRAM-SHA-256", "LOGIN"}
	if a.config.Security == PlainText {
		order = []string{"SCRAM-SHA-256", "PLAIN", "LOGIN"}
	}
	if m := a.config.Mechanism; m != "" {
		order = []string{strings.ToUpper(m)}
	}
	for _, mechanism := range order {
		a.probe.logsInBy(mechanism)
		switch {
		case mechanism == "LOGIN":
			return a.loginCommand(client, caps)
		case !caps.Has(imap.AuthCap(mechanism)):
		case mechanism == "PLAIN":
			return client.Authenticate(sasl.NewPlainClient(a.config.Authzid, a.config.User, a.config.Password))
		case mechanism == "SCRAM-SHA-256":
			return a.scram(client)
		}
	}
	return &unusable{why: fmt.Sprintf("the server does not offer %s", strings.Join(order, ", "))}
}

// loginCommand is the LOGIN command (RFC 9051, 6.2.3).
func (a *Account) loginCommand(client *imapclient.Client, caps imap.CapSet) error {
	switch {
	case caps.Has(imap.CapLoginDisabled):
		return &unusable{why: "the server forbids LOGIN (LOGINDISABLED) and offers no other way that mailhaul knows"}
	case a.config.Authzid != "":
		return &unusable{why: "the server does not offer AUTH=PLAIN, which acting for another account needs"}
	}
	return client.Login(a.config.User, a.config.Password).Wait()
}

func (a *Account) scram(client *imapclient.Client) error {
	user, err := scram.SHA256.NewClient(a.config.User, a.config.Password, a.config.Authzid)
	if err != nil {
		return &unusable{why: "user name or password cannot be used with SCRAM: " + err.Error()}
	}
	conversation := user.NewConversation()
	if err := client.Authenticate(&scramClient{conversation}); err != nil {
		return err
	}
	if !conversation.Valid() {
		return &unusable{why: "the server did not prove that it knows the password (SCRAM)"}
	}
	return nil
}

// scramClient gives the library's interface to a SCRAM conversation (RFC 7677).
type scramClient struct{ *scram.ClientConversation }

func (s *scramClient) Start() (string, []byte, error) {
	first, err := s.Step("")
	return "SCRAM-SHA-256", []byte(first), err
}

func (s *scramClient) Next(challenge []byte) ([]byte, error) {
	answer, err := s.Step(string(challenge))
	return []byte(answer), err
}

// unusable says why we did not even send the credentials, or do not believe the
// answer, and what to do when it is not the usual thing.
type unusable struct{ why, hint string }

func (u *unusable) Error() string { return u.why }

// loginError tells a refused password from a server that cannot serve us now.
func (a *Account) loginError(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: op + " at " + a.config.Host, Err: err}
	var status *imap.Error
	var why *unusable
	var refusal *tokenRefusal
	switch {
	case errors.As(err, &why):
		e.Err = &authFailure{err}
		e.Hint = cmp.Or(why.hint, "choose another mechanism with ?auth=, or use imaps://")
	case errors.As(err, &refusal):
		return a.tokenError(e, refusal)
	case !errors.As(err, &status) || status.Type == imap.StatusResponseTypeBye:
		e.Err = &connectFailure{err}
		e.Temporary = true
	case quirk.Daily(status.Text):
		return a.dailyLimit(e.Op, err)
	case quirk.Later(string(status.Code), status.Text):
		e.Err = &connectFailure{err}
		e.Temporary = true
		e.Hint = "the server is busy or limits connections: try later, or fewer with --connections 1"
	default:
		e.Err = &authFailure{err}
		e.Hint = "check user name and password; many providers want an app password made in their settings"
	}
	return e
}

// authFailure is an error that is also mailhaul.ErrAuth.
type authFailure struct{ err error }

func (f *authFailure) Error() string        { return f.err.Error() }
func (f *authFailure) Unwrap() error        { return f.err }
func (f *authFailure) Is(target error) bool { return target == mailhaul.ErrAuth }
