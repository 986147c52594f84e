package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// TestReadFile: a file that is not there is empty, unless the user named it; one
// that others can read or change is refused with what mends it.
func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "my config")
	if f, err := config.ReadFile(name, false, ""); err != nil || f.Name != "" {
		t.Errorf("no file: %+v, %v", f, err)
	}
	if _, err := config.ReadFile(name, true, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that was named: %v", err)
	}
	if _, err := config.ReadFile(os.DevNull, true, ""); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
	if err := os.WriteFile(name, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := config.ReadFile(name, true, ""); err != nil || len(f.Accounts) != 2 || f.Name != name {
		t.Errorf("got %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for mode, want := range map[os.FileMode]string{0o644: "read by others", 0o640: "read by others", 0o620: "changed by others", 0o602: "changed by others"} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		_, err := config.ReadFile(name, true, "")
		if err == nil || !strings.Contains(err.Error(), want+"; run: chmod 600 '"+name+"'") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	check := func(flag, want string, wantNamed bool) {
		t.Helper()
		if got, named := config.PlaceOf(flag, getenv); got != filepath.FromSlash(want) || named != wantNamed {
			t.Errorf("got %s, %v, want %s", got, named, want)
		}
	}
	check("", "", false)
	env["HOME"] = "/home/me"
	check("", "/home/me/.config/mailhaul/config.toml", false)
	env["XDG_CONFIG_HOME"] = "relative"
	check("", "/home/me/.config/mailhaul/config.toml", false)
	env["XDG_CONFIG_HOME"] = "/conf"
	check("", "/conf/mailhaul/config.toml", false)
	env["MAILHAUL_CONFIG"] = "~/c.toml"
	check("", "/home/me/c.toml", true)
	check("x.toml", "x.toml", true)
}
