package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// numbered is the content of a message that tests store.
func numbered(uid mailhaul.UID) []byte {
	return fmt.Appendf(nil, "%snumber %d\r\nFrom here\r\n%s", header, uid, strings.Repeat("x", int(uid)*10))
}

// aged makes an archive with the messages 1 to 7 in INBOX and 1 to 2 in Old. The
// second run finds 2, 3 and 7 gone, and Old; the third finds 5 gone. It returns a
// moment between these two.
func aged(t *testing.T, dir string, format archive.Format) time.Time {
	t.Helper()
	r := begin(t, dir, format)
	inbox, old := r.folder("INBOX"), r.folder("Old")
	for uid := mailhaul.UID(1); uid <= 7; uid++ {
		r.store(inbox, uid, numbered(uid))
	}
	r.store(old, 1, numbered(1))
	r.store(old, 2, numbered(2))
	r.flush()
	r.end()
	gone(t, dir, 2, 3, 7)
	r = begin(t, dir, "")
	if _, err := r.a.Ledger().FolderGone(t.Context(), r.id, old.ID); err != nil {
		t.Fatal(err)
	}
	r.end()
	between := time.Now()
	gone(t, dir, 5)
	return between
}

// gone is a run that finds messages of INBOX gone.
func gone(t *testing.T, dir string, uids ...mailhaul.UID) {
	t.Helper()
	r := begin(t, dir, "")
	inbox := known(t, r.a, "INBOX")
	var set mailhaul.UIDSet
	for _, uid := range uids {
		set.Add(uid)
	}
	if n, err := r.a.Ledger().MarkGone(t.Context(), r.id, &inbox.Folder, set); err != nil || n != int64(len(uids)) {
		t.Fatalf("%d messages gone, %v", n, err)
	}
	r.end()
}

func prune(t *testing.T, dir string, o archive.PruneOptions) archive.PruneReport {
	t.Helper()
	a, err := archive.Open(t.Context(), dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := a.Prune(t.Context(), o)
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	return report
}

// mailOctets is how much disk the mail takes.
func mailOctets(t *testing.T, dir string) (octets int64) {
	t.Helper()
	err := filepath.Walk(filepath.Join(dir, "mail"), func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			octets += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// wantMails fails unless INBOX has these messages and no other, as they were stored.
func wantMails(t *testing.T, dir string, uids ...mailhaul.UID) {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	inbox := known(t, a, "INBOX")
	var got []mailhaul.UID
	for m, err := range a.Ledger().Messages(t.Context(), inbox.ID) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.UID)
		if text, err := readAll(t, a, inbox, m); err != nil || string(text) != string(numbered(m.UID)) {
			t.Errorf("UID %d: %q, %v", m.UID, text, err)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(uids) {
		t.Errorf("INBOX has %v, want %v", got, uids)
	}
}

func TestPrune(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			before := aged(t, dir, format)
			octets := mailOctets(t, dir)

			dry := prune(t, dir, archive.PruneOptions{Before: before, DryRun: true})
			wantMails(t, dir, 1, 2, 3, 4, 5, 6, 7)
			var asked []archive.PrunedFolder
			report := prune(t, dir, archive.PruneOptions{Before: before,
				Confirm: func(_ context.Context, folders []archive.PrunedFolder) (bool, error) {
					asked = folders
					return true, nil
				}})
			for _, r := range []archive.PruneReport{dry, report, {Folders: asked, Messages: 5, Freed: report.Freed}} {
				if r.Messages != 5 || len(r.Folders) != 2 || r.Freed != octets-mailOctets(t, dir) || r.Freed < 200 ||
					r.Folders[0].Folder != "INBOX" || r.Folders[0].Messages != 3 || !r.Folders[0].Oldest.Equal(date) ||
					r.Folders[1].Folder != "Old" || r.Folders[1].Messages != 2 || r.Folders[1].Octets != int64(len(numbered(1))+len(numbered(2))) {
					t.Errorf("report %+v of %d octets", r, octets-mailOctets(t, dir))
				}
			}
			wantClean(t, dir, 4)
			wantMails(t, dir, 1, 4, 5, 6)
			if r := prune(t, dir, archive.PruneOptions{Before: before}); len(r.Folders) != 0 {
				t.Errorf("the second time: %+v", r)
			}

			// A message that came back under its UID is stored as any other.
			r := begin(t, dir, "")
			inbox := known(t, r.a, "INBOX")
			live, back, err := r.a.Ledger().UIDs(t.Context(), inbox.ID, 7)
			if err != nil || live.String() != "1,4,6" || back.String() != "5" {
				t.Errorf("the ledger knows %s and %s, %v", live, back, err)
			}
			r.prepare(&inbox.Folder)
			r.store(&inbox.Folder, 3, numbered(3))
			r.flush()
			r.end()
			wantClean(t, dir, 5)
			wantMails(t, dir, 1, 3, 4, 5, 6)

			if r := prune(t, dir, archive.PruneOptions{Before: time.Now()}); r.Messages != 1 {
				t.Errorf("of all that is gone: %+v", r)
			}
			wantMails(t, dir, 1, 3, 4, 6)
			wantClean(t, dir, 4)
		})
	}
}

// The past tells of what was pruned, and the run of how many these were.
func TestPruneHistory(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		prune(t, dir, archive.PruneOptions{Before: aged(t, dir, format)})
		a, err := archive.OpenReadOnly(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		for as, want := range map[checkpoint.RunID]string{1: "INBOX 2:3,7 of 5; Old 1:2 of 5; ", 2: "Old 1:2 of 5; ", 3: "", 4: ""} {
			parts, err := a.Ledger().AsOf(as).Pruned(t.Context())
			got := ""
			for _, p := range parts {
				name := "INBOX"
				if p.FolderID == known(t, a, "Old").ID {
					name = "Old"
				}
				got += fmt.Sprintf("%s %s of %d; ", name, p.UIDs, p.Run)
			}
			if err != nil || got != want {
				t.Errorf("as of run %d: %q, %v, want %q", as, got, err, want)
			}
		}
		if run, _, err := a.Ledger().LastRun(t.Context()); err != nil || run.Command != "prune" || run.Outcome != "done" || run.Pruned != 5 {
			t.Errorf("run %+v, %v", run, err)
		}
		p, err := a.Ledger().Pruned(t.Context(), known(t, a, "INBOX").ID, 3)
		if err != nil || p.GoneRun != 2 || p.Run != 5 || p.Size != int64(len(numbered(3))) || !p.InternalDate.Equal(date) {
			t.Errorf("message 3: %+v, %v", p, err)
		}
		if n, octets, err := a.Ledger().PrunedSince(t.Context(), 2); err != nil || n != 2 || octets != int64(len(numbered(1))+len(numbered(2))) {
			t.Errorf("since run 2: %d messages, %d octets, %v", n, octets, err)
		}
		// What is restored as of the first run is what is left of it.
		source := a.Source(archive.SourceOptions{AsOf: 1})
		folders, err := source.Folders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			if want := map[string]uint32{"INBOX": 4, "Old": 0}[f.Name]; f.Messages != want {
				t.Errorf("as of run 1 folder %s has %d messages, want %d", f.Name, f.Messages, want)
			}
		}
	}
}

// Nothing is done unless the user says so, or in folders that were not chosen.
func TestPruneChosen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	before := aged(t, dir, archive.Maildir)
	refused := prune(t, dir, archive.PruneOptions{Before: before, Confirm: func(context.Context, []archive.PrunedFolder) (bool, error) {
		return false, nil
	}})
	if !refused.Refused {
		t.Errorf("%+v", refused)
	}
	wantMails(t, dir, 1, 2, 3, 4, 5, 6, 7)
	prune(t, dir, archive.PruneOptions{Before: before, Folders: func(f *mailhaul.Folder) bool { return f.Name == "Old" }})
	wantMails(t, dir, 1, 2, 3, 4, 5, 6, 7)
	wantClean(t, dir, 7)
}

// Files whose names another program changed are removed all the same, and a
// message whose UID changed under its own name.
func TestPruneRenamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Maildir)
	f := r.folder("INBOX")
	for uid := mailhaul.UID(1); uid <= 4; uid++ {
		r.store(f, uid, numbered(uid))
	}
	r.flush()
	moveUID(t, r, f, 4, 9)
	r.end()
	gone(t, dir, 2, 3, 9)
	inbox := filepath.Join(dir, "mail", "INBOX")
	for i, to := range map[int]string{2: "cur/%s:2,RS", 3: "new/%s"} {
		base := fileOf(t, inbox, mailhaul.UID(i))
		name, _, _ := strings.Cut(filepath.Base(base), ":")
		if err := os.Rename(base, filepath.Join(inbox, fmt.Sprintf(to, name))); err != nil {
			t.Fatal(err)
		}
	}
	if r := prune(t, dir, archive.PruneOptions{Before: time.Now()}); r.Messages != 3 {
		t.Errorf("%+v", r)
	}
	wantMails(t, dir, 1)
	wantClean(t, dir, 1)
}

// fileOf returns the file in cur that carries a UID in its name.
func fileOf(t *testing.T, maildir string, uid mailhaul.UID) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(maildir, "cur", fmt.Sprintf("*.V7U%dZ*", uid)))
	if err != nil || len(files) != 1 {
		all, _ := filepath.Glob(filepath.Join(maildir, "cur", "*"))
		t.Fatalf("files of UID %d: %q of %q, %v", uid, files, all, err)
	}
	return files[0]
}

// A folder that is not as the ledger knows it is left as it is and named; damage
// within a message that stays is none of prune's.
func TestPruneLeavesDamaged(t *testing.T) {
	tests := map[string]struct {
		format archive.Format
		harm   func(t *testing.T, path string)
		want   error // nil: it is pruned
		left   int64 // problems that verify finds in the end
	}{
		"octets behind": {archive.Mbox, func(t *testing.T, path string) { appendTo(t, path, "From x\n") }, mailhaul.ErrDamaged, 1},
		"cut":           {archive.Mbox, func(t *testing.T, path string) { truncate(t, path, 20) }, mailhaul.ErrDamaged, 1},
		"link": {archive.Mbox, func(t *testing.T, path string) {
			if err := os.Rename(path, path+".real"); err != nil {
				t.Fatal(err)
			}
			symlink(t, path+".real", path)
		}, fsys.ErrSymlink, 8},
		"link to a Maildir": {archive.Maildir, func(t *testing.T, path string) {
			if err := os.Rename(path+"/cur", path+"/elsewhere"); err != nil {
				t.Fatal(err)
			}
			symlink(t, path+"/elsewhere", path+"/cur")
		}, fsys.ErrSymlink, 15},
		"damaged message":           {archive.Mbox, func(t *testing.T, path string) { overwrite(t, path, "number 6", "Number 6") }, nil, 1},
		"damaged message that goes": {archive.Mbox, func(t *testing.T, path string) { overwrite(t, path, "number 7", "Number 7") }, nil, 0},
		"missing message that goes": {archive.Maildir, func(t *testing.T, path string) {
			if err := os.Remove(fileOf(t, path, 7)); err != nil {
				t.Fatal(err)
			}
		}, nil, 0},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			before := aged(t, dir, test.format)
			path := filepath.Join(dir, "mail", "INBOX")
			if test.format == archive.Mbox {
				path += ".mbox"
			}
			test.harm(t, path)
			r := prune(t, dir, archive.PruneOptions{Before: before})
			if len(r.Folders) != 2 || !errors.Is(r.Folders[0].Err, test.want) || r.Folders[1].Err != nil {
				t.Fatalf("%+v", r)
			}
			if test.want != nil && (r.Left != 1 || r.Messages != 2) || test.want == nil && (r.Left != 0 || r.Messages != 5) {
				t.Errorf("%+v", r)
			}
			if report, found := verify(t, dir); report.Damaged != test.left {
				t.Errorf("verify found %d: %+v", report.Damaged, found)
			}
		})
	}
}

// overwrite changes a text in a file, which must be there once.
func overwrite(t *testing.T, path, from, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), from) != 1 {
		t.Fatalf("%q is there %d times, %v", from, strings.Count(string(text), from), err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
