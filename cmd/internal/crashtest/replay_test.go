//go:build linux

package crashtest_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

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
			l := lab{command: "backup", format: format, events: events, subject: func() *subject { return a.backup(t, format) }}
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
				l := lab{command: "backup after a kill", format: format, subject: func() *subject { return a.backup(t, format) }}
				l.events, l.from = record(t, a, format, []step{{options: options, killed: true}, {}})
				l.run(t)
			})
		}
	}
}

// instants is after how many events of a command's run the power is cut, unless
// it is after all.
const instants = 8

// TestPowerLossOfCommands is TestPowerLoss for all other commands that write.
func TestPowerLossOfCommands(t *testing.T) {
	for _, k := range trials() {
		if strings.HasPrefix(k.command, "backup") {
			continue // it makes the archive
		}
		t.Run(k.name(), func(t *testing.T) {
			s := k.subject(t)
			events, from := s.record(t)
			l := lab{command: k.command, format: k.format, events: events, from: from, subject: func() *subject { return k.subject(t) }}
			if l.places = sampleOf(chance(t), instants, len(events)-from); s.remote != nil {
				l.taken, l.peer = s.remote.taken, s.remote.via.addr
			}
			l.run(t)
		})
	}
}

// record records a run that is not disturbed, and returns what it did, and how many
// events make what it found.
func (s *subject) record(t *testing.T) (events []replay.Event, found int) {
	t.Helper()
	if err := s.reset(); err != nil {
		t.Fatal(err)
	}
	state, err := replay.ReadState(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.remote != nil {
		s.remote.watch()
	}
	trace := filepath.Join(t.TempDir(), "trace")
	// The model does not know what is copied within the kernel: none is.
	options := []string{"-e", "inject=copy_file_range:error=ENOSYS"}
	if o := executeWith(t, s.env, replay.Command(trace, options, s.line...)); o.code != 0 {
		t.Fatal(o.done())
	}
	events = parse(t, s.dir, state, []string{trace})
	checkModel(t, events, s.dir)
	if err := s.complete(t.Context()); err != nil {
		t.Fatalf("recorded run: %v", err)
	}
	return events, len(parse(t, s.dir, state, nil))
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
	command, format string
	events          []replay.Event
	from            int // the first event after which the power is cut
	// places are the events behind from after which it is cut; nil means all.
	places []int
	// subject makes what the states are checked with, for each worker.
	subject func() *subject
	// taken are snapshots of the account at peer, if there is one.
	taken []snapshot
	peer  string
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
	// account is which snapshot of the account goes with it, if there is one.
	account int
	what    string
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
		many    = max(2, runtime.GOMAXPROCS(0))
	)
	if l.taken != nil {
		many *= 4 // they wait for the account more than they work
	}
	for range many {
		s := l.subject()
		workers.Go(func() {
			for c := range crashes {
				err := l.check(t.Context(), s, c)
				if l.enough == 0 {
					count("power loss", l.command, l.format, err)
				}
				mu.Lock()
				r.checked++
				if err != nil {
					r.failures = append(r.failures, c.what+": "+err.Error())
				}
				mu.Unlock()
			}
		})
	}
	l.crashes(chance(t), func(c crash) bool {
		crashes <- c
		mu.Lock()
		defer mu.Unlock()
		return l.enough == 0 || len(r.failures) < l.enough
	}, &r.states)
	close(crashes)
	workers.Wait()
	return r
}
