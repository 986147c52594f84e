package imapaccount

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// maxPause bounds a pause between tries; maxAdvised one that the server asks for.
const (
	maxPause   = time.Minute
	maxAdvised = 10 * time.Minute
)

// isThrottle tells a server that asks us to slow down from one that cannot
// serve this request.
func isThrottle(err error) bool {
	s, ok := errors.AsType[*statusError](err)
	return ok && quirk.Throttled(s.code, s.text)
}

// isDaily tells a provider that lets nothing more through for hours.
func isDaily(err error) bool {
	s, ok := errors.AsType[*statusError](err)
	return ok && quirk.Daily(s.text)
}

// dailyLimit is the error of an account whose provider lets nothing more through
// for hours.
func (a *Account) dailyLimit(op string, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: op, Err: &connectFailure{err},
		Hint: "the provider lets no more through today; what has arrived is safe: run the same command again tomorrow, and do not try before, which can make the provider lock the account longer"}
}

// retry counts tries in a row without progress, and pauses between them.
type retry struct {
	a     *Account
	tries int
}

// progress says that something arrived: the count starts anew.
func (r *retry) progress() { r.tries = 0 }

// again waits before the next try, or returns err when there is none: the limit
// is reached, or trying again cannot help.
func (r *retry) again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*mailhaul.Error](err); ok && !e.Temporary {
		return err
	}
	if r.tries >= r.a.config.Retries {
		return err
	}
	pause := min(r.a.config.RetryPause<<r.tries, maxPause)
	pause = pause/2 + rand.N(pause/2+1) // so that many clients do not come back at once
	if advised, told := quirk.Pause(err.Error()); told {
		pause = min(max(pause, advised), maxAdvised)
	}
	r.tries++
	r.a.config.Notice(fmt.Sprintf("%v; trying again in %s", err, pause.Round(10*time.Millisecond)))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// refusedMore tells whether the server let us in before but not once more.
func refusedMore(err error) bool {
	s, ok := errors.AsType[*imap.Error](err)
	return ok && quirk.Later(string(s.Code), s.Text) && !quirk.Daily(s.Text)
}

// withRetry runs f on a session, again on a new one when the line is lost.
func (a *Account) withRetry(ctx context.Context, f func(*session) error) error {
	return a.retryOn(ctx, a.acquire, a.release, f)
}

// retryOn is withRetry on sessions that begin and end as it is told.
func (a *Account) retryOn(ctx context.Context, begin func(context.Context) (*session, error), end func(*session), f func(*session) error) error {
	r := retry{a: a}
	for {
		err := a.once(ctx, begin, end, f)
		if err == nil {
			return nil
		}
		if err := r.again(ctx, err); err != nil {
			return err
		}
	}
}

func (a *Account) once(ctx context.Context, begin func(context.Context) (*session, error), end func(*session), f func(*session) error) error {
	s, err := begin(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	err = f(s)
	if !stop() && ctx.Err() != nil {
		a.lost(s, ctx.Err()) //nolint:errcheck // the caller wants to hear of ctx
		return ctx.Err()
	}
	if err != nil {
		lost := a.lost(s, err)
		if e, ok := errors.AsType[*mailhaul.Error](err); ok && !e.Temporary {
			return err // the line is not the reason; what else was under way on it is dropped
		}
		return lost
	}
	end(s)
	return nil
}
