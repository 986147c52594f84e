package lockfile_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// childDir makes the test binary a process that holds a lock in this directory.
const childDir = "LOCKFILE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(hold(dir))
	}
	os.Exit(m.Run())
}

// hold takes the lock, says so, and keeps it until its input ends.
func hold(dir string) int {
	root, err := os.OpenRoot(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := lockfile.Acquire(root, "lock")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if err := l.Sign("process\x1b[2J of a test"); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	bufio.NewReader(os.Stdin).ReadString('\n')
	return 0
}

func openDir(t *testing.T) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

func TestOtherProcess(t *testing.T) {
	dir, root := openDir(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = lockfile.Acquire(root, "lock")
	if !errors.Is(err, mailhaul.ErrLocked) || !strings.Contains(err.Error(), "held by process?[2J of a test") {
		t.Errorf("Acquire = %v, want who holds it", err)
	}
	if held, left, err := lockfile.Held(root, "lock"); !held || !left || err != nil {
		t.Errorf("Held = %v, %v, %v", held, left, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	if held, left, err := lockfile.Held(root, "lock"); held || !left || err != nil {
		t.Errorf("after it was killed Held = %v, %v, %v", held, left, err)
	}
	l, err := lockfile.Acquire(root, "lock")
	if err != nil {
		t.Fatalf("after it was killed: %v", err)
	}
	if !l.Left() {
		t.Error("the lock does not tell that its holder was killed")
	}
	if err := l.Release(true); err != nil {
		t.Error(err)
	}
}

func TestOrderlyEnd(t *testing.T) {
	dir, root := openDir(t)
	for _, orderly := range []bool{true, false, true} {
		l, err := lockfile.Acquire(root, "lock")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Sign("a very long holder, longer than the next"); err != nil {
			t.Fatal(err)
		}
		if err := l.Sign("me"); err != nil {
			t.Fatal(err)
		}
		if _, err := lockfile.Acquire(root, "lock"); !errors.Is(err, mailhaul.ErrLocked) || !strings.HasSuffix(err.Error(), "held by me") {
			t.Errorf("second Acquire = %v", err)
		}
		if err := l.Release(orderly); err != nil {
			t.Fatal(err)
		}
		if held, left, err := lockfile.Held(root, "lock"); held || left == orderly || err != nil {
			t.Errorf("Held = %v, %v, %v, orderly end %v", held, left, err, orderly)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "lock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("lock file: %v, %v", info, err)
	}
}

func TestNoFile(t *testing.T) {
	dir, root := openDir(t)
	if held, left, err := lockfile.Held(root, "lock"); held || left || err != nil {
		t.Errorf("Held = %v, %v, %v", held, left, err)
	}
	target := filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(target, filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := lockfile.Acquire(root, "lock"); err == nil {
		t.Error("Acquire followed a symbolic link")
	}
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("behind the link: %v", err)
	}
}
