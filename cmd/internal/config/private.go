package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// ReadPrivate reads a file, at most limit octets of it, that nobody but its
// owner can read or change. One that others can is refused with the command that
// mends it; that and a file that cannot be opened is a mailhaul.ErrUsage. What
// names the file in messages: "password file".
func ReadPrivate(what, name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", mailhaul.ErrUsage, what, err)
	}
	defer f.Close()
	// The open file is asked, not the name: it cannot be swapped in between.
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", what, err)
	}
	if info.IsDir() {
		return nil, Usagef("%s: %s is a directory", what, name)
	}
	if why := exposed(name, info); why != "" && name != os.DevNull {
		return nil, Usagef("%s: %s %s", what, name, why)
	}
	text, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return text, nil
}

// WritePrivate puts data in the place of a file, or makes it, for its owner's eyes
// only; see WriteWhole.
func WritePrivate(name string, data []byte) error { return WriteWhole(name, data, 0o600) }

// WriteWhole puts data in the place of a file, or makes it, with a mode. A reader
// sees the old file or the new one, never a part, and so does who looks after a
// power cut. A symbolic link stays; what it points to is replaced.
func WriteWhole(name string, data []byte, mode os.FileMode) (err error) {
	if real, linkErr := filepath.EvalSymlinks(name); linkErr == nil {
		name = real
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	f, err := os.CreateTemp(dir, ".mailhaul-*") // 0600
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	// 1. The data, 2. the name, 3. the directory that holds the name.
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := f.Chmod(mode); err != nil {
		return fmt.Errorf("set mode of file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync file: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close file: %w", err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("rename file: %w", err)
	}
	return syncDir(dir)
}

// ShellQuote makes text one word of a POSIX shell.
func ShellQuote(text string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r == '/' || r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' ||
			r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
