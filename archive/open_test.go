package archive_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// tree returns all files below dir with their content, directories with "/".
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Type().IsRegular() {
			b, err := os.ReadFile(path)
			all[path] = string(b)
			return err
		}
		all[path] = e.Type().String() + "/"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOpenRefuses(t *testing.T) {
	tests := map[string]struct {
		make    func(t *testing.T, dir string)
		options archive.Options
		want    error
		says    []string
	}{
		"a file": {func(t *testing.T, dir string) { write(t, dir, "x") }, archive.Options{}, mailhaul.ErrUsage, []string{"not a directory"}},
		"a directory with things in it": {func(t *testing.T, dir string) { write(t, dir+"/letter.txt", "x") },
			archive.Options{}, mailhaul.ErrUsage, []string{"letter.txt", "not empty"}},
		"somebody else's lock": {func(t *testing.T, dir string) { write(t, dir+"/lock", "4711\n") },
			archive.Options{}, mailhaul.ErrUsage, []string{"lock"}},
		"somebody else's README": {func(t *testing.T, dir string) { write(t, dir+"/README.txt", "My files\n") },
			archive.Options{}, mailhaul.ErrUsage, []string{"README.txt"}},
		"somebody else's mail": {func(t *testing.T, dir string) { write(t, dir+"/mail/cur/x", "x") },
			archive.Options{}, mailhaul.ErrUsage, []string{"mail"}},
		"a ledger lost": {func(t *testing.T, dir string) { full(t, dir); remove(t, dir+"/mailhaul.db") },
			archive.Options{}, mailhaul.ErrDamaged, []string{"mailhaul.db", "missing"}},
		"another account": {full, archive.Options{Account: "you@mail.example.org"}, mailhaul.ErrUsage,
			[]string{"me@mail.example.org", "you@mail.example.org"}},
		"another format": {full, archive.Options{Format: archive.Mbox}, mailhaul.ErrUsage, []string{"maildir", "mbox"}},
		"no format":      {full, archive.Options{Format: "tar"}, mailhaul.ErrUsage, []string{"tar"}},
		"a ledger of garbage": {func(t *testing.T, dir string) {
			full(t, dir)
			write(t, dir+"/mailhaul.db", strings.Repeat("garbage", 999))
		},
			archive.Options{}, mailhaul.ErrDamaged, nil},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			test.make(t, dir)
			before := tree(t, dir)
			a, err := archive.Open(t.Context(), dir, test.options)
			if !errors.Is(err, test.want) {
				t.Fatalf("Open = %v, %v, want %v", a, err, test.want)
			}
			for _, s := range test.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("the error does not say %q: %v", s, err)
				}
			}
			// SQLite's own working files aside, nothing may have changed.
			after := tree(t, dir)
			for _, m := range []map[string]string{before, after} {
				maps.DeleteFunc(m, func(path, _ string) bool { return strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, "-wal") })
			}
			if !maps.Equal(before, after) {
				t.Errorf("the directory was changed: %v, was %v", after, before)
			}
		})
	}
}

// full makes an archive with a message.
func full(t *testing.T, dir string) {
	t.Helper()
	r := begin(t, dir, "")
	r.store(r.folder("INBOX"), 1, []byte(header))
	r.flush()
	r.end()
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// The first moments of an archive, each of which a kill can make the last.
func TestOpenHalfMade(t *testing.T) {
	made := filepath.Join(t.TempDir(), "archive")
	full(t, made)
	readme, err := os.ReadFile(made + "/README.txt")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]string{
		"no directory":                  {},
		"empty lock":                    {"lock": ""},
		"signed lock":                   {"lock": "mailhaul (process 1)\n"},
		"half a signature":              {"lock": "mailh"},
		"README only":                   {"README.txt": string(readme)},
		"half a README":                 {"lock": "mailhaul (process 1)\n", "README.txt": string(readme[:100])},
		"empty README":                  {"README.txt": ""},
		"empty mail":                    {"lock": "mailhaul (process 1)\n", "README.txt": string(readme), "mail/": ""},
		"empty ledger":                  {"lock": "mailhaul (process 1)\n", "README.txt": string(readme), "mail/": "", "mailhaul.db": ""},
		"empty ledger and nothing else": {"mailhaul.db": ""},
	}
	for title, files := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "above", "archive")
			for name, content := range files {
				if name == "mail/" {
					if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
						t.Fatal(err)
					}
					continue
				}
				write(t, filepath.Join(dir, name), content)
			}
			r := begin(t, dir, archive.Mbox)
			r.store(r.folder("INBOX"), 1, []byte(header))
			r.flush()
			r.end()
			wantClean(t, dir, 1)
			if got, err := os.ReadFile(dir + "/README.txt"); err != nil || len(got) == 0 {
				t.Errorf("README.txt: %q, %v", got, err)
			}
			if b, err := os.ReadFile(dir + "/lock"); err != nil || len(b) != 0 {
				t.Errorf("after an orderly end the lock file has %q, %v", b, err)
			}
		})
	}
}

func TestOpenAgain(t *testing.T) {
	dir := t.TempDir() // empty and there: fine
	r := begin(t, dir, "")
	if r.a.Format() != archive.Maildir {
		t.Errorf("a new archive has the format %q", r.a.Format())
	}
	_, err := archive.Open(t.Context(), dir, archive.Options{})
	if !errors.Is(err, mailhaul.ErrLocked) || !strings.Contains(err.Error(), "process") {
		t.Errorf("second Open = %v", err)
	}
	ro, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatalf("OpenReadOnly beside a writer: %v", err)
	}
	if ro.Format() != archive.Maildir {
		t.Errorf("its format is %q", ro.Format())
	}
	if err := ro.Close(); err != nil {
		t.Error(err)
	}
	r.end()
	a, err := archive.Open(t.Context(), dir, archive.Options{Account: "me@mail.example.org", Format: archive.Maildir})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenReadOnlyRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/file", "x")
	if err := os.Mkdir(dir+"/empty", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"missing", "file", "empty", "."} {
		before := tree(t, dir)
		if _, err := archive.OpenReadOnly(t.Context(), filepath.Join(dir, name)); !errors.Is(err, mailhaul.ErrUsage) {
			t.Errorf("OpenReadOnly of %s = %v, want wrong usage", name, err)
		}
		if !maps.Equal(before, tree(t, dir)) {
			t.Errorf("OpenReadOnly of %s changed something", name)
		}
	}
}
