package imapaccount

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// OAuth logs in with access tokens of OAuth 2.0 (RFC 6750) in place of a
// password, by SASL OAUTHBEARER (RFC 7628) or XOAUTH2.
type OAuth struct {
	// Token gives an access token that is valid now. It is asked before each
	// login, and once more when the server refuses what it gave: refused is that
	// token then, else "", and Token gives another one or an error. Errors are
	// passed on as they are: a *mailhaul.Error with ScopeAccount. It may be
	// called from several goroutines at once.
	Token func(ctx context.Context, refused string) (string, error)
	// Again is the command that logs in anew, for hints: "mailhaul login work".
	Again string
}

// enter makes a line and logs in. A token that the server refuses is replaced
// once, on a new line; a password never is.
func (a *Account) enter(ctx context.Context) (*session, error) {
	refused := ""
	for {
		token := ""
		if o := a.config.OAuth; o != nil {
			var err error
			if token, err = o.Token(ctx, refused); err != nil {
				a.probe.lacksToken()
				return nil, err
			}
		}
		c, err := a.dial(ctx)
		if err != nil {
			return nil, err
		}
		s, err := a.login(ctx, c, token)
		if _, isRefusal := errors.AsType[*tokenRefusal](err); !isRefusal || refused != "" {
			return s, err
		}
		refused = token
	}
}

// bearer logs in with an access token.
func (a *Account) bearer(client *imapclient.Client, token string) error {
	mechanisms := []string{"OAUTHBEARER", "XOAUTH2"}
	if m := strings.ToUpper(a.config.Mechanism); m != "" {
		if !slices.Contains(mechanisms, m) {
			return &unusable{why: m + " carries no access token", hint: "leave the mechanism out, or choose " + strings.Join(mechanisms, " or ")}
		}
		mechanisms = []string{m}
	}
	for _, mechanism := range mechanisms {
		if !client.Caps().Has(imap.AuthCap(mechanism)) {
			continue
		}
		a.probe.logsInBy(mechanism)
		b := &bearerClient{mechanism: mechanism, user: cmp.Or(a.config.Authzid, a.config.User), token: token}
		err := client.Authenticate(b)
		status, answered := errors.AsType[*imap.Error](err)
		if answered && status.Type != imap.StatusResponseTypeBye && !quirk.Later(string(status.Code), status.Text) {
			return &tokenRefusal{err: err, detail: b.detail}
		}
		return err
	}
	return &unusable{
		why:  "the server takes no access tokens: it does not offer " + strings.Join(mechanisms, " or "),
		hint: "log in with a password instead; many providers want an app password made in their settings",
	}
}

// bearerClient speaks OAUTHBEARER and XOAUTH2 for the library. Both send all
// they have at once; to a challenge, which tells why the token is refused, they
// give an answer that says nothing, and the server ends with NO.
type bearerClient struct {
	mechanism, user, token string
	detail                 tokenDetail
	challenged             bool
}

func (b *bearerClient) Start() (string, []byte, error) {
	if b.mechanism == "XOAUTH2" {
		return b.mechanism, []byte("user=" + b.user + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.user) // RFC 5801, 4
	return b.mechanism, []byte("n,a=" + name + ",\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

func (b *bearerClient) Next(challenge []byte) ([]byte, error) {
	if b.challenged {
		return nil, &unusable{why: "the server asks on after it has refused the access token"}
	}
	b.challenged = true
	b.detail.parse(challenge)
	if b.mechanism == "XOAUTH2" {
		return []byte{}, nil
	}
	return []byte("\x01"), nil // RFC 7628, 3.2.3
}

// tokenDetail is what a server says of a refused token (RFC 7628, 3.2.2).
type tokenDetail struct {
	Status string `json:"status"`
	Scope  string `json:"scope"`
}

// maxDetail is the most octets of it that are repeated to people.
const maxDetail = 200

func (d *tokenDetail) parse(challenge []byte) {
	if json.Unmarshal(challenge, d) != nil {
		d.Status = string(challenge) // no JSON: it may still tell something
	}
	d.Status, d.Scope = d.Status[:min(len(d.Status), maxDetail)], d.Scope[:min(len(d.Scope), maxDetail)]
}

// tokenRefusal is a server's NO to an access token.
type tokenRefusal struct {
	err    error
	detail tokenDetail
}

func (r *tokenRefusal) Unwrap() error { return r.err }

func (r *tokenRefusal) Error() string {
	text := "the server refuses the access token"
	if r.detail.Status != "" {
		text += fmt.Sprintf(" with status %q", r.detail.Status)
	}
	return text + ": " + r.err.Error()
}

// hint says what to do about a token that was refused twice: the second one was
// new, so its age is not the reason.
func (r *tokenRefusal) hint(user, again string) string {
	scope := "it has the scope that the provider demands for IMAP"
	if r.detail.Scope != "" {
		scope = fmt.Sprintf("it has the scope %q", r.detail.Scope)
	}
	if r.detail.Status == "insufficient_scope" {
		return fmt.Sprintf("the token lacks a right: check that %s; then log in anew: %s", scope, again)
	}
	return fmt.Sprintf("a token made just now was refused, too: check that it belongs to %s, that %s, that IMAP is switched on for the mailbox, "+
		"and the clocks of both sides; to log in anew: %s", user, scope, again)
}

// tokenError is what loginError says of a refused token.
func (a *Account) tokenError(e *mailhaul.Error, r *tokenRefusal) error {
	e.Err = &authFailure{r}
	e.Hint = r.hint(cmp.Or(a.config.Authzid, a.config.User), a.config.OAuth.Again)
	return e
}
