package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestOpenBeginning opens what a power loss leaves of an archive's first
// moments: files have their size before they have their data.
func TestOpenBeginning(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	a, err := archive.Open(t.Context(), whole, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(whole, "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]string{
		"an empty lock":         {"lock": ""},
		"half a lock":           {"lock": "mailh"},
		"a lock of zeros":       {"lock": strings.Repeat("\x00", 60)},
		"an empty README":       {"lock": "mailhaul (process 1)\n", "README.txt": ""},
		"a README of zeros":     {"README.txt": strings.Repeat("\x00", len(readme))},
		"a README half written": {"README.txt": string(readme[:700])},
		"only a journal":        {"lock": "mailhaul (process 1)\n", "mailhaul.db-journal": strings.Repeat("\x00", 512)},
		"only a log":            {"lock": "mailhaul (process 1)\n", "mailhaul.db-wal": strings.Repeat("\x00", 512)},
		"a README in pieces":    {"README.txt": strings.Repeat("\x00", 512) + string(readme[512:1024]) + "\x00\x00"},
	}
	for title, files := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			for name, text := range files {
				write(t, filepath.Join(dir, name), text)
			}
			a, err := archive.Open(t.Context(), dir, archive.Options{})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			if err := a.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "README.txt")); string(got) != string(readme) {
				t.Errorf("README.txt is %q, %v", got, err)
			}
		})
	}
}

// TestReadOnlyBeginning: a ledger that does not know yet whose it is belongs to
// no archive; nothing is damaged.
func TestReadOnlyBeginning(t *testing.T) {
	dir := t.TempDir()
	l, err := checkpoint.Open(t.Context(), filepath.Join(dir, "mailhaul.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.OpenReadOnly(t.Context(), dir); !errors.Is(err, mailhaul.ErrUsage) || errors.Is(err, mailhaul.ErrDamaged) {
		t.Errorf("OpenReadOnly = %v, want %v", err, mailhaul.ErrUsage)
	}
}

// TestPrepareHalfMade: a power loss may leave any of a new folder's directories.
func TestPrepareHalfMade(t *testing.T) {
	for _, there := range []string{"cur", "new", "tmp"} {
		t.Run(there, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			begin(t, dir, archive.Maildir).end()
			if err := os.MkdirAll(filepath.Join(dir, "mail", "INBOX", there), 0o700); err != nil {
				t.Fatal(err)
			}
			r := begin(t, dir, archive.Maildir)
			r.store(r.folder("INBOX"), 1, []byte("Subject: x\r\n\r\n"))
			r.flush()
			r.end()
			wantClean(t, dir, 1)
		})
	}
}
