package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// prunedLedger lets the ledger of an archive give up the messages of INBOX that are
// gone, as prune does before it touches a file. The archive is only this folder.
// Of an mbox it returns what is to be in the new file.
func prunedLedger(t *testing.T, dir string, format archive.Format) (newBox string) {
	t.Helper()
	r := begin(t, dir, format)
	f := r.folder("INBOX")
	for uid := mailhaul.UID(1); uid <= 6; uid++ {
		r.store(f, uid, numbered(uid))
	}
	r.flush()
	r.end()
	gone(t, dir, 2, 3, 6)
	// What is right is what a prune of a copy makes.
	again := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	prune(t, again, archive.PruneOptions{Before: time.Now()})
	l, err := checkpoint.Open(t.Context(), filepath.Join(dir, "mailhaul.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run, err := l.BeginRun(t.Context(), "prune", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if format == archive.Maildir {
		if _, _, err := l.Prune(t.Context(), run, checkpoint.Key{FolderID: f.ID}, run, 100); err != nil {
			t.Fatal(err)
		}
		return ""
	}
	a, err := archive.OpenReadOnly(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	offsets := map[int64]int64{}
	for m, err := range l.Messages(t.Context(), f.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if now, err := a.Ledger().Message(t.Context(), f.ID, m.UID); err == nil {
			offsets[m.Offset] = now.Offset
		}
	}
	if _, err := l.PruneBox(t.Context(), run, f.ID, run, func(o int64) int64 { return offsets[o] }); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(again, "mail", "INBOX.mbox"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPruneCutOff: wherever a prune was cut off, the archive is sound at once, and
// the next one to open it does the rest.
func TestPruneCutOff(t *testing.T) {
	place, beside := "mail/INBOX.mbox", archive.NewBoxPath("INBOX.mbox")
	for title, step := range map[string]func(t *testing.T, dir, newBox string){
		"new file beside": func(t *testing.T, dir, newBox string) { write(t, filepath.Join(dir, beside), newBox) },
		"in place": func(t *testing.T, dir, newBox string) {
			if err := os.Remove(filepath.Join(dir, place)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, place), newBox)
		},
	} {
		t.Run("mbox, "+title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			step(t, dir, prunedLedger(t, dir, archive.Mbox))
			wantFinished(t, dir)
		})
	}
	t.Run("mbox, not announced", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "archive")
		crashed(t, dir, archive.Mbox)
		write(t, filepath.Join(dir, beside), "half of")
		wantClean(t, dir, 3)
		begin(t, dir, "").end()
		wantClean(t, dir, 3)
		if _, err := os.Lstat(filepath.Join(dir, beside)); err == nil {
			t.Error("the new file is still there")
		}
	})
	t.Run("Maildir", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "archive")
		prunedLedger(t, dir, archive.Maildir)
		wantFinished(t, dir)
	})
}

// wantFinished fails unless INBOX has 1, 4 and 5, before anybody opens it for
// writing, and afterwards, and nothing else is left.
func wantFinished(t *testing.T, dir string) {
	t.Helper()
	wantClean(t, dir, 3)
	wantMails(t, dir, 1, 4, 5)
	begin(t, dir, "").end()
	wantClean(t, dir, 3)
	wantMails(t, dir, 1, 4, 5)
	files, err1 := filepath.Glob(filepath.Join(dir, "mail", "INBOX*", "cur", "*"))
	hidden, err2 := filepath.Glob(filepath.Join(dir, "mail", ".*"))
	if err := errors.Join(err1, err2); err != nil || len(files) != 0 && len(files) != 3 || len(hidden) != 0 {
		t.Errorf("left: %q %q, %v", files, hidden, err)
	}
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if unfinished, err := a.Ledger().PruneUnfinished(t.Context()); err != nil || unfinished {
		t.Errorf("unfinished: %v, %v", unfinished, err)
	}
}

// TestPruneCutOffRebuilt: a rebuild in between brings nothing back.
func TestPruneCutOffRebuilt(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		newBox := prunedLedger(t, dir, format)
		if format == archive.Mbox {
			write(t, filepath.Join(dir, archive.NewBoxPath("INBOX.mbox")), newBox)
		}
		report, err := archive.Rebuild(t.Context(), dir, archive.RebuildOptions{Force: true})
		if err != nil || report.Messages != 3 || report.Known != 3 || report.Found != 0 {
			t.Errorf("%s: %+v, %v", format, report, err)
		}
		wantFinished(t, dir)
	}
}

// TestPruneNewFileLost: when somebody took the new file away that the ledger speaks
// of, the old one is not cut to its length; a rebuild makes use of it.
func TestPruneNewFileLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	prunedLedger(t, dir, archive.Mbox)
	octets := mailOctets(t, dir)
	a, err := archive.Open(t.Context(), dir, archive.Options{})
	if err == nil {
		a.Close()
	}
	e, _ := errors.AsType[*mailhaul.Error](err)
	if !errors.Is(err, mailhaul.ErrDamaged) || e == nil || e.Hint == "" || mailOctets(t, dir) != octets {
		t.Fatalf("%v, %d octets of %d", err, mailOctets(t, dir), octets)
	}
	if report, err := archive.Rebuild(t.Context(), dir, archive.RebuildOptions{Force: true}); err != nil || report.Messages != 6 {
		t.Errorf("%+v, %v", report, err)
	}
	begin(t, dir, "").end()
	wantMails(t, dir, 1, 2, 3, 4, 5, 6)
}
