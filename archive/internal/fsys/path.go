package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// The modes of all that is made: nobody else reads mail.
const (
	FileMode fs.FileMode = 0o600
	DirMode  fs.FileMode = 0o700
)

// ErrSymlink is what a symbolic link in a path gives, and any other thing that
// is neither directory nor regular file where one of these has to be.
var ErrSymlink = errors.New("is not what this program made there")

// CheckDir tells whether path and every directory above it, below root, is a
// real directory. It returns an error that wraps fs.ErrNotExist when one is
// missing and ErrSymlink when one is something else.
func CheckDir(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	for i := 0; i <= len(dir); i++ {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		info, err := root.Lstat(dir[:i])
		if err != nil {
			return fmt.Errorf("look at directory: %w", err)
		}
		if !info.IsDir() {
			return fmt.Errorf("look at directory %s: %w (%s)", dir[:i], ErrSymlink, info.Mode().Type())
		}
	}
	return nil
}

// MakeDir makes the directory at path, and those above it that are missing, and
// calls made with each one that it made, the upper ones first.
func MakeDir(root *os.Root, dir string, made func(dir string)) error {
	err := CheckDir(root, dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i := 0; i <= len(dir); i++ {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		switch err := root.Mkdir(dir[:i], DirMode); {
		case err == nil:
			made(dir[:i])
		case !errors.Is(err, fs.ErrExist):
			return fmt.Errorf("make directory: %w", err)
		}
	}
	// What existed may be a link that appeared in between.
	return CheckDir(root, dir)
}

// OpenRegular opens the regular file at path, whose directory CheckDir has
// approved. It never follows a symbolic link in place of the file.
func OpenRegular(root *os.Root, name string, flags int) (*os.File, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("open file %s: %w (%s)", name, ErrSymlink, before.Mode().Type())
	}
	f, err := root.OpenFile(name, flags, 0)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	now, err := f.Stat()
	if err != nil || !os.SameFile(before, now) {
		f.Close()
		return nil, errors.Join(fmt.Errorf("open file %s: %w", name, ErrSymlink), err)
	}
	return f, nil
}

// Parents calls yield with path's directory, then the one above it, up to the
// topmost that is not the root.
func Parents(name string, yield func(dir string)) {
	for name = path.Dir(name); name != "."; name = path.Dir(name) {
		yield(name)
	}
}

// Under tells whether path lies in dir.
func Under(name, dir string) bool { return strings.HasPrefix(name, dir+"/") }
