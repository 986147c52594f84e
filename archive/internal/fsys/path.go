package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// The modes of all that is made: nobody else reads mail.
const (
	FileMode fs.FileMode = 0o600
	DirMode  fs.FileMode = 0o700
)

// ErrSymlink is what a symbolic link in a path gives, and any other thing that
// is neither directory nor regular file where one of these has to be.
var ErrSymlink = errors.New("is not what this program made there")

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
