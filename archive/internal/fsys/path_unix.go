//go:build unix

package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenDir opens the directory at path below root. It goes from one directory to
// the next, so that nothing can be swapped between looking and opening, and none
// of them is a symbolic link. The error wraps fs.ErrNotExist when one is missing
// and ErrSymlink when one is something else than a directory.
func OpenDir(root *os.Root, path string) (*Dir, error) { return walk(root, path, false) }

// CheckDir tells whether OpenDir would open the directory at path.
func CheckDir(root *os.Root, path string) error {
	d, err := walk(root, path, false)
	if err != nil {
		return err
	}
	return d.Close()
}

// MakeDir makes the directory at path, and those above it that are missing.
func MakeDir(root *os.Root, path string) error {
	d, err := walk(root, path, true)
	if err != nil {
		return err
	}
	return d.Close()
}

func walk(root *os.Root, path string, create bool) (*Dir, error) {
	f, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	if path == "." {
		return &Dir{f: f, fd: int(f.Fd())}, nil
	}
	defer f.Close()
	fd := int(f.Fd())
	for part := range strings.SplitSeq(path, "/") {
		next, err := openPart(fd, part, create)
		if fd != int(f.Fd()) {
			unix.Close(fd)
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open directory", Path: path, Err: err}
		}
		fd = next
	}
	return &Dir{f: os.NewFile(uintptr(fd), root.Name()+"/"+path), fd: fd}, nil
}

// openPart opens the directory name in another one, and makes it first if it has
// to and may.
func openPart(dir int, name string, create bool) (int, error) {
	fd, err := openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if errors.Is(err, unix.ENOENT) && create {
		if err = unix.Mkdirat(dir, name, uint32(DirMode)); err == nil || errors.Is(err, unix.EEXIST) {
			fd, err = openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY)
		}
	}
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.ENOTDIR) {
		err = ErrSymlink
	}
	return fd, err
}
