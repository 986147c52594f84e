package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// salvaged copies what can be read of a ledger into a new one.
func salvaged(t *testing.T, path string) *bench {
	t.Helper()
	old, err := checkpoint.Open(t.Context(), path)
	if errors.Is(err, mailhaul.ErrDamaged) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	l, err := checkpoint.Open(t.Context(), filepath.Join(t.TempDir(), "mailhaul.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b := &bench{Ledger: l, t: t, ctx: t.Context()}
	runs, runsErr := old.ReadableRuns(b.ctx)
	folders, foldersErr := old.ReadableFolders(b.ctx)
	list := make([]*checkpoint.Folder, len(folders))
	for i := range folders {
		list[i] = &folders[i]
	}
	if err := errors.Join(l.RestoreRuns(b.ctx, runs), l.RestoreFolders(b.ctx, list)); err != nil {
		t.Fatal(err)
	}
	damage := errors.Join(runsErr, foldersErr)
	for _, f := range folders {
		var ms []checkpoint.Message
		for m, err := range old.ReadableMessages(b.ctx, f.ID) {
			if err != nil {
				damage = errors.Join(damage, err)
				continue
			}
			ms = append(ms, m)
		}
		if err := l.RestoreMessages(b.ctx, ms); err != nil {
			t.Fatal(err)
		}
	}
	damage = errors.Join(damage, l.CopyPast(b.ctx, old))
	if damage != nil && !errors.Is(damage, mailhaul.ErrDamaged) {
		t.Error(damage)
	}
	if err := l.IntegrityCheck(b.ctx); err != nil {
		t.Error(err)
	}
	return b
}

// all tells all that is restored of a ledger, a line for each message.
func all(b *bench) []string {
	b.t.Helper()
	var lines []string
	folders, err := b.Folders(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range folders {
		for _, m := range b.messages(f.ID) {
			lines = append(lines, fmt.Sprintf("%s %d %+v", f.Name, f.GoneRun, m))
		}
	}
	return lines
}

// Whatever page of a ledger is bad, what is salvaged is what was there, and from
// a sound one everything is.
func TestSalvage(t *testing.T) {
	path := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
	direct, sound := openAt(t, path), salvaged(t, path)
	want := all(direct)
	if got := all(sound); !slices.Equal(got, want) {
		t.Errorf("of a sound ledger %d messages are saved, not %d", len(got), len(want))
	}
	if past := sound.tell(asOf{sound.AsOf(1)}); past != direct.tell(asOf{direct.AsOf(1)}) {
		t.Errorf("the past is %q now", past)
	}
	if err := direct.Close(); err != nil {
		t.Fatal(err)
	}
	clean, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for page := 1; page < len(clean)/4096; page++ {
		changed := bytes.Clone(clean)
		copy(changed[page*4096:], strings.Repeat("\xee", 4096))
		bad := filepath.Join(t.TempDir(), "mailhaul.db")
		if err := os.WriteFile(bad, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		b := salvaged(t, bad)
		if b == nil {
			continue
		}
		got := all(b)
		for _, line := range got {
			if !strings.Contains(strings.Join(want, "\n"), line) {
				t.Errorf("page %d: %s was not there", page, line)
			}
		}
		if len(got) < len(want) {
			most = max(most, len(got))
		}
	}
	if most < len(want)/2 {
		t.Errorf("of %d messages at most %d are saved when one page is bad", len(want), most)
	}
}
