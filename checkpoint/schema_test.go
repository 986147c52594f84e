package checkpoint_test

import (
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// kept unpacks a ledger that a released version wrote. They are never changed:
// each schema step adds one, made by filled.
func kept(t testing.TB, name string) string {
	t.Helper()
	in, err := os.Open(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenKeptLedgers(t *testing.T) {
	for version, name := range map[int]string{1: "v1.db", 2: "v2.db", 3: "v3.db", 4: "v4.db", 5: "v5.db", 6: "v6.db", 7: "v7.db"} {
		t.Run(name, func(t *testing.T) {
			b := openAt(t, kept(t, name))
			if err := b.IntegrityCheck(b.ctx); err != nil {
				t.Error(err)
			}
			if id, err := b.Identity(b.ctx); err != nil || id.Account != "me@mail.example.org" || id.Format != "mbox" {
				t.Errorf("identity %+v, %v", id, err)
			}
			f := b.read(1)
			if f.Name != "Inbox" || f.Live != 98 || f.Gone != 2 || f.Failures != 1 || f.StoredEnd != 11003 {
				t.Errorf("folder %+v", f)
			}
			m, err := b.Message(b.ctx, f.ID, 1)
			r := receipt(&mailhaul.Folder{Name: "INBOX"}, 1)
			if err != nil || m.Digest != r.Digest || m.Flags != "a" || !m.InternalDate.Equal(r.InternalDate) {
				t.Errorf("message %+v, %v", m, err)
			}
			b.record(&f.Folder, 1000)
			marked, err := b.MarkedDamaged(b.ctx, f.ID)
			if err != nil || (len(marked) > 0) != (version >= 4) {
				t.Errorf("marked %v, %v", marked, err)
			}
			unremoved, err := b.Unremoved(b.ctx, f.ID, 10)
			if err != nil || (len(unremoved) == 1 && unremoved[0].Place == "101.mail") != (version >= 5) {
				t.Errorf("to be removed: %v, %v", unremoved, err)
			}
			labels, err := b.Labels(b.ctx, m)
			if err != nil || (labels == "a\nb") != (version >= 7) {
				t.Errorf("labels %q, %v", labels, err)
			}
			// The past is what it was, whatever the version knew to keep of it.
			if got := b.tell(asOf{b.AsOf(1)}); !strings.HasPrefix(got, "INBOX/7: 1, 2, 3, 4, 5, 6, ") || !strings.HasSuffix(got, ", 100; Sent/7: 1, 2") {
				t.Errorf("as of run 1: %q", got)
			}
			if version < 2 {
				if f.Namespace != "" || f.At != nil || b.announced(f.ID, 7) != "" {
					t.Errorf("folder %+v, intents %q", f, b.announced(f.ID, 7))
				}
			} else if f.Namespace != "In" || f.At.Name != "All" || f.At.UIDValidity != 9 || b.announced(f.ID, 7) != "600" {
				t.Errorf("folder %+v, held by %+v, intents %q", f, f.At, b.announced(f.ID, 7))
			}
		})
	}
}

// A ledger of the first version takes what only the second one has.
func TestOpenVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	db := (&bench{t: t, path: path}).sql()
	for _, statement := range []string{
		checkpoint.SchemaSteps()[0],
		`PRAGMA user_version = 1`,
		`INSERT INTO folder (name, raw, delimiter, special_use, subscribed, noselect, place, uidvalidity, first_run)
			VALUES ('INBOX', 'INBOX', '/', '', 0, 0, '', 7, 1)`,
		`INSERT INTO folder_past VALUES (1, 1, 'old', 'old', '/', 6, 0)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b := openAt(t, path)
	if v := query[int](t, b.sql(), `PRAGMA user_version`); v != len(checkpoint.SchemaSteps()) {
		t.Errorf("version %d", v)
	}
	f := b.read(1).Folder
	if f.Name != "INBOX" || f.Namespace != "" || f.At != nil {
		t.Errorf("%+v", f)
	}
	f.Namespace, f.At = "INBOX/", &mailhaul.Folder{Name: "Inbox", UIDValidity: 3}
	b.put(&f)
	if err := b.PutHeld(b.ctx, &f); err != nil {
		t.Fatal(err)
	}
	b.announce(&f, 1, 2)
	b.record(&f, 1)
	if got := b.read(1); got.Namespace != "INBOX/" || got.At == nil || got.At.Name != "Inbox" || b.announced(1, 7) != "2" {
		t.Errorf("%+v, intents %q", got, b.announced(1, 7))
	}
	b.wantUIDs(&f, "1", "")
}

func TestMigrate(t *testing.T) {
	steps := append(checkpoint.SchemaSteps(),
		`ALTER TABLE folder ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'`,
		`CREATE TABLE shape (id INTEGER PRIMARY KEY) STRICT; UPDATE folder SET colour = 'red'`)
	now := len(steps) - 2
	tests := []struct {
		name  string
		steps []string
		want  int
		fails bool
	}{
		{"nothing to do", steps[:now], now, false},
		{"one step", steps[:now+1], now + 1, false},
		{"two steps", steps, now + 2, false},
		{"a step that fails takes back those before it", append(steps[:now+1:now+1], `CREATE TABLE folder (id)`), now, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
			l, err := checkpoint.OpenWithSteps(t.Context(), path, tt.steps...)
			if (err != nil) != tt.fails {
				t.Fatal(err)
			}
			if err == nil {
				b := &bench{Ledger: l, t: t, ctx: t.Context(), path: path}
				f := b.read(1).Folder
				b.record(&f, 1000)
				if err := errors.Join(l.IntegrityCheck(t.Context()), l.Close()); err != nil {
					t.Error(err)
				}
			}
			db := (&bench{t: t, path: path}).sql()
			if v := query[int](t, db, `PRAGMA user_version`); v != tt.want {
				t.Errorf("version %d, want %d", v, tt.want)
			}
			if tt.want == now+2 && query[string](t, db, `SELECT max(colour) FROM folder`) != "red" {
				t.Error("the last step was not taken")
			}
			if n := query[int](t, db, `SELECT count(*) FROM message WHERE uid <= 100`); n != 102 {
				t.Errorf("%d messages, want 102", n)
			}
		})
	}
}

func TestNewerIsLeftAlone(t *testing.T) {
	tests := []struct {
		name string
		log  bool // the newer version was killed, its log is not in the file yet
	}{{"closed", false}, {"with a log", true}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			made := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
			l, err := checkpoint.OpenWithSteps(t.Context(), made, append(checkpoint.SchemaSteps(), `SELECT 1`)...)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.log {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir() // what a kill would leave now
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(made))); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			before := listing(t, dir)
			path := filepath.Join(dir, "mailhaul.db")
			if _, err := checkpoint.Open(t.Context(), path); !errors.Is(err, mailhaul.ErrNewer) {
				t.Errorf("open: %v", err)
			}
			if _, err := checkpoint.OpenReadOnly(t.Context(), path); !errors.Is(err, mailhaul.ErrNewer) {
				t.Errorf("open for reading: %v", err)
			}
			after := listing(t, dir)
			// The index is rebuilt by whoever opens the log first after a kill.
			delete(before, "mailhaul.db-shm")
			delete(after, "mailhaul.db-shm")
			if !maps.Equal(before, after) {
				t.Error("the refused ledger was changed")
			}
		})
	}
}

// Only a run that writes brings a ledger forward; readers say so.
func TestOlderIsNotRead(t *testing.T) {
	path := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
	before := listing(t, filepath.Dir(path))
	steps := append(checkpoint.SchemaSteps(), `SELECT 1`)
	if _, err := checkpoint.OpenReadOnlyWithSteps(t.Context(), path, steps...); err == nil {
		t.Error("an older ledger was opened for reading")
	}
	if !maps.Equal(before, listing(t, filepath.Dir(path))) {
		t.Error("the ledger was changed")
	}
}

// A ledger without its tables is damaged, whichever method meets it.
func TestTablesMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	l, err := checkpoint.OpenWithSteps(t.Context(), path, `PRAGMA application_id = 0x6d61686c`)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Folders(t.Context()); !errors.Is(err, mailhaul.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if err := l.SetIdentity(t.Context(), checkpoint.Identity{}); !errors.Is(err, mailhaul.ErrDamaged) {
		t.Errorf("write: %v", err)
	}
}

func TestForeignDatabase(t *testing.T) {
	tests := []struct{ name, sql string }{
		{"another program's", `CREATE TABLE t (x)`},
		{"another program's with a version", `CREATE TABLE t (x); PRAGMA user_version = 1; PRAGMA application_id = 5`},
		{"ours with a trigger", `PRAGMA application_id = 0x6d61686c; PRAGMA user_version = 1; CREATE TABLE t (x);
			CREATE TRIGGER e AFTER INSERT ON t BEGIN DELETE FROM t; END`},
		{"ours without a version", `PRAGMA application_id = 0x6d61686c`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mailhaul.db")
			if _, err := (&bench{t: t, path: path}).sql().ExecContext(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			if _, err := checkpoint.Open(t.Context(), path); !errors.Is(err, mailhaul.ErrDamaged) {
				t.Error(err)
			}
		})
	}
}
