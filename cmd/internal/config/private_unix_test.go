//go:build unix

package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// TestModes: what is written is its owner's alone, whatever the umask, and also
// where a file with other modes was.
func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := filepath.Join(t.TempDir(), "a", "b")
	made, replaced := filepath.Join(dir, "made"), filepath.Join(dir, "replaced")
	if err := config.Make(made); err != nil {
		t.Fatal(err)
	}
	if err := config.AddAccount(made, "a", []config.Entry{{"address", "imaps://me@h"}}, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(replaced, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := config.WritePrivate(replaced, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{made: 0o600, replaced: 0o600, dir: 0o700, filepath.Dir(dir): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %o", name, info.Mode(), err, want)
		}
	}
}

// TestReadPrivateOfAnother: a file that belongs to another user is refused, even if
// that one alone can change it: he could name a command in it.
func TestReadPrivateOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(name, 12345, -1); err != nil {
		t.Fatal(err)
	}
	_, err := config.ReadPrivate("config file", name, 10)
	if !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), "belongs to another user, number 12345; run: chown 0 "+name) {
		t.Errorf("got %v", err)
	}
	if err := os.Chown(name, 0, -1); err != nil {
		t.Fatal(err)
	}
	if text, err := config.ReadPrivate("config file", name, 10); err != nil || string(text) != "x" {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestWritePrivateFails: a file that cannot be replaced stays, and nothing is left
// beside it.
func TestWritePrivateFails(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "name")
	if err := os.MkdirAll(filepath.Join(name, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := config.WritePrivate(name, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}
