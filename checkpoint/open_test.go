package checkpoint_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// listing returns the names in a directory and what the files hold.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

// filled makes a closed ledger with something in every table and returns its path.
func filled(t testing.TB, path string) string {
	t.Helper()
	l, err := checkpoint.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Ledger: l, t: t, ctx: t.Context(), path: path}
	b.nextRun()
	f, g := b.folder("INBOX"), b.folder("Sent")
	var uids []mailhaul.UID
	for u := range mailhaul.UID(100) {
		uids = append(uids, u+1)
	}
	b.record(f, uids...)
	b.record(g, 1, 2)
	b.nextRun()
	b.record(f, 101)
	_, err4 := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(101))
	_, _, err5 := b.Prune(b.ctx, b.run, checkpoint.Key{FolderID: f.ID}, b.run, 10)
	_, err1 := b.SetFlags(b.ctx, b.run, f, []mailhaul.UIDFlags{{UID: 1, Flags: "a"}, {UID: 2, Flags: "b"}})
	_, err2 := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(3, 4))
	_, err3 := b.FolderGone(b.ctx, b.run, g.ID)
	err = errors.Join(err1, err2, err3, err4, err5,
		b.SetIdentity(b.ctx, checkpoint.Identity{Account: "me@mail.example.org", Format: "mbox"}),
		b.PutFailures(b.ctx, b.run, f, []checkpoint.Failure{{UID: 500, Reason: "no"}}),
		b.RenameFolder(b.ctx, b.run, f.ID, &mailhaul.Folder{Name: "Inbox", Namespace: "In", UIDValidity: 7}),
		b.PutHeld(b.ctx, &mailhaul.Folder{ID: f.ID, At: &mailhaul.Folder{Name: "All", Raw: "ALL", UIDValidity: 9}}),
		b.Announce(b.ctx, b.run, []mailhaul.Intent{intent(f, 600)}),
		b.SetLabels(b.ctx, f, []mailhaul.UIDLabels{{UID: 1, Labels: "a\nb"}, {UID: 3000, Labels: "none"}}),
		b.MarkDamaged(b.ctx, b.run, []checkpoint.Key{{FolderID: f.ID, UIDValidity: 7, UID: 60}}),
		l.Close())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCloseLeavesTheFileOnly(t *testing.T) {
	dir := t.TempDir()
	path := filled(t, filepath.Join(dir, "mailhaul.db"))
	only := func(when string) {
		t.Helper()
		if got := listing(t, dir); len(got) != 1 {
			t.Errorf("%s there are %d files", when, len(got))
		}
	}
	only("after writing")
	b := openAt(t, path)
	if f := b.read(1); f.Name != "Inbox" || f.Live != 98 || f.Gone != 2 || f.Failures != 1 {
		t.Errorf("opened again: %+v", f)
	}
	if err := b.IntegrityCheck(b.ctx); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	only("after reading and writing")
	l, err := checkpoint.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.IntegrityCheck(t.Context()), l.Close()); err != nil {
		t.Error(err)
	}
	only("after reading")
}

func TestOpenOddPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a?mode=memory&x#y%41 b+c.db", "日本\xff.db", "'\"; --"} {
		t.Run(name, func(t *testing.T) {
			path := filled(t, filepath.Join(dir, name))
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("relative", func(t *testing.T) {
		t.Chdir(dir)
		filled(t, "relative.db")
		if _, err := os.Stat(filepath.Join(dir, "relative.db")); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := checkpoint.Open(t.Context(), filepath.Join(dir, "none", "mailhaul.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a directory: %v", err)
	}
	if _, err := checkpoint.Open(t.Context(), dir); !errors.Is(err, mailhaul.ErrDamaged) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := checkpoint.OpenReadOnly(t.Context(), dir); !errors.Is(err, mailhaul.ErrDamaged) {
		t.Errorf("a directory, for reading: %v", err)
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	if _, err := checkpoint.OpenReadOnly(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a ledger: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made a file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil { // creation cut short
		t.Fatal(err)
	}
	if _, err := checkpoint.OpenReadOnly(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file: %v", err)
	}

	b := openAt(t, path)
	f := b.folder("INBOX")
	r, err := checkpoint.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b.record(f, 1, 2) // the reader sees what is written beside it
	if live, _, err := r.UIDs(t.Context(), f.ID, 7); err != nil || live.String() != "1:2" {
		t.Errorf("reader sees %s, %v", live, err)
	}
	if err := r.Record(t.Context(), b.run, []mailhaul.Receipt{receipt(f, 3)}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("write through a reader: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	b.record(f, 3)
}

// On a medium that is read-only the index beside the log cannot be made; a
// directory in its place has the same effect for any user.
func TestOpenReadOnlyWithoutIndex(t *testing.T) {
	path := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
	if err := os.Mkdir(path+"-shm", 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := checkpoint.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := checkpoint.OpenReadOnly(t.Context(), path+"-none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestClosed(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{receipt(f, 1)}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("record after close: %v", err)
	}
	if _, err := b.Folders(b.ctx); err == nil {
		t.Error("read after close")
	}
	if err := b.Close(); err != nil {
		t.Errorf("close twice: %v", err)
	}
}

// What durability rests on holds on every connection.
func TestPragmas(t *testing.T) {
	b := open(t)
	tests := []struct{ pragma, writer, reader string }{
		{"synchronous", "2", "2"},
		{"journal_mode", "wal", "wal"},
		{"busy_timeout", "5000", "5000"},
		{"wal_autocheckpoint", "8000", "1000"},
		{"query_only", "0", "1"},
		{"trusted_schema", "0", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.pragma, func(t *testing.T) {
			w, r, err := b.Pragma(b.ctx, tt.pragma)
			if err != nil || w != tt.writer || r != tt.reader {
				t.Errorf("writer %s, reader %s, %v; want %s, %s", w, r, err, tt.writer, tt.reader)
			}
		})
	}
}

func TestLocked(t *testing.T) {
	b := open(t)
	other := b.sql()
	if _, err := other.ExecContext(b.ctx, `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if err := b.NoWaiting(b.ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.BeginRun(b.ctx, "backup", receipt(&mailhaul.Folder{}, 1).InternalDate); !errors.Is(err, mailhaul.ErrLocked) {
		t.Errorf("beside another writer: %v", err)
	}
	if _, err := other.ExecContext(b.ctx, `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
}

func TestDiskFull(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	if err := b.LimitPages(b.ctx, 14); err != nil {
		t.Fatal(err)
	}
	var err error
	u := mailhaul.UID(0)
	for err == nil {
		u++
		r := receipt(f, u)
		r.Place = strings.Repeat("long ", 100)
		err = b.Record(b.ctx, b.run, []mailhaul.Receipt{r})
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("disk full: %v", err)
	}
	live, _, err := b.UIDs(b.ctx, f.ID, 7)
	if err != nil || live.Len() != uint64(u-1) {
		t.Errorf("%d of %d recorded messages are there, %v", live.Len(), u-1, err)
	}
	if err := b.LimitPages(b.ctx, 1000); err != nil { // space was made
		t.Fatal(err)
	}
	b.record(f, u)
	if got := b.messages(f.ID); !slices.ContainsFunc(got, func(m checkpoint.Message) bool { return m.UID == u }) {
		t.Error("the ledger does not go on after space was made")
	}
}
