//go:build linux

package limittest_test

import (
	"flag"
	"path/filepath"
	"testing"
)

// manyMessages has TestMemory hold the memory for so many messages against the
// limit, in place of what it grows by for each message.
var manyMessages = flag.Int("messages", 0, "how many messages TestMemory has, 0 for what takes seconds")

const (
	// maxMemory is what a command may have resident with a million messages.
	maxMemory = 128 << 20
	// maxGrowth is by how many octets the memory may grow for each message as long
	// as there is room.
	maxGrowth = 700
)

// TestMemory: a folder with very many messages needs little memory, whatever is
// done with it.
func TestMemory(t *testing.T) {
	if *manyMessages > 0 {
		for _, format := range []string{"maildir", "mbox"} {
			t.Run(format, func(t *testing.T) {
				for _, p := range peaks(t, *manyMessages, format) {
					if p.octets > maxMemory {
						t.Errorf("%s: %d MiB", p.name, p.octets>>20)
					}
				}
			})
		}
		return
	}
	const few, many = 10_000, 60_000
	before := peaks(t, few, "mbox")
	for i, p := range peaks(t, many, "mbox") {
		if growth := (p.octets - before[i].octets) / (many - few); growth > maxGrowth {
			t.Errorf("%s: %d octets a message", p.name, growth)
		}
	}
}

// peak is the most memory that a command had resident, in octets.
type peak struct {
	name   string
	octets int64
}

// peaks backs an account with n messages up, several times as things change there,
// verifies the archive and makes its ledger anew; with many messages they are copied
// as well.
func peaks(t *testing.T, n int, format string) (all []peak) {
	t.Helper()
	p := newProgram(t)
	do := func(name string, args ...string) {
		t.Helper()
		all = append(all, peak{name, p.do(t, args...).peak})
	}
	source, dir := newAccount(t, n, 300, capabilities), filepath.Join(t.TempDir(), "archive")
	do("backup, first run", "backup", source.url, dir, "--format", format)
	do("backup, nothing new", "backup", source.url, dir)
	source.numbers = append(source.numbers, uint32(n+1))
	do("backup, one new", "backup", source.url, dir)
	do("verify", "verify", dir)
	do("rebuild", "rebuild", dir, "--force")
	if *manyMessages > 0 { // with few, what is garbage counts for more than what is kept
		target := func() string { return newAccount(t, 0, 300, capabilities).url }
		to := target()
		do("restore, first run", "restore", dir, to)
		do("restore, again", "restore", dir, to)
		to = target()
		do("migrate, first run", "migrate", source.url, to)
		do("migrate, nothing new", "migrate", source.url, to)
		do("export", "export", dir, "mbox:"+filepath.Join(t.TempDir(), "out"))
	}
	source.validity++
	do("backup, new UIDVALIDITY", "backup", source.url, dir)
	source.validity++
	source.numbers = nil
	do("backup, all gone", "backup", source.url, dir)
	if *manyMessages > 0 {
		do("lost, all", "lost", dir)
		do("restore --deleted-since, all", "restore", "--deleted-since", "1", dir, newAccount(t, 0, 300, capabilities).url)
		do("prune, all", "prune", dir, "--keep-gone", "0d", "--yes")
	}
	return all
}

// TestMemoryOfLargeMessage: a message of 1 GiB needs no more memory than others. The
// server alone takes some gigabytes: it is part of the long form.
func TestMemoryOfLargeMessage(t *testing.T) {
	if *manyMessages == 0 {
		t.Skip("it takes a minute; make memory runs it")
	}
	p, dir := newProgram(t), filepath.Join(t.TempDir(), "archive")
	source := newAccount(t, 1, 1<<30, capabilities)
	target := func() string { return newAccount(t, 0, 0, capabilities).url }
	for _, line := range [][]string{
		{"backup", source.url, dir},
		{"verify", dir},
		{"rebuild", dir, "--force"},
		{"compare", dir, source.url},
		{"export", dir, "mbox:" + filepath.Join(t.TempDir(), "out")},
		{"restore", dir, target()},
		{"migrate", source.url, target()},
	} {
		if got := p.do(t, line...); got.peak > maxMemory {
			t.Errorf("%s: %d MiB", line[0], got.peak>>20)
		}
	}
}
