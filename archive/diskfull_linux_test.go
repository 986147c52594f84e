package archive_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mailhaul/mailhaul"
)

// TestDiskFull stores on a disk of five megabytes until it is full, which a message
// is the first to meet and not the ledger. Only root can mount one, so others run
// this test as the root of a namespace.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		asRoot(t)
		return
	}
	for _, format := range formats {
		for size, n := range map[string]int{"small": 20_000, "large": 1_500_000} {
			t.Run(fmt.Sprint(format, ", ", size), func(t *testing.T) {
				mount := t.TempDir()
				if err := syscall.Mount("none", mount, "tmpfs", 0, "size=5m"); err != nil {
					t.Fatalf("mount a small disk: %v", err)
				}
				defer syscall.Unmount(mount, 0)
				dir := filepath.Join(mount, "archive")
				r := begin(t, dir, format)
				f := r.folder("INBOX")
				var err error
				for uid := mailhaul.UID(1); err == nil && uid < 1000; uid++ {
					if err = r.a.Store(t.Context(), message(f, uid, []byte(lines(n)))); err == nil && uid%10 == 1 {
						err = r.a.Flush(t.Context())
					}
				}
				e, ok := errors.AsType[*mailhaul.Error](err)
				if !ok || e.Scope != mailhaul.ScopeRun || !errors.Is(err, syscall.ENOSPC) || e.Hint == "" {
					t.Errorf("a full disk gives %v", err)
				}
				if err := r.a.Flush(t.Context()); !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("Flush = %v", err)
				}
				safe := len(r.got)
				// The ledger's log may not fit into its file: then it stays beside it.
				if err := r.a.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
				wantClean(t, dir, int64(safe)) // nothing of the rest is left
				if err := syscall.Mount("none", mount, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
					t.Fatal(err)
				}
				r = begin(t, dir, "")
				r.prepare(f)
				r.store(f, 2000, []byte(lines(n)))
				r.flush()
				r.end()
				wantClean(t, dir, int64(safe+1))
			})
		}
	}
}

// asRoot runs the calling test in a process that is root in a user namespace.
func asRoot(t *testing.T) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
