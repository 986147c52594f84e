//go:build linux

package crashtest_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// year is about as long as one.
const year = 365 * 24 * time.Hour

// wrongClocks are what is added to the time of day.
func wrongClocks() map[string][]time.Duration {
	return map[string][]time.Duration{
		"a year ahead": {year},
		"before 1970":  {-60 * year},
		"after 2262":   {240 * year},
		"to and fro":   {0, year, -60 * year, time.Hour, -time.Minute},
	}
}

// TestClockJumps runs each command under clocks that are wrong, and that jump while
// it runs: it comes to its end, and the next run under the true one finds nothing to
// mend.
func TestClockJumps(t *testing.T) {
	for _, k := range trials() {
		t.Run(k.name(), func(t *testing.T) {
			t.Parallel()
			s := k.subject(t)
			for name, clock := range wrongClocks() {
				o, _, err := s.run(t, inject.Fault{Clock: clock})
				if err == nil {
					err = o.done()
				}
				if err == nil {
					err = s.makesGood(t.Context(), o)
				}
				count("clock jumps", k.command, k.format, err)
				if err != nil {
					t.Errorf("the clock %s: %v", name, err)
				}
			}
		})
	}
}

// TestPruneAtWrongClock: what went a moment ago is not pruned as long as it should
// be kept, whatever the clock said when the runs were that stored it and found it
// gone, as long as that may not have been true, and whatever it says now, as long as
// that is not later than it is.
func TestPruneAtWrongClock(t *testing.T) {
	for name, clock := range wrongClocks() {
		for later, now := range map[string][]time.Duration{"true": nil, "an hour back": {-time.Hour}, "to and fro": {0, -year}} {
			t.Run(name+", then "+later, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				s := a.backup(t, "maildir")
				if o, _, err := s.run(t, inject.Fault{Clock: clock}); err != nil || o.code != 0 {
					t.Fatal(err, o.done())
				}
				a.change()
				s.reset = func() error { return nil }
				for _, step := range []struct {
					line  []string
					clock []time.Duration
				}{
					{s.line, clock}, // finds a message gone
					{[]string{binary, "prune", "--json", "--yes", "--keep-gone", "30d", s.line[len(s.line)-1]}, now},
				} {
					s.line = step.line
					o, _, err := s.run(t, inject.Fault{Clock: step.clock})
					if err == nil {
						err = o.done()
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				err := s.complete(t.Context())
				count("clock jumps", "prune", "maildir", err)
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}
