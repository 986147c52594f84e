package bench_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// delay is added each way where a long line is imitated: a round trip takes
// twice as long.
const delay = 20 * time.Millisecond

// BenchmarkBackup measures backups and prints tables. It runs everything once,
// whatever b.N says: what repeats are the rounds within.
func BenchmarkBackup(b *testing.B) {
	server := imaptest.Dovecot(b)
	benchmark(b, func(ctx context.Context, out *report) {
		for _, a := range accounts(b, server, setup.sets) {
			for _, c := range contests(b, a) {
				c.hold(ctx, b, out)
			}
		}
	})
}

// BenchmarkTransfer measures what puts mail into accounts: restore and migrate.
func BenchmarkTransfer(b *testing.B) {
	server := imaptest.Dovecot(b)
	benchmark(b, func(ctx context.Context, out *report) {
		if setup.tmpfs == "" {
			return
		}
		for _, a := range accounts(b, server, setup.sets) {
			if a.set == "L" {
				continue
			}
			copies := place(b, setup.tmpfs)
			t := newTransfer(ctx, b, server, a, copies, a.set != "1G")
			for _, c := range transfers(b, t) {
				c.hold(ctx, b, out)
			}
			if err := os.RemoveAll(copies); err != nil { // memory for the next one's
				b.Fatal(err)
			}
		}
	})
}

// benchmark runs contests and says which aims were missed.
func benchmark(b *testing.B, contests func(context.Context, *report)) {
	b.Helper()
	// An interrupt must not leave gigabytes behind: it ends the run under way,
	// and so the benchmark with all that it cleans up.
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := &report{w: os.Stdout}
	out.header(b)
	contests(ctx, out)
	missed := out.aims()
	b.ReportMetric(0, "ns/op") // the time of all of it tells nothing
	b.ReportMetric(float64(missed), "aims-missed")
}

// hold runs the contest and prints its table.
func (c contest) hold(ctx context.Context, tb testing.TB, out *report) {
	tb.Helper()
	if setup.profiles != "" {
		c = c.profiled(setup.profiles)
	}
	out.table(c, c.measure(ctx, tb, c.rounds()))
}

// rounds is how many rounds a contest has: the giant message is about memory, of
// which few runs tell as much as many.
func (c contest) rounds() int {
	if c.account.set == "1G" {
		return min(3, setup.rounds)
	}
	return setup.rounds
}

// contests are what is measured with an account.
func contests(tb testing.TB, a account) []contest {
	tb.Helper()
	var all []contest
	if setup.tmpfs != "" {
		all = append(all, inMemory(a, place(tb, setup.tmpfs)))
	}
	if setup.disk != "" && (a.set == "S" || a.set == "M") {
		all = append(all, onDisk(a, place(tb, setup.disk)))
	}
	if setup.tmpfs != "" && a.set == "S" {
		line := imaptest.NewLine(tb, a.addr, imaptest.LineOptions{Delay: delay})
		all = append(all, overLine(a.over(line.Addr), place(tb, setup.tmpfs)),
			unchanged(a.over(line.Addr), place(tb, setup.tmpfs)))
	}
	return all
}

// place makes a directory for the runs of one contest. It goes at the very end,
// when it can spoil nothing any more.
func place(tb testing.TB, parent string) string {
	tb.Helper()
	dir, err := os.MkdirTemp(parent, "mailhaul-bench-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// inMemory: nothing but the programs and the server.
func inMemory(a account, dir string) contest {
	maildir, mbox := a.entryMailhaul("files"), a.entryMailhaul("mbox")
	if ratio, known := map[string]float64{"M": 1.3, "L": 1.5}[a.set]; known {
		maildir.ratio, mbox.ratio = ratio, ratio
	}
	c := contest{title: "in memory", account: a, place: dir}
	c.entries = append(a.floors(false), maildir, mbox)
	if a.set != "1G" {
		c.entries = append(c.entries, a.peers(false)...)
	}
	return c
}

// onDisk: everything durable.
func onDisk(a account, dir string) contest {
	maildir, mbox := a.entryMailhaul("files"), a.entryMailhaul("mbox")
	if a.set == "M" {
		maildir.ratio, mbox.ratio = 1.15, 1.5
	}
	return contest{
		title: "on disk, durable", account: a, place: dir, durable: true,
		entries: slices.Concat(a.floors(true), []entry{maildir, mbox}, a.peers(true)),
	}
}

// overLine: the round trips.
func overLine(a account, dir string) contest {
	maildir := a.entryMailhaul("files")
	maildir.ratio = 1.5
	return contest{
		title: "over a line with a round trip of 40 ms", account: a, place: dir,
		entries: slices.Concat(
			[]entry{a.entryFloor("files", 1, false), a.entryFloor("files", manyConnections, false), maildir}, a.peers(false)),
	}
}

// unchanged: the round trips of a run that finds nothing new.
func unchanged(a account, dir string) contest {
	maildir := a.entryMailhaul("files")
	maildir.wall = 400 * time.Millisecond
	return contest{
		title: "the same line, a run without changes", account: a, place: dir, again: true,
		entries: append([]entry{a.entryLook(), maildir}, a.peers(false)...),
	}
}

// manyConnections is what mailhaul opens unless told otherwise.
const manyConnections = 4

// floors are the floors from which the fastest of each format is chosen.
func (a account) floors(durable bool) []entry {
	var all []entry
	for _, format := range []string{"files", "mbox"} {
		for _, connections := range []int{1, manyConnections} {
			all = append(all, a.entryFloor(format, connections, durable))
		}
	}
	return all
}

// peers are the other programs that are installed.
func (a account) peers(durable bool) []entry {
	if !installed("mbsync") {
		return nil
	}
	return []entry{a.entryMbsync(durable)}
}

// version is the first line that a program says of itself, or that it is not
// there.
func version(program string) string {
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return program + " not installed"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return fmt.Sprintf("%s: %s", program, line)
}
