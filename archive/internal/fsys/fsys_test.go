package fsys_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

func openRoot(t *testing.T) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

func TestPaths(t *testing.T) {
	dir, root := openRoot(t)
	if err := fsys.MakeDir(root, "a/b/c"); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"out": t.TempDir(), "in": "a", "a/b/loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/a/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]error{
		".": nil, "a": nil, "a/b/c": nil,
		"x": fs.ErrNotExist, "a/x/y": fs.ErrNotExist,
		"out": fsys.ErrSymlink, "in": fsys.ErrSymlink, "in/b": fsys.ErrSymlink, "a/b/loop": fsys.ErrSymlink,
		"a/file": fsys.ErrSymlink, "a/file/x": fsys.ErrSymlink,
		"..": fs.ErrInvalid, "a/../..": fs.ErrInvalid, "/etc": fs.ErrInvalid, "a//b": fs.ErrInvalid,
	}
	for path, want := range tests {
		if err := fsys.CheckDir(root, path); !errors.Is(err, want) {
			t.Errorf("CheckDir(%q) = %v, want %v", path, err, want)
		}
		err := fsys.MakeDir(root, path)
		if errors.Is(want, fs.ErrNotExist) {
			want = nil
		}
		if !errors.Is(err, want) {
			t.Errorf("MakeDir(%q) = %v, want %v", path, err, want)
		}
	}
	if _, err := fsys.OpenRegular(root, "in", os.O_RDONLY); !errors.Is(err, fsys.ErrSymlink) {
		t.Errorf("OpenRegular of a link = %v", err)
	}
	if _, err := fsys.OpenRegular(root, "a", os.O_RDONLY); !errors.Is(err, fsys.ErrSymlink) {
		t.Errorf("OpenRegular of a directory = %v", err)
	}
}

func TestDir(t *testing.T) {
	dir, root := openRoot(t)
	for _, path := range []string{"tmp", "cur"} {
		if err := fsys.MakeDir(root, path); err != nil {
			t.Fatal(err)
		}
	}
	tmp, err := fsys.OpenDir(root, "tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer tmp.Close()
	cur, err := fsys.OpenDir(root, "cur")
	if err != nil {
		t.Fatal(err)
	}
	defer cur.Close()
	if err := tmp.WriteFile("x", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := tmp.WriteFile("x", []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("WriteFile over a file = %v", err)
	}
	if err := tmp.Rename("x", cur, "y"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(cur.Sync(), tmp.Sync()); err != nil {
		t.Error(err)
	}
	f, err := cur.Open("y")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(f); err != nil || string(b) != "text" {
		t.Errorf("the file has %q, %v", b, err)
	}
	f.Close()
	if err := os.Symlink("y", dir+"/cur/link"); err != nil {
		t.Fatal(err)
	}
	if _, err := cur.Open("link"); !errors.Is(err, fsys.ErrSymlink) {
		t.Errorf("Open of a link = %v", err)
	}
	refusePaths(t, cur)
	var names []string
	err = fsys.EachName(root, "cur", func(e fs.DirEntry) error {
		names = append(names, e.Name())
		return nil
	})
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"link", "y"}) {
		t.Errorf("EachName gives %v, %v", names, err)
	}
	if err := cur.Remove("y"); err != nil {
		t.Error(err)
	}
	if err := cur.Remove("y"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove of nothing = %v", err)
	}
}

// refusePaths fails when a directory that has the file y takes a path for a name.
func refusePaths(t *testing.T, cur *fsys.Dir) {
	t.Helper()
	for _, name := range []string{"", ".", "..", "../cur/y", "a/b"} {
		_, err1 := cur.Open(name)
		_, err2 := cur.Create(name)
		errs := []error{err1, err2, cur.WriteFile(name, nil), cur.Remove(name), cur.Rename("y", cur, name), cur.Rename(name, cur, "z")}
		if i := slices.Index(errs, nil); i >= 0 {
			t.Errorf("call %d took the name %q", i, name)
		}
	}
}

func TestSyncer(t *testing.T) {
	_, root := openRoot(t)
	s, err := fsys.NewSyncer(root)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var paths []string
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"} {
		if err := root.WriteFile(n, []byte(n), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, n)
	}
	for _, n := range []int{0, 1, 2, 8, 9, 12} {
		if err := s.Files(n, func(i int) string { return paths[i] }); err != nil {
			t.Errorf("Files of %d: %v", n, err)
		}
	}
	if err := s.Dirs([]string{"."}); err != nil {
		t.Error(err)
	}
	for _, n := range []int{1, 2, 8} {
		if err := s.Files(n, func(i int) string { return "missing" }); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Files of %d that are missing = %v", n, err)
		}
	}
}
