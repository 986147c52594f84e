//go:build linux

package crashtest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// healing is a command that heals an archive which harm has been done to, or
// changes it in another way.
type healing struct {
	name string
	harm func(t *testing.T, dir, format string)
	line func(a *account, dir string) []string
	// prune tells that the archive has messages that are gone, and is sound whenever
	// the command is killed.
	prune bool
	// then is what goes on when the command was killed, nil for the command itself.
	then func(dir string) []string
}

func healings() []healing {
	rebuild := func(_ *account, dir string) []string { return []string{binary, "rebuild", "--json", dir} }
	prune := func(_ *account, dir string) []string {
		return []string{binary, "prune", "--json", "--yes", "--keep-gone", "0d", dir}
	}
	return []healing{
		{name: "repair", harm: harmMail, line: func(a *account, dir string) []string {
			return []string{binary, "repair", "--json", dir, url(user, a.server.Addr)}
		}},
		{name: "rebuild, ledger lost", harm: func(t *testing.T, dir, format string) {
			remove(t, filepath.Join(dir, "mailhaul.db"))
			harmEnd(t, dir, format)
		}, line: rebuild},
		{name: "rebuild, ledger damaged", harm: func(t *testing.T, dir, format string) {
			overwrite(t, filepath.Join(dir, "mailhaul.db"), 2*4096, strings.Repeat("\xee", 4096))
			harmEnd(t, dir, format)
		}, line: rebuild},
		{name: "prune", harm: noHarm, line: prune, prune: true},
		{name: "prune, then rebuild", harm: noHarm, line: prune, prune: true, then: func(dir string) []string {
			return []string{binary, "rebuild", "--json", "--force", dir}
		}},
	}
}

// TestHealKillPoints kills repair, rebuild and prune before their system calls, of
// each kind the first few and then ever fewer. The same command goes on, a backup
// has nothing to fetch, and in the end all is there as the server has it, and what
// it had once, unless that was pruned.
func TestHealKillPoints(t *testing.T) {
	for _, h := range healings() {
		for _, format := range formats() {
			t.Run(h.name+"/"+format, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t)
				whole := filepath.Join(scratch(t), "whole")
				if _, err := backup(t.Context(), whole, a.server.Addr, archive.Format(format), runLimit); err != nil {
					t.Fatal(err)
				}
				if h.prune {
					a.change()
					if err := makeGood(t.Context(), whole, a, archive.Format(format)); err != nil {
						t.Fatal(err)
					}
				}
				points := 0
				for _, calls := range append(killCalls(), "link,linkat") {
					points += h.killAtSome(t, a, whole, format, calls)
				}
				if t.Logf("killed at %d points", points); points < leastPoints/2 {
					t.Errorf("killed at %d points only", points)
				}
			})
		}
	}
}

// killAtSome returns at how many calls the command was killed.
func (h healing) killAtSome(t *testing.T, a *account, whole, format, calls string) (killed int) {
	t.Helper()
	wider := 2 / chances()
	if h.prune {
		wider = 0 // it has few points
	}
	for n, step := 1, 0; n <= mostPoints; n, step = n+1+step, step+wider {
		dir := filepath.Join(scratch(t), "archive")
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		h.harm(t, dir, format)
		line := h.line(a, dir)
		o := execute(t, append([]string{
			"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls,
			"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n),
		}, line...))
		if h.prune {
			if err := checkSound(t, dir); err != nil {
				t.Errorf("killed at call %d of %s: %v", n, calls, err)
			}
		}
		if h.then != nil {
			line = h.then(dir)
		}
		if err := h.goOn(t, a, dir, format, line); err != nil {
			t.Errorf("killed at call %d of %s: %v", n, calls, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if !o.killed {
			return killed
		}
		killed++
	}
	t.Fatalf("still killed at call %d of %s", mostPoints, calls)
	return 0
}

// goOn lets the command come to its end and looks whether all is healed.
func (h healing) goOn(t *testing.T, a *account, dir, format string, line []string) error {
	t.Helper()
	if o := execute(t, line); o.code != 0 {
		return fmt.Errorf("the same command again ended with %d: %s%s", o.code, o.stdout, o.stderr)
	}
	if o := execute(t, []string{binary, "verify", dir}); o.code != 0 {
		return fmt.Errorf("verify: %s", o.stdout)
	}
	s, err := backup(t.Context(), dir, a.server.Addr, archive.Format(format), runLimit)
	if err != nil || s.New != 0 {
		return fmt.Errorf("the next backup fetched %d messages: %w", s.New, err)
	}
	if h.then != nil {
		return checkComplete(t.Context(), dir, a.mails(), a.gone)
	}
	return checkComplete(t.Context(), dir, a.mails(), nil)
}

// checkSound verifies a copy of an archive: who opens a ledger tidies it up.
func checkSound(t *testing.T, dir string) error {
	t.Helper()
	again := filepath.Join(scratch(t), "copy")
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		return err
	}
	if o := execute(t, []string{binary, "verify", again}); o.code != 0 {
		return fmt.Errorf("verify: %s%s", o.stdout, o.stderr)
	}
	return os.RemoveAll(again)
}

func noHarm(*testing.T, string, string) {}

// harmMail changes one message, and takes another away.
func harmMail(t *testing.T, dir, format string) {
	t.Helper()
	if format == "mbox" {
		overwrite(t, filepath.Join(dir, "mail", "INBOX.mbox"), 70, "\x00")
		work := filepath.Join(dir, "mail", "Work.mbox")
		text, err := os.ReadFile(work)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(work, int64(len(text)-5)); err != nil {
			t.Fatal(err)
		}
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "mail", "*", "cur", "*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	slices.Sort(files)
	// Changed, and with other flags: two files are there while it is replaced.
	base, _, _ := strings.Cut(files[0], ":")
	if err := os.Rename(files[0], base+":2,T"); err != nil {
		t.Fatal(err)
	}
	overwrite(t, base+":2,T", 3, "\x00")
	remove(t, files[len(files)-1])
}

// harmEnd puts what is no message behind the last one of an mbox.
func harmEnd(t *testing.T, dir, format string) {
	t.Helper()
	if format != "mbox" {
		return
	}
	f, err := os.OpenFile(filepath.Join(dir, "mail", "INBOX.mbox"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("From 7.9.+0000.100V@mailhaul Thu"); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// overwrite puts text in place of as many octets at an offset.
func overwrite(t *testing.T, path string, offset int, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Clone(b)
	copy(b[offset:], text)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
