package bench_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// transfers are what is measured of mail that goes into accounts.
func transfers(tb testing.TB, t transfer) []contest {
	tb.Helper()
	between := t.between(place(tb, setup.tmpfs))
	if t.from.set == "1G" {
		return []contest{between}
	}
	all := []contest{t.restored(place(tb, setup.tmpfs)), between}
	if t.from.set == "S" {
		line := imaptest.NewLine(tb, t.from.addr, imaptest.LineOptions{Delay: delay})
		far := t.over(line.Addr)
		all = append(all, far.restoredOverLine(place(tb, setup.tmpfs)), far.unchanged(place(tb, setup.tmpfs)))
	}
	return all
}

// transferRatios are how far from the floor the sets may be in memory.
func transferRatios() map[string]float64 { return map[string]float64{"M": 1.3} }

// restored: archives into an account on a fast line.
func (t transfer) restored(dir string) contest {
	c := contest{title: "restored, in memory", account: t.from, place: dir, targets: t.targets}
	c.entries = t.restores(transferRatios()[t.from.set])
	return c
}

// restoredOverLine: the round trips of the same.
func (t transfer) restoredOverLine(dir string) contest {
	return contest{
		title: "restored over a line with a round trip of 40 ms", account: t.from, place: dir, targets: t.targets,
		entries: t.restores(1.5),
	}
}

// restores are the entries of a restore.
func (t transfer) restores(ratio float64) []entry {
	maildir, mbox := t.entryRestore("files"), t.entryRestore("mbox")
	maildir.ratio, mbox.ratio = ratio, ratio
	all := []entry{t.entryAppend(), maildir, mbox}
	if t.mbsyncMaildirs != "" {
		all = append(all, t.entryMbsyncPush())
	}
	return all
}

// between: from account to account on a fast line.
func (t transfer) between(dir string) contest {
	migrate := t.entryMigrate()
	migrate.ratio = transferRatios()[t.from.set]
	c := contest{title: "from account to account, in memory", account: t.from, place: dir, targets: t.targets}
	c.entries = []entry{t.entryFetch(1), t.entryFetch(manyConnections), t.entryAppend(), migrate}
	if t.from.set != "1G" {
		c.entries = slices.Concat(c.entries, t.peers())
	}
	return c
}

// unchanged: runs that find nothing new, over the long line.
func (t transfer) unchanged(dir string) contest {
	restore, migrate := t.entryRestore("files"), t.entryMigrate()
	restore.wall, migrate.wall = 400*time.Millisecond, 400*time.Millisecond
	return contest{
		title: "the same line, runs without changes", account: t.from, place: dir, targets: t.targets, again: true,
		entries: slices.Concat([]entry{t.entryLook(), restore, migrate}, t.peers()),
	}
}

// peers are the other programs that copy between accounts and are installed.
func (t transfer) peers() (all []entry) {
	if installed("mbsync") {
		all = append(all, t.entryMbsyncPair())
	}
	if installed("interimap") {
		all = append(all, t.entryInterimap())
	}
	return all
}
