package fsys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// EachName calls yield with every entry of the directory at path, in no order.
func EachName(root *os.Root, path string, yield func(fs.DirEntry) error) error {
	d, err := OpenDir(root, path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Each(yield)
}

// Each calls yield with every entry of the directory, in no order. It reads a
// thousand at a time: a directory may hold a million. It can be called once.
func (d *Dir) Each(yield func(fs.DirEntry) error) error {
	for {
		entries, err := d.f.ReadDir(1000)
		for _, e := range entries {
			if err := yield(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read directory: %w", err)
		}
	}
}
