package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailhaul/mailhaul"
)

// mostSkew is how far two clocks may differ without a word about it; maxSaid is
// the most octets of a provider's words that are repeated.
const (
	mostSkew = 2 * time.Minute
	maxSaid  = 300
)

// answer is what a provider says in place of a token (RFC 6749, 5.2).
type answer struct {
	status            int
	code, description string
}

func (a *answer) Error() string {
	text := "the provider answers"
	if a.status != 0 { // else it came through the browser
		text += fmt.Sprintf(" %d", a.status)
	}
	if a.code != "" {
		text += fmt.Sprintf(" %q", a.code)
	}
	if a.description != "" {
		text += fmt.Sprintf(": %q", a.description)
	}
	return text
}

// failure words what a provider, or the way to it, did not do. The library's own
// words repeat whole answers.
func (c *Client) failure(op string, err error) error {
	if errors.Is(err, mailhaul.ErrUsage) {
		return err
	}
	e := &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: op}
	refused, isAnswer := errors.AsType[*oauth2.RetrieveError](err)
	transport, isTransport := errors.AsType[*url.Error](err)
	switch {
	case isAnswer:
		a := readAnswer(refused)
		e.Err = &kind{a, mailhaul.ErrAuth}
		if a.status >= 500 || a.status == http.StatusTooManyRequests || a.code == "temporarily_unavailable" || a.code == "slow_down" {
			e.Err, e.Temporary = &kind{a, mailhaul.ErrConnect}, true
			return e
		}
		e.Hint = c.hint(a) + skewHint(refused.Response, c.options.Now())
	case isTransport:
		e.Op += " at " + host(transport.URL)
		e.Err, e.Temporary = &kind{transport.Err, mailhaul.ErrConnect}, true
		e.Hint = "check the network, and the URL of the provider"
	default:
		e.Err = &kind{errors.New(strings.TrimPrefix(err.Error(), "oauth2: ")), mailhaul.ErrAuth}
		e.Hint = "check the URLs of the provider: what answers there gives no tokens"
	}
	return e
}

// readAnswer takes the provider's words apart where the library has not.
func readAnswer(e *oauth2.RetrieveError) *answer {
	a := &answer{code: e.ErrorCode, description: e.ErrorDescription}
	if e.Response != nil {
		a.status = e.Response.StatusCode
	}
	if a.code == "" {
		var body struct {
			Code        string `json:"error"`
			Description string `json:"error_description"`
		}
		if json.Unmarshal(e.Body, &body) == nil {
			a.code, a.description = body.Code, body.Description
		}
	}
	a.description, _, _ = strings.Cut(a.description, "\r\n") // Microsoft goes on with numbers
	a.code, a.description = a.code[:min(len(a.code), maxSaid)], a.description[:min(len(a.description), maxSaid)]
	return a
}

// hint says what to do about a refusal.
func (c *Client) hint(a *answer) string {
	switch {
	case c.settings.Flow == ServiceAccount:
		return "check that the service account may act for " + c.settings.User + " (domain-wide delegation) with the scope " + strings.Join(c.settings.Scopes, " ")
	case a.code == "invalid_grant":
		return "the login has ended or was revoked; log in anew: " + c.options.Again
	case a.code == "access_denied", a.code == "authorization_declined":
		return "the login was declined; to try again: " + c.options.Again
	case a.code == "expired_token", a.code == "code_expired":
		return "the code was not entered in time; to try again: " + c.options.Again
	case a.code == "invalid_client", a.code == "unauthorized_client":
		return "check client id and client secret, and what the provider lets this client do"
	case a.code == "invalid_scope":
		return "the provider does not give the scope " + strings.Join(c.settings.Scopes, " ") + " to this client: allow it in the provider's settings"
	}
	return "to log in anew: " + c.options.Again
}

// skewHint tells of a clock that is wrong: signed requests and tokens are good
// for a span of time.
func skewHint(r *http.Response, now time.Time) string {
	if r == nil {
		return ""
	}
	theirs, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return ""
	}
	ahead := now.Sub(theirs).Round(time.Second)
	switch {
	case ahead > mostSkew:
		return fmt.Sprintf("; this machine's clock is %s ahead of the provider's: set it right first", ahead)
	case ahead < -mostSkew:
		return fmt.Sprintf("; this machine's clock is %s behind the provider's: set it right first", -ahead)
	}
	return ""
}

func host(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "the provider"
	}
	return u.Host
}

// kind is an error that is also one of the sentinels that decide about the exit
// code.
type kind struct{ err, is error }

func (k *kind) Error() string        { return k.err.Error() }
func (k *kind) Unwrap() error        { return k.err }
func (k *kind) Is(target error) bool { return target == k.is }
