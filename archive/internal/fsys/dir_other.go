//go:build !unix

package fsys

import (
	"errors"
	"fmt"
	"os"
	"path"
	"time"
)

// Dir is a directory held open. Names are single components. Its methods may be
// called from several goroutines at once, Close when no other runs.
type Dir struct {
	root *os.Root
	path string
	f    *os.File
}

// OpenDir opens the directory at path below root. See CheckDir for its errors.
func OpenDir(root *os.Root, path string) (*Dir, error) {
	if err := CheckDir(root, path); err != nil {
		return nil, err
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	return &Dir{root: root, path: path, f: f}, nil
}

// WriteFile makes the file name with the content data. The file must not exist.
// On an error nothing is left of it.
func (d *Dir) WriteFile(name string, data []byte) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		d.Remove(name)
	}
	return err
}

// Create makes the file name, which must not exist, for writing and reading.
func (d *Dir) Create(name string) (*os.File, error) {
	return d.root.OpenFile(path.Join(d.path, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, FileMode)
}

// Open opens the regular file name for reading. It does not follow a symbolic
// link.
func (d *Dir) Open(name string) (*os.File, error) {
	return OpenRegular(d.root, path.Join(d.path, name), os.O_RDONLY)
}

// SetTime sets when the file name was changed last: mail programs take that for
// the date of arrival. A file system that cannot keep the time keeps the mail.
func (d *Dir) SetTime(name string, t time.Time) {
	d.root.Chtimes(path.Join(d.path, name), t, t) //nolint:errcheck // see above
}

// Rename moves the file name to another directory, or to this one, replacing
// what has the new name there.
func (d *Dir) Rename(name string, to *Dir, newName string) error {
	return d.root.Rename(path.Join(d.path, name), path.Join(to.path, newName))
}

// Remove removes the file name.
func (d *Dir) Remove(name string) error {
	return d.root.Remove(path.Join(d.path, name))
}

// Sync does nothing: here a directory cannot be synced by itself, the file
// system's journal keeps the order of its changes.
func (d *Dir) Sync() error { return nil }

// Close closes the directory.
func (d *Dir) Close() error { return d.f.Close() }
