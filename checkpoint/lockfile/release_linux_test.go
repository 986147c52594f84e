package lockfile_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// TestReleaseBeforeAChildHasBegun: what is just being started has all files open that
// its parent has; a lock that was released is free all the same.
func TestReleaseBeforeAChildHasBegun(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l, err := lockfile.Acquire(root, "lock")
	if err != nil {
		t.Fatal(err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	copied := -1
	for _, e := range open {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && name == filepath.Join(dir, "lock") {
			fd, err := strconv.Atoi(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if copied, err = unix.Dup(fd); err != nil {
				t.Fatal(err)
			}
		}
	}
	if copied < 0 {
		t.Fatal("the lock's file is not open")
	}
	defer unix.Close(copied)
	if err := l.Release(true); err != nil {
		t.Fatal(err)
	}
	again, err := lockfile.Acquire(root, "lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(true); err != nil {
		t.Fatal(err)
	}
}
