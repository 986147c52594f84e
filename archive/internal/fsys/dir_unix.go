//go:build unix

package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Dir is a directory held open. Names are single components. Its methods may be
// called from several goroutines at once, Close when no other runs.
type Dir struct {
	f *os.File
	// fd is f's descriptor: the system calls below go to it without the
	// machinery of os.File, which costs more than the calls themselves when a
	// hundred thousand small files are written.
	fd int
}

// WriteFile makes the file name with the content data. The file must not exist.
// On an error nothing is left of it.
func (d *Dir) WriteFile(name string, data []byte) error {
	fd, err := openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return &fs.PathError{Op: "create", Path: d.path(name), Err: err}
	}
	for len(data) > 0 && err == nil {
		var n int
		n, err = unix.Write(fd, data)
		if errors.Is(err, unix.EINTR) {
			err = nil
			continue
		}
		if err == nil {
			data = data[n:]
		}
	}
	// An error of close is one of writing on network file systems. It is not
	// tried again: the descriptor is gone whatever close says.
	if err2 := unix.Close(fd); err == nil && !errors.Is(err2, unix.EINTR) {
		err = err2
	}
	if err != nil {
		d.Remove(name)
		return &fs.PathError{Op: "write", Path: d.path(name), Err: err}
	}
	return nil
}

// Create makes the file name, which must not exist, for writing and reading.
func (d *Dir) Create(name string) (*os.File, error) {
	fd, err := openat(d.fd, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: d.path(name), Err: err}
	}
	return os.NewFile(uintptr(fd), d.path(name)), nil
}

// Open opens the regular file name for reading. It does not follow a symbolic
// link and does not wait for the other end of a pipe.
func (d *Dir) Open(name string) (*os.File, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) {
		return nil, fmt.Errorf("open %s: %w", d.path(name), ErrSymlink)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: d.path(name), Err: err}
	}
	f := os.NewFile(uintptr(fd), d.path(name))
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(fmt.Errorf("open %s: %w", d.path(name), ErrSymlink), err)
	}
	return f, nil
}

// Rename moves the file name to another directory, or to this one, replacing
// what has the new name there.
func (d *Dir) Rename(name string, to *Dir, newName string) error {
	if !plain(name) || !plain(newName) {
		return &os.LinkError{Op: "rename", Old: d.path(name), New: to.path(newName), Err: fs.ErrInvalid}
	}
	for {
		err := unix.Renameat(d.fd, name, to.fd, newName)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &os.LinkError{Op: "rename", Old: d.path(name), New: to.path(newName), Err: err}
		}
	}
}

// SetTime sets when the file name was changed last: mail programs take that for
// the date of arrival. A file system that cannot keep the time keeps the mail.
func (d *Dir) SetTime(name string, t time.Time) {
	if !plain(name) {
		return
	}
	stamp := unix.NsecToTimespec(0)
	stamp.Sec = t.Unix()
	unix.UtimesNanoAt(d.fd, name, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW) //nolint:errcheck // see above
}

// Remove removes the file name.
func (d *Dir) Remove(name string) error {
	if !plain(name) {
		return &fs.PathError{Op: "remove", Path: d.path(name), Err: fs.ErrInvalid}
	}
	for {
		err := unix.Unlinkat(d.fd, name, 0)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &fs.PathError{Op: "remove", Path: d.path(name), Err: err}
		}
	}
}

// Sync makes durable which names the directory holds.
func (d *Dir) Sync() error {
	if err := d.f.Sync(); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// Close closes the directory.
func (d *Dir) Close() error { return d.f.Close() }

func (d *Dir) path(name string) string { return d.f.Name() + "/" + name }

// plain tells whether a name cannot lead out of its directory.
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && strings.IndexByte(name, '/') < 0
}

func openat(dir int, name string, flags int) (int, error) {
	if !plain(name) {
		return -1, fs.ErrInvalid
	}
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, uint32(FileMode))
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}
