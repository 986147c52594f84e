package fsys

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// wholeIsReliable tells whether syncfs(2) does here all that fsync(2) of each
// file would: write everything, wait, flush the disk's cache, and report what
// could not be written. Linux reports errors since 5.8. Other file systems are
// left out because some return success without doing it (FUSE), or tell of no
// error (overlay).
func wholeIsReliable(root *os.Root) bool {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil || !since(unix.ByteSliceToString(u.Release[:]), 5, 8) {
		return false
	}
	f, err := root.Open(".")
	if err != nil {
		return false
	}
	defer f.Close()
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return false
	}
	switch int64(s.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC:
		return true
	}
	return false
}

// since tells whether a kernel release such as "6.1.0-18-amd64" is at least
// major.minor.
func since(release string, major, minor int) bool {
	first, rest, _ := strings.Cut(release, ".")
	second := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	a, err1 := strconv.Atoi(first)
	b, err2 := strconv.Atoi(second)
	return err1 == nil && err2 == nil && (a > major || a == major && b >= minor)
}

func syncWhole(f *os.File) error {
	for {
		if err := unix.Syncfs(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
