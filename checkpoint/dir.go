package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// MakeDir makes the directory of a ledger, an absolute path, and those above it that
// are missing, all so that they last: a ledger is as durable as the way to it. What
// one that was cut off made of the lowest two levels is made to last, too.
func MakeDir(dir string) error {
	levels := 0
	for above := dir; ; above = filepath.Dir(above) {
		if _, err := os.Stat(above); err == nil || above == filepath.Dir(above) {
			break
		}
		levels++
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	for range max(levels, 2) {
		dir = filepath.Dir(dir)
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("sync directory: %w", err)
		}
	}
	return nil
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // which has no such call, and needs none
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
