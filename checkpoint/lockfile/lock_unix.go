//go:build unix

package lockfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// errHeld is what lock returns when another process holds the lock.
var errHeld = unix.EWOULDBLOCK

func lock(f *os.File) error       { return flock(f, unix.LOCK_EX) }
func lockShared(f *os.File) error { return flock(f, unix.LOCK_SH) }
func unlock(f *os.File) error     { return flock(f, unix.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
