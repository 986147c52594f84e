//go:build linux

package crashtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
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

// subject is the healing of an archive of a format.
func (h healing) subject(t *testing.T, format string) *subject {
	t.Helper()
	a := newAccount(t)
	dir, harmed := filepath.Join(scratch(t), "archive"), filepath.Join(scratch(t), "harmed")
	if _, err := backup(t.Context(), harmed, a.server.Addr, archive.Format(format), runLimit); err != nil {
		t.Fatal(err)
	}
	if h.prune {
		a.change()
		if err := makeGood(t.Context(), harmed, a, archive.Format(format)); err != nil {
			t.Fatal(err)
		}
	}
	h.harm(t, harmed, format)
	sound := intact(t.Context(), harmed)
	maps.DeleteFunc(sound, func(k key, _ bool) bool { return a.gone[k].size > 0 }) // they may leave
	s := &subject{dir: dir, line: h.line(a, dir)}
	s.reset = func() error { return errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(harmed))) }
	s.recorded = func(ctx context.Context, _ outcome) error {
		now := intact(ctx, dir)
		for k := range sound {
			if !now[k] {
				return fmt.Errorf("%w: %v was in order before", errLost, k)
			}
		}
		if h.prune {
			return verified(ctx, dir)
		}
		return nil
	}
	s.again = func(ctx context.Context) error {
		line := s.line
		if h.then != nil {
			line = h.then(dir)
		}
		o, err := perform(ctx, nil, line)
		return errors.Join(err, o.done())
	}
	s.complete = func(ctx context.Context) error {
		b, err := backup(ctx, dir, a.server.Addr, archive.Format(format), runLimit)
		if err == nil && b.New != 0 {
			err = fmt.Errorf("%w: the next backup fetched %d messages", errLost, b.New)
		}
		if err != nil {
			return err
		}
		if h.then != nil {
			return checkComplete(ctx, dir, a.mails(), a.gone)
		}
		return checkComplete(ctx, dir, a.mails(), nil)
	}
	return s
}

// intact returns the messages of an archive that can be read back: none where the
// ledger is not sound.
func intact(ctx context.Context, dir string) map[key]bool {
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		return nil
	}
	defer a.Close()
	folders, err := a.Ledger().Folders(ctx)
	if err = errors.Join(err, a.Ledger().IntegrityCheck(ctx)); err != nil {
		return nil
	}
	sound := map[key]bool{}
	for _, f := range folders {
		for m, err := range a.Ledger().Messages(ctx, f.ID) {
			if err == nil && drain(ctx, a, f, m) == nil {
				sound[key{f.Name, m.UID}] = true
			}
		}
	}
	return sound
}

// verified lets an archive be read back, in which nothing must be damaged.
func verified(ctx context.Context, dir string) error {
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		return err
	}
	var damage []error
	_, err = a.Verify(ctx, nil, func(d archive.Damage) { damage = append(damage, fmt.Errorf("verify: %+v", d)) })
	return errors.Join(append(damage, err, a.Close())...)
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
