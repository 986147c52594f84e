package bench_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestContest runs contests with a small account from end to end.
func TestContest(t *testing.T) {
	const rounds = 2
	server := imaptest.Dovecot(t)
	a := fill(t, server, "small", small())
	transfer := newTransfer(t.Context(), t, server, a, t.TempDir(), true)
	line := imaptest.NewLine(t, a.addr, imaptest.LineOptions{Delay: time.Millisecond})
	for _, test := range []struct {
		contest contest
		names   string // how each line begins, but for the connections of a floor
	}{
		{inMemory(a, t.TempDir()), "floor, files, not synced; floor, mbox, not synced; mailhaul, maildir; mailhaul, mbox; mbsync, Maildir, FSync no"},
		{onDisk(a, t.TempDir()), "floor, files, synced in groups; floor, mbox, one sync; mailhaul, maildir; mailhaul, mbox; mbsync, Maildir, FSync yes"},
		{overLine(a.over(line.Addr), t.TempDir()), "floor, files, not synced; mailhaul, maildir; mbsync, Maildir, FSync no"},
		{unchanged(a.over(line.Addr), t.TempDir()), "floor, states of folders only; mailhaul, maildir; mbsync, Maildir, FSync no"},
		{transfer.restored(t.TempDir()), "floor, append; mailhaul, restore from maildir; mailhaul, restore from mbox; mbsync, from Maildirs, FSync no"},
		{transfer.between(t.TempDir()), "floor, fetch; floor, append; mailhaul, migrate; mbsync, FSync no"},
		{transfer.over(line.Addr).restoredOverLine(t.TempDir()),
			"floor, append; mailhaul, restore from maildir; mailhaul, restore from mbox; mbsync, from Maildirs, FSync no"},
		{transfer.over(line.Addr).unchanged(t.TempDir()),
			"floor, states of folders only; mailhaul, restore from maildir; mailhaul, migrate; mbsync, FSync no"},
	} {
		t.Run(test.contest.title, func(t *testing.T) {
			results := test.contest.measure(t.Context(), t, rounds)
			var names []string
			for _, r := range results {
				if len(r.runs) != rounds {
					t.Errorf("%s: %d runs, want %d", r.name, len(r.runs), rounds)
				}
				if r.kind == interimap { // not everywhere
					continue
				}
				name, _, _ := strings.Cut(r.name, ", 1 connection")
				name, _, _ = strings.Cut(name, ", 4 connections")
				names = append(names, name)
			}
			if got := strings.Join(names, "; "); got != test.names {
				t.Errorf("took part: %s\nwant:      %s", got, test.names)
			}
			var text strings.Builder
			out := &report{w: &text}
			out.table(test.contest, results)
			if lines := strings.Count(text.String(), "\n"); lines != 3+len(results) {
				t.Errorf("a table of %d lines:\n%s", lines, &text)
			}
		})
	}
}

// TestAims holds what a table says and which aims count as reached.
func TestAims(t *testing.T) {
	runs := func(peak int64, walls ...time.Duration) (all []measured) {
		for _, w := range walls {
			all = append(all, measured{Wall: w, CPU: w / 2, PeakMemory: peak})
		}
		return all
	}
	maildir := entry{name: "mailhaul, maildir", kind: mailhaul, format: "files", ratio: 1.3, wall: time.Second, memory: 64 << 20}
	least := result{entry{name: "floor", kind: floor, format: "files"}, runs(3<<20, 100*time.Millisecond, 200*time.Millisecond, 100*time.Millisecond)}
	other := result{entry{name: "mbsync", kind: mbsync, format: "files"}, runs(9<<20, 500*time.Millisecond, time.Second)}
	// Another floor, which does another part of the work and is the faster one.
	part := result{entry{name: "part", kind: floor, format: "files", part: "fetch"}, runs(3<<20, 90*time.Millisecond, 20*time.Millisecond, 30*time.Millisecond)}
	for _, test := range []struct {
		name    string
		runs    []measured
		line    string
		reached string
		missed  int
	}{
		{
			"all reached", runs(32<<20, 120*time.Millisecond, 260*time.Millisecond, 130*time.Millisecond),
			"0.13 (0.12..0.26) 0.07 32 1.30 (1.20..1.30) 0.25 (0.24..0.26)", "reached reached reached", 0,
		},
		{
			"slow", runs(32<<20, 1200*time.Millisecond, 1200*time.Millisecond, 1200*time.Millisecond),
			"1.20 (1.20..1.20) 0.60 32 12.00 (6.00..12.00) 1.80 (1.20..2.40)", "MISSED MISSED reached", 2,
		},
		{
			"fat", append(runs(32<<20, 100*time.Millisecond, 200*time.Millisecond), runs(64<<20, 100*time.Millisecond)...),
			"0.10 (0.10..0.20) 0.05 64 1.00 (1.00..1.00) 0.20 (0.20..0.20)", "reached reached MISSED", 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text strings.Builder
			out := &report{w: &text}
			out.table(contest{title: "anywhere", account: account{set: "S"}}, []result{least, part, {maildir, test.runs}, other})
			missed := out.aims()
			got := strings.Join(strings.Fields(text.String()), " ")
			if want := "mailhaul, maildir " + test.line; !strings.Contains(got, want) {
				t.Errorf("no %q in:\n%s", want, &text)
			}
			var verdicts []string
			for _, word := range strings.Fields(got) {
				if word == "reached" || word == "MISSED" {
					verdicts = append(verdicts, word)
				}
			}
			if got := strings.Join(verdicts, " "); missed != test.missed || got != test.reached {
				t.Errorf("%d missed, verdicts %q, want %d, %q", missed, got, test.missed, test.reached)
			}
		})
	}
}
