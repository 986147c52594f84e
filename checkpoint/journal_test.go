package checkpoint_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestOpenHalfChange opens what a power loss leaves when the names of files reach
// the disk in another order than they were made and removed: half a change, the
// journal to take it back, and a log beside it.
func TestOpenHalfChange(t *testing.T) {
	for name, open := range map[string]func(path string) (*checkpoint.Ledger, error){
		"to write": func(path string) (*checkpoint.Ledger, error) { return checkpoint.Open(t.Context(), path) },
		"to read":  func(path string) (*checkpoint.Ledger, error) { return checkpoint.OpenReadOnly(t.Context(), path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := halfChange(t)
			l, err := open(path)
			if err != nil {
				t.Fatalf("open: %v", err)
			}
			if err := l.IntegrityCheck(t.Context()); err != nil {
				t.Error(err)
			}
			if id, err := l.Identity(t.Context()); id.Account != "me" || err != nil {
				t.Errorf("Identity = %+v, %v", id, err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// halfChange returns a ledger with half a change in it.
func halfChange(t *testing.T) string {
	t.Helper()
	from := filepath.Join(t.TempDir(), "ledger.db")
	l, err := checkpoint.Open(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SetIdentity(t.Context(), checkpoint.Identity{Account: "me", Format: "mbox"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", from)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"PRAGMA journal_mode = DELETE",
		"PRAGMA cache_size = 1", // so that the change reaches the file before its end
		"BEGIN",
		"UPDATE identity SET account = 'somebody else'",
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
			INSERT INTO flagset (flags) SELECT 'flag' || i FROM n`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	to := filepath.Join(t.TempDir(), "ledger.db")
	for _, suffix := range []string{"", "-journal"} {
		text, err := os.ReadFile(from + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(to+"-wal", make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
