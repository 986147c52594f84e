package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

func TestAddAccount(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "config.toml")
	entries := []config.Entry{
		{"address", "imaps://mail.example.org"}, {"user", "a\"b\\c"}, {"connections", 2},
		{"keyring", true}, {"exclude", []string{"Trash", "Spam/*"}},
	}
	if err := config.AddAccount(name, "me@example.org", entries, ""); err != nil {
		t.Fatal(err)
	}
	if err := config.AddAccount(name, "me@example.org", entries, ""); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("the same account twice: %v", err)
	}
	old := readFile(t, name) + "# the end"
	if err := os.WriteFile(name, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := config.AddAccount(name, "two", entries[:2], ""); err != nil {
		t.Fatal(err)
	}
	text := readFile(t, name)
	if added, kept := strings.CutPrefix(text, old); !kept || !strings.HasPrefix(added, "\n\n[accounts.two]\n") {
		t.Errorf("got %q", text)
	}
	f, err := config.ReadFile(name, true, "")
	if err != nil {
		t.Fatal(err)
	}
	a := f.Account("me@example.org")
	if e := a.Endpoint("SOURCE"); e.User != `a"b\c` || e.Host != "mail.example.org" || a.Values["connections"].Text() != "2" ||
		strings.Join(a.Values["exclude"].Texts, " ") != "Trash Spam/*" || !a.Values["keyring"].On() {
		t.Errorf("read back as %+v", a)
	}
}

// TestAddAccountMistakes: what would make a file with mistakes leaves it as it is.
func TestAddAccountMistakes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.toml")
	for _, tt := range []struct {
		name, old, account string
		entry              config.Entry
		want               string
	}{
		{"unknown key", "", "a", config.Entry{Key: "usr", Value: "x"}, "did you mean user?"},
		{"bad value", "", "a", config.Entry{Key: "connections", Value: 99}, "1 to 32"},
		{"bad name", "", "a/b", config.Entry{Key: "user", Value: "x"}, "no good name"},
		{"mistake in the file", "[account.x]\n", "a", config.Entry{Key: "user", Value: "x"}, "did you mean accounts?"},
		{"no TOML", "", "a", config.Entry{Key: "user", Value: 1.5}, "no value of TOML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(name, []byte(tt.old), 0o600); err != nil {
				t.Fatal(err)
			}
			err := config.AddAccount(name, tt.account, []config.Entry{{"address", "imaps://me@h"}, tt.entry}, "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if got := readFile(t, name); got != tt.old {
				t.Errorf("the file is now %q", got)
			}
		})
	}
}

// TestAddAccountKeepsLineEnds: a file with CR LF stays one, and a link stays a
// link.
func TestAddAccountKeepsLineEnds(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "real"), filepath.Join(dir, "config.toml")
	if err := os.WriteFile(name, []byte("# mine\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, link); err != nil {
		t.Skip(err)
	}
	if err := config.AddAccount(link, "a", []config.Entry{{"address", "imaps://me@h"}}, ""); err != nil {
		t.Fatal(err)
	}
	want := "# mine\r\n\r\n[accounts.a]\r\naddress = \"imaps://me@h\"\r\n"
	if got := readFile(t, name); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".mailhaul-*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
