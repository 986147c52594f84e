//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// formats are those of an archive.
func formats() []string { return []string{"maildir", "mbox"} }

// TestPowerLoss cuts the power after each step of recorded runs, with what was
// not synced lost, kept or torn, and lets the next run make good.
func TestPowerLoss(t *testing.T) {
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			a := newAccount(t)
			events, _ := record(t, a, format, usual())
			l := lab{account: a, events: events, format: archive.Format(format)}
			l.run(t)
		})
	}
}

// TestPowerLossAfterKill cuts the power in the run that follows one that was
// killed: what the kill left was seen and never synced.
func TestPowerLossAfterKill(t *testing.T) {
	kill := func(calls string, n int) []string {
		return []string{"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n)}
	}
	for format, kills := range map[string][][]string{
		"maildir": {kill(mkdirCalls, 6), kill(syncCalls, 4), kill(renameCalls, 2)},
		"mbox":    {kill(syncCalls, 3), kill(syncCalls, 5), kill("pwrite64", 30)},
	} {
		for _, options := range kills {
			t.Run(format+"/"+options[1], func(t *testing.T) {
				a := newAccount(t)
				l := lab{account: a, format: archive.Format(format)}
				l.events, l.from = record(t, a, format, []step{{options: options, killed: true}, {}})
				l.run(t)
			})
		}
	}
}

// run replays and tells what was found.
func (l lab) run(t *testing.T) {
	t.Helper()
	r := l.replay(t)
	t.Logf("%d events from %d on, %d states, %d of them different", len(l.events), l.from, r.states, r.checked)
	for i, failure := range r.failures {
		if i == mostFailures {
			t.Errorf("and %d more", len(r.failures)-i)
			break
		}
		t.Error(failure)
	}
}

// mostFailures is how many failures are told one by one.
const mostFailures = 20

// lab replays recorded runs.
type lab struct {
	account *account
	events  []replay.Event
	format  archive.Format
	from    int // the first event after which the power is cut
	// enough ends the replay after so many failures, 0 for never.
	enough int
}

// report is what a replay found.
type report struct {
	states, checked int
	failures        []string
}

// crash is a state to be checked.
type crash struct {
	state replay.State
	safe  int
	what  string
}

// replay checks every state that a power loss may leave. States that are equal
// are checked once.
func (l lab) replay(t *testing.T) report {
	t.Helper()
	var (
		r       report
		mu      sync.Mutex
		workers sync.WaitGroup
		crashes = make(chan crash)
		dir     = scratch(t)
	)
	for i := range max(2, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for c := range crashes {
				err := l.check(t.Context(), filepath.Join(dir, fmt.Sprint(i)), c)
				mu.Lock()
				r.checked++
				if err != nil {
					r.failures = append(r.failures, c.what+": "+err.Error())
				}
				mu.Unlock()
			}
		})
	}
	l.crashes(func(c crash) bool {
		crashes <- c
		mu.Lock()
		defer mu.Unlock()
		return l.enough == 0 || len(r.failures) < l.enough
	}, &r.states)
	close(crashes)
	workers.Wait()
	return r
}

// moreChances are more tries with chance after each event: CRASHTEST_CHANCES=20 makes of a quick test one that looks closely.
func moreChances() []replay.Variant {
	return slices.Repeat([]replay.Variant{{Name: "random", Data: replay.Random, Names: replay.Random}}, chances()-1)
}

// chances is how many times as closely tests look as they usually do.
func chances() int {
	n, err := strconv.Atoi(os.Getenv("CRASHTEST_CHANCES"))
	if err != nil || n < 0 {
		return 1
	}
	return 1 + n
}

// crashes gives the different states to yield and counts all.
func (l lab) crashes(yield func(crash) bool, states *int) {
	type seen struct {
		sum  [32]byte
		safe int
	}
	var (
		known  = map[seen]bool{}
		disk   = replay.NewDisk()
		chance = rand.New(rand.NewPCG(1, 2))
		before int // messages said to be safe by earlier runs
		stdout []byte
	)
	variants := slices.Concat(replay.Variants(), moreChances())
	for i, e := range l.events {
		disk.Apply(e)
		if e.Kind == replay.Output {
			stdout = append(stdout, e.Data...)
		}
		safe := before + acked(stdout)
		if strings.Contains(string(stdout), `"event":"summary"`) {
			before, stdout = safe, nil
		}
		if i < l.from {
			continue
		}
		for _, v := range variants {
			*states++
			c := crash{disk.Crash(v, chance), safe, fmt.Sprintf("%s after step %d, %s %s (%d safe)", v.Name, i, e.Call, e.Path, safe)}
			k := seen{c.state.Sum(), safe}
			if known[k] {
				continue
			}
			known[k] = true
			if !yield(c) {
				return
			}
		}
	}
}

// check looks into one state, lets a run make good, and looks again.
func (l lab) check(ctx context.Context, dir string, c crash) (err error) {
	// A look may change what it looks at, such as the ledger's log: the run that
	// makes good is given the state as it was.
	for _, step := range []func() error{
		func() error {
			_, err := checkRecorded(ctx, dir, l.account.known(), c.safe)
			return err
		},
		func() error { return makeGood(ctx, dir, l.account, l.format) },
	} {
		if err := errors.Join(os.RemoveAll(dir), c.state.Write(dir)); err != nil {
			return err
		}
		if err := step(); err != nil {
			return fmt.Errorf("%w; of %q", err, slices.Sorted(maps.Keys(c.state)))
		}
	}
	return nil
}
