//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// cutQuiet is how long a server is waited for whose line was cut: it had all that
// it stores long before.
const cutQuiet = 200 * time.Millisecond

// mostRuns is how many runs a copy over a broken line may take.
const mostRuns = 20

// open opens an account, whose lines are made again soon.
func (l login) open(ctx context.Context, addr string, timeout time.Duration) (*imapaccount.Account, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	return imapaccount.Open(ctx, imapaccount.Config{
		Host: host, Port: number, User: l.user, Password: l.password, Security: imapaccount.PlainText,
		Version: "test", Timeout: timeout, RetryPause: time.Millisecond,
	})
}

// copy is a run within this process.
func (h *haul) copy(ctx context.Context, timeout time.Duration) (s migrate.Summary, err error) {
	options := migrate.Options{Command: "migrate", Quiet: cutQuiet}
	var source mailhaul.Source
	if h.archive == "" {
		a, err := h.from.open(ctx, h.from.addr, timeout)
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		source = a
	} else {
		a, err := archive.OpenReadOnly(ctx, h.archive)
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		source, options.Match, options.Again = a.Source(archive.SourceOptions{}), true, true
	}
	to, err := h.to.open(ctx, h.via.addr, timeout)
	if err != nil {
		return s, err
	}
	defer func() { _ = to.Close() }() // a broken line has no end in order
	name, err := h.ledgerName()
	if err != nil {
		return s, err
	}
	led, err := checkpoint.Open(ctx, name)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, led.Close()) }()
	return migrate.Haul(ctx, source, to.Target(), led, options)
}

// cutting is a copy over a line that breaks between APPEND and its answer.
type cutting struct {
	name string
	trap func(answers int) trap
}

// cuttings are the ways in which the line breaks, given how many answers to
// APPEND there are in all.
func cuttings(r *rand.Rand) []cutting {
	// One answer for each folder there is at the least; more is up to chance.
	at := func() int { return 1 + r.IntN(len(sample.TwinFolders())) }
	return []cutting{
		{"once before an answer", func(int) trap { return trap{answer: at(), before: true} }},
		{"once behind an answer", func(int) trap { return trap{answer: at()} }},
		{"before answers now and then", func(n int) trap { return trap{answer: at(), every: max(3, n/8), before: true} }},
		{"before the first answers", func(int) trap { return trap{answer: 1, every: 1, before: true} }},
	}
}

// TestHaulCut cuts the line where an APPEND has arrived and nobody is told of it.
func TestHaulCut(t *testing.T) {
	from := newOrigin(t, haulTwins)
	crowd := newCrowd(t)
	for i, p := range peers() {
		crowd.run(p.name, func(t *testing.T) {
			r := chance(t)
			for _, format := range []string{"", formats()[i%2]} {
				whole := newHaul(t, from, format, p)
				if _, err := whole.overBrokenLine(t); err != nil {
					t.Fatalf("%s over a line that is whole: %v", haulName(format), err)
				}
				answers, _, _ := whole.via.count()
				for _, c := range cuttings(r) {
					h := newHaul(t, from, format, p)
					h.via.set(c.trap(answers))
					runs, err := h.overBrokenLine(t)
					_, _, sprung := h.via.count()
					if err == nil && sprung == 0 {
						err = errors.New("the line was not cut")
					}
					count("line cut "+c.name, haulCommand(format), format, err)
					if err != nil {
						t.Errorf("%s, cut %s: %d times, %d runs: %v", haulName(format), c.name, sprung, runs, err)
					}
				}
			}
		})
	}
	crowd.wait.Wait()
}

// overBrokenLine runs until a run comes to its end, the last ones over a line
// that is whole, and looks at what there is.
func (h *haul) overBrokenLine(t *testing.T) (runs int, err error) {
	t.Helper()
	for {
		runs++
		s, err := h.copy(t.Context(), runLimit)
		if err == nil && len(s.Failures)+len(s.Altered) > 0 {
			return runs, fmt.Errorf("run %d: failed %v, altered %v", runs, s.Failures, s.Altered)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, mailhaul.ErrConnect) || runs == mostRuns {
			return runs, fmt.Errorf("run %d: %w", runs, err)
		}
		if runs == 2 {
			h.via.mend()
		}
	}
	return runs, h.settled(t.Context(), t)
}
