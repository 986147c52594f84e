//go:build unix

package archive_test

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// TestModes changes the umask of the whole process, so no test here runs in
// parallel.
func TestModes(t *testing.T) {
	for _, mask := range []int{0, 0o22, 0o77} {
		for _, format := range formats {
			base := t.TempDir()
			old := syscall.Umask(mask)
			defer syscall.Umask(old)
			dir := filepath.Join(base, "above", "archive")
			r := begin(t, dir, format)
			f := r.folder("A/B")
			r.store(f, 1, []byte(header))
			r.store(f, 2, []byte(lines(2<<20)))
			r.flush()
			checkModes(t, base)
			r.end()
			checkModes(t, base)
			syscall.Umask(old)
		}
	}
}

func checkModes(t *testing.T, base string) {
	t.Helper()
	err := filepath.WalkDir(base, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == base {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
