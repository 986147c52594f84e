package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

// quarantineName is the directory for all that rebuild and repair take out of the
// way, under the path that it had: nothing is ever deleted there.
const quarantineName = "quarantine"

// asidePath returns a free path in the quarantine for the file at name, in a
// directory that is there and durable. same is true when the file is there
// already, under the path that is returned.
func asidePath(root *os.Root, name string) (aside string, same bool, err error) {
	if err := fsys.CheckDir(root, path.Dir(name)); err != nil {
		return "", false, err
	}
	info, err := root.Lstat(name)
	if err != nil {
		return "", false, fmt.Errorf("look at file: %w", err)
	}
	first := quarantineName + "/" + name
	if err := makeDurable(root, path.Dir(first)); err != nil {
		return "", false, err
	}
	aside = first
	for n := 2; ; n++ {
		there, err := root.Lstat(aside)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return aside, false, nil
		case err != nil:
			return "", false, fmt.Errorf("look at quarantine: %w", err)
		case os.SameFile(there, info):
			return aside, true, nil
		}
		aside = first + "." + strconv.Itoa(n)
	}
}

// makeDurable makes a directory, and those above it, so that they last.
func makeDurable(root *os.Root, dir string) error {
	err := fsys.CheckDir(root, dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := fsys.MakeDir(root, dir); err != nil {
		return fmt.Errorf("make quarantine: %w", err)
	}
	var errs []error
	fsys.Parents(dir, func(above string) { errs = append(errs, syncDir(root, above)) })
	return errors.Join(append(errs, syncDir(root, "."))...)
}

// moveAside moves a file into the quarantine and returns where it is now.
func moveAside(root *os.Root, name string) (string, error) {
	aside, same, err := asidePath(root, name)
	switch {
	case err != nil:
		return "", err
	case same: // linked before
		err = root.Remove(name)
	default:
		err = root.Rename(name, aside)
	}
	if err != nil {
		return "", fmt.Errorf("move file to quarantine: %w", err)
	}
	// The new name lasts before the old one is given up.
	return aside, errors.Join(syncDir(root, path.Dir(aside)), syncDir(root, path.Dir(name)))
}

// keepAside gives a file, which stays where it is, a name in the quarantine, too:
// what replaces it there by a rename takes nothing away. Where a file cannot have
// two names it is copied.
func keepAside(root *os.Root, name string) (string, error) {
	aside, same, err := asidePath(root, name)
	if err != nil || same {
		return aside, err
	}
	return aside, keepAs(root, name, aside)
}

// keepAs is keepAside for a path in the quarantine that is free.
func keepAs(root *os.Root, name, aside string) error {
	if err := root.Link(name, aside); err != nil {
		f, err := fsys.OpenRegular(root, name, os.O_RDONLY)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := writeAside(root, aside, f); err != nil {
			return err
		}
	}
	return syncDir(root, path.Dir(aside))
}

// keepPart copies the part of a file from an offset on into the quarantine and
// returns where it is.
func keepPart(root *os.Root, name string, f *os.File, offset int64) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("look at file: %w", err)
	}
	aside, _, err := asidePath(root, name)
	if err != nil {
		return "", err
	}
	if err := writeAside(root, aside, io.NewSectionReader(f, offset, info.Size()-offset)); err != nil {
		return "", err
	}
	return aside, syncDir(root, path.Dir(aside))
}

// writeAside writes a file of the quarantine durably.
func writeAside(root *os.Root, aside string, text io.Reader) error {
	to, err := root.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("write to quarantine: %w", err)
	}
	if _, err = io.Copy(to, text); err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("write to quarantine: %w", err)
	}
	return nil
}
