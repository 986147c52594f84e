//go:build linux

package limittest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// capabilities are those of a server that can do all that there is to do at once.
const capabilities = "ESEARCH LIST-EXTENDED LIST-STATUS NAMESPACE UIDPLUS MULTIAPPEND"

// commands are one command line for each of the commands, in an order in which each
// has something to do. dir is the archive to be, beside it other files are made.
func commands(t *testing.T, dir, format string) [][]string {
	t.Helper()
	source, out := newAccount(t, 50, 3000, capabilities), t.TempDir()
	target := func() string { return newAccount(t, 0, 3000, capabilities).url }
	migrated := target()
	return [][]string{
		{"backup", source.url, dir, "--format", format},
		{"ls", dir, "INBOX"},
		{"show", dir, "INBOX", "7"},
		{"history", dir},
		{"lost", dir},
		{"verify", dir},
		{"repair", dir, source.url},
		{"rebuild", dir, "--force"},
		{"export", dir, "maildir:" + filepath.Join(out, "maildir")},
		{"export", dir, "mbox:" + filepath.Join(out, "mbox")},
		{"import", "mbox:" + filepath.Join(out, "mbox"), target()},
		{"prune", dir, "--keep-gone", "1d", "--yes"},
		{"restore", dir, target()},
		{"migrate", source.url, migrated},
		{"compare", source.url, migrated, "--no-dates"},
		{"compare", dir, source.url},
	}
}

// TestFewFiles: 64 open files are enough for each command.
func TestFewFiles(t *testing.T) {
	for _, format := range []string{"maildir", "mbox"} {
		t.Run(format, func(t *testing.T) {
			p := newProgram(t)
			p.before = withFiles(64)
			for _, line := range commands(t, filepath.Join(t.TempDir(), "archive"), format) {
				p.do(t, line...)
			}
		})
	}
}

// TestTooFewFiles: with fewer a command says so, and does nothing.
func TestTooFewFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	p := newProgram(t)
	for i, line := range commands(t, dir, "maildir") {
		for _, n := range []int{10, 20, 40} {
			p.before = withFiles(n)
			got := p.run(t, line...)
			if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "ulimit -n") || strings.Contains(got.stderr, "goroutine") {
				t.Errorf("%d files, %q: exit code %d\n%s%s", n, line, got.code, got.stdout, got.stderr)
			}
		}
		if p.before = nil; i == 0 {
			p.do(t, line...)
		}
	}
	if got := p.do(t, "verify", dir); !strings.Contains(got.stdout, "50 messages") {
		t.Errorf("verify: %s", got.stdout)
	}
	if got := p.do(t, "history", dir, "--json"); strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("the runs are\n%s", got.stdout)
	}
}

// withFiles is the command that lets another one have n files open.
func withFiles(n int) []string {
	return []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, n)}
}
