//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// exposed says what is wrong with the owner or the modes of a file and how it is
// mended; "" if nothing is.
func exposed(name string, info fs.FileInfo) string {
	quoted := ShellQuote(name)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Sprintf("belongs to another user, number %d; run: chown %d %s", stat.Uid, os.Geteuid(), quoted)
	}
	mode := info.Mode().Perm()
	switch {
	case mode&0o022 != 0:
		return "can be changed by others; run: chmod 600 " + quoted
	case mode&0o077 != 0:
		return "can be read by others; run: chmod 600 " + quoted
	}
	return ""
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}
