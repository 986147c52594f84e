//go:build !unix

package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

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

// MakeDir makes the directory at path, and those above it that are missing.
func MakeDir(root *os.Root, dir string) error {
	err := CheckDir(root, dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i := 0; i <= len(dir); i++ {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		if err := root.Mkdir(dir[:i], DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	// What existed may be a link that appeared in between.
	return CheckDir(root, dir)
}
