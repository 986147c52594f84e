package lockfile

import (
	"os"

	"golang.org/x/sys/windows"
)

// errHeld is what lock returns when another process holds the lock.
var errHeld = windows.ERROR_LOCK_VIOLATION

func lock(f *os.File) error       { return lockRange(f, windows.LOCKFILE_EXCLUSIVE_LOCK) }
func lockShared(f *os.File) error { return lockRange(f, 0) }
func unlock(f *os.File) error     { return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, octet()) }

func lockRange(f *os.File, how uint32) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, octet())
}

// octet is the one that is locked, far behind the content: locks are mandatory here,
// and the content must stay readable for those who want to know the holder.
func octet() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }
