//go:build linux

package crashtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// plant makes the recording of a program with a bug out of that of one without:
// a sync changes nothing that the program can see, so that a run that lacks one
// is the same run without it.
type plant func([]replay.Event) []replay.Event

// without leaves out the events that drop names.
func without(drop func(all []replay.Event, i int) bool) plant {
	return func(all []replay.Event) (rest []replay.Event) {
		for i, e := range all {
			if !drop(all, i) {
				rest = append(rest, e)
			}
		}
		return rest
	}
}

// isMail tells whether an event is about messages, isLedger about the ledger.
func isMail(e replay.Event) bool   { return strings.HasPrefix(e.Path, "mail/") || e.Path == "mail" }
func isLedger(e replay.Event) bool { return strings.HasPrefix(e.Path, "mailhaul.db") }

// isLog tells whether an event is about the ledger's write-ahead log.
func isLog(e replay.Event) bool { return e.Path == "mailhaul.db-wal" }

// beforeCheckpoint tells whether the log is written into the ledger's file next:
// that sync is made with synchronous=NORMAL, too.
func beforeCheckpoint(all []replay.Event, i int) bool {
	next := slices.IndexFunc(all[i+1:], func(e replay.Event) bool { return e.Kind == replay.Write })
	return next >= 0 && all[i+1+next].Path == "mailhaul.db"
}

// rowsFirst puts the syncs of messages behind the next sync of the ledger's log.
func rowsFirst(all []replay.Event) (out []replay.Event) {
	var held []replay.Event
	for _, e := range all {
		if e.Kind == replay.Sync && isMail(e) && !e.Dir {
			held = append(held, e)
			continue
		}
		out = append(out, e)
		if e.Kind == replay.Sync && isLog(e) {
			for _, h := range held {
				h.Begin, h.End = e.End, e.End // not before what was written meanwhile
				out = append(out, h)
			}
			held = nil
		}
	}
	return append(out, held...)
}

// TestPowerLossCatches holds that the replay finds bugs: one that finds none in
// a program that has them proves nothing.
func TestPowerLossCatches(t *testing.T) {
	plants := []struct {
		name  string
		plant plant
	}{
		{"no sync of files", without(func(all []replay.Event, i int) bool {
			return all[i].Kind == replay.Sync && !all[i].Dir && isMail(all[i])
		})},
		{"no sync of directories", without(func(all []replay.Event, i int) bool {
			return all[i].Kind == replay.Sync && all[i].Dir && isMail(all[i])
		})},
		{"ledger with synchronous=NORMAL", without(func(all []replay.Event, i int) bool {
			return all[i].Kind == replay.Sync && isLog(all[i]) && !beforeCheckpoint(all, i)
		})},
		{"ledger with synchronous=OFF", without(func(all []replay.Event, i int) bool {
			return all[i].Kind == replay.Sync && isLedger(all[i])
		})},
		{"rows before octets", rowsFirst},
	}
	for _, format := range formats() {
		a := newAccount(t)
		events, _ := record(t, a, format, usual())
		first := slices.IndexFunc(events, func(e replay.Event) bool { return e.Kind == replay.Write && isMail(e) })
		for _, p := range plants {
			t.Run(format+"/"+p.name, func(t *testing.T) {
				l := lab{events: p.plant(slices.Clone(events)), enough: 1, subject: func() *subject { return a.backup(t, format) }}
				// Where the ledger's beginnings are over; a bug leaves out some
				// of the events before.
				l.from = first - (len(events) - len(l.events))
				r := l.replay(t)
				if len(r.failures) == 0 {
					t.Fatalf("%d states, %d of them different, and the bug was not seen", r.states, r.checked)
				}
				t.Logf("caught in state %d: %s", r.checked, r.failures[0])
			})
		}
	}
}
