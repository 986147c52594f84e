// Package lockfile keeps two processes from writing the same directory. The
// lock is the operating system's: it ends with the process, however that ends.
// The file's content says who holds it, and, since an orderly end empties it,
// whether the last holder came to its end.
package lockfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// maxHolder bounds what is read of a lock file.
const maxHolder = 1024

// Lock is a lock that is held.
type Lock struct {
	f *os.File
	// left is what the holder before left in the file.
	left string
}

// Acquire takes the lock that the file name in root stands for, creating it
// when it is missing. It does not wait: a lock that another process holds, or
// this one, gives an error that wraps [mailhaul.ErrLocked] and names the holder.
// The file is not written: see [Lock.Sign].
func Acquire(root *os.Root, name string) (*Lock, error) {
	for {
		f, err := open(root, name, os.O_RDWR|os.O_CREATE)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			defer f.Close()
			if !errors.Is(err, errHeld) {
				return nil, fmt.Errorf("lock %s: %w", name, err)
			}
			return nil, fmt.Errorf("%w: %s", mailhaul.ErrLocked, holder(f))
		}
		// The file may have been removed and made anew before it was locked:
		// then another process can hold the new one.
		if mine, err := f.Stat(); err == nil {
			if now, err := root.Lstat(name); err == nil && os.SameFile(mine, now) {
				return &Lock{f: f, left: content(f)}, nil
			}
		}
		f.Close()
	}
}

// Held tells whether some process holds the lock, and left whether the last
// holder did not come to an orderly end, or is still at it. A missing file is
// held by nobody.
func Held(root *os.Root, name string) (held, left bool, err error) {
	f, err := open(root, name, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	defer f.Close()
	left = content(f) != ""
	if err := lockShared(f); errors.Is(err, errHeld) {
		return true, left, nil
	} else if err != nil {
		return false, left, fmt.Errorf("lock %s: %w", name, err)
	}
	return false, left, unlock(f)
}

// Left tells whether the holder before did not come to an orderly end.
func (l *Lock) Left() bool { return l.left != "" }

// Sign writes who holds the lock into the file, and makes it durable: after a
// power loss the next holder must see that this one did not end in order.
func (l *Lock) Sign(holder string) error {
	if err := l.f.Truncate(0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	if _, err := l.f.WriteAt([]byte(holder+"\n"), 0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("sync lock file: %w", err)
	}
	return nil
}

// Release gives the lock back. orderly empties the file.
func (l *Lock) Release(orderly bool) error {
	var err error
	if orderly {
		err = l.f.Truncate(0)
	}
	// A process that is just being started has the file open, too, until it has
	// begun: closing it would not end the lock before.
	if err = errors.Join(err, unlock(l.f), l.f.Close()); err != nil {
		return fmt.Errorf("release lock file: %w", err)
	}
	return nil
}

// open opens the lock file, which must be a regular file: a symbolic link or a
// pipe in its place was not made by this program.
func open(root *os.Root, name string, flags int) (*os.File, error) {
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open lock file %s: not a regular file", name)
	}
	f, err := root.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	return f, nil
}

func holder(f *os.File) string {
	if who := content(f); who != "" {
		return "held by " + who
	}
	return "held by a process that did not say who it is"
}

func content(f *os.File) string {
	b := make([]byte, maxHolder)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "" // the holder's name is a courtesy
	}
	return strings.Map(printable, strings.TrimSpace(string(b[:n])))
}

// printable keeps a planted lock file from writing to the terminal.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
		return '?'
	}
	return r
}
