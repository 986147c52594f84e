//go:build linux || darwin

package fsys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Free returns the octets that an unprivileged user can still write to the file
// system that dir is on, -1 where nobody tells.
func Free(dir *os.File) (int64, error) {
	var s unix.Statfs_t
	for {
		err := unix.Fstatfs(int(dir.Fd()), &s)
		if err == unix.EINTR { //nolint:errorlint // as it comes from the kernel
			continue
		}
		if err != nil {
			return -1, &os.PathError{Op: "statfs", Path: dir.Name(), Err: err}
		}
		return int64(s.Bavail) * int64(s.Bsize), nil
	}
}
