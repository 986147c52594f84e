//go:build linux

package crashtest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullSamples is with how little room left each command runs, of all that is too
// little; more with more chances.
const fullSamples = 4

// page is what a file system in memory gives out at once, in octets.
const page = 4096

// TestDiskFull runs each command on a disk with room for a part of what it writes:
// it says so, what was safe is safe, and with more room the next run makes good. Only
// root can mount a disk, so others run this test as the root of a namespace.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		asRoot(t)
		return
	}
	for _, k := range trials() {
		t.Run(k.name(), func(t *testing.T) {
			s, r := k.subject(t), chance(t)
			disk := smallDisk{t, filepath.Dir(s.dir)}
			disk.mount()
			most := s.pages(t)
			n := min(fullSamples*chances(), most)
			for _, room := range r.Perm(most)[:n] {
				err := s.fill(t, disk, room)
				count("disk full", k.command, k.format, err)
				if err != nil {
					t.Errorf("room for %d pages of %d: %v", room, most, err)
				}
			}
			t.Logf("%d pages", most)
		})
	}
}

// pages returns with how many pages of room a run comes to its end for sure.
func (s *subject) pages(t *testing.T) int {
	t.Helper()
	if err := s.reset(); err != nil {
		t.Fatal(err)
	}
	before := usedPages(t, s.dir)
	if o := executeWith(t, s.env, s.line); o.code != 0 {
		t.Fatal(o.done())
	}
	return usedPages(t, s.dir) - before + 16 // its ledger's log was larger than what stays
}

// usedPages returns how many pages the files below a directory take.
func usedPages(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		info, infoErr := e.Info()
		if err = errors.Join(err, infoErr); err == nil {
			n += 1 + int(info.Size()+page-1)/page
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fill runs the command with room for so many pages, and lets the next run make good.
func (s *subject) fill(t *testing.T, disk smallDisk, room int) error {
	t.Helper()
	if err := s.reset(); err != nil {
		return err
	}
	disk.leave(room)
	o := executeWith(t, s.env, s.line)
	disk.leave(ample)
	if o.code == 0 {
		return s.complete(t.Context()) // it had enough
	}
	said := strings.ToLower(o.stderr + string(o.stdout))
	var err error
	if !strings.Contains(said, "no space left") && !strings.Contains(said, "disk is full") {
		err = fmt.Errorf("it does not say that the disk is full; it ended with %d: %s", o.code, said)
	}
	return errors.Join(err, s.makesGood(t.Context(), o))
}

// ample is more room than any command needs, in pages.
const ample = 16 << 10

// smallDisk is a file system in memory.
type smallDisk struct {
	t   *testing.T
	dir string
}

func (d smallDisk) mount() {
	d.t.Helper()
	if err := syscall.Mount("none", d.dir, "tmpfs", 0, "size=64m"); err != nil {
		d.t.Fatalf("mount a small disk: %v", err)
	}
	d.t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			d.t.Error(err)
		}
	})
}

// leave makes the disk so large that so many pages are free.
func (d smallDisk) leave(pages int) {
	d.t.Helper()
	var now syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &now); err != nil {
		d.t.Fatal(err)
	}
	size := (int64(now.Blocks) - int64(now.Bfree) + int64(pages)) * page
	if err := syscall.Mount("none", d.dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", max(size, page))); err != nil {
		d.t.Fatal(err)
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
