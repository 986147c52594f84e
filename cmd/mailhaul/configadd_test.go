package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestConfigAddOnTerminal: on a terminal the rest is asked for, the password is not
// shown, and the account that was added works by its name.
func TestConfigAddOnTerminal(t *testing.T) {
	certs := imaptest.Certs(t)
	server := imaptest.NewScript(t, imaptest.Script{User: "me", Password: "s3cret", Certificate: &certs.Server, ImplicitTLS: true})
	file := filepath.Join(t.TempDir(), "config.toml")
	add := command(t, "config", "add", "me@example.org", "--address", "imaps://"+server.Addr, "--ca", certs.CAFile, "--name", "work", "--config", file)
	add.Env = append(add.Env, "MAILHAUL_PASSWORD=")
	out := converse(t, add, "User name [me@example.org]: ", "me\n", "Where is the password", "ask\n", "Password for me@127.0.0.1", "s3cret\n")
	if strings.Contains(out, "s3cret") || !strings.Contains(out, "logged in: 0 messages in 1 folder") {
		t.Errorf("got %q", out)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "s3cret") || !strings.Contains(string(text), "user = \"me\"") {
		t.Errorf("%v: wrote %s", err, text)
	}
	check := command(t, "check", "work", "--config", file)
	check.Env = append(check.Env, "MAILHAUL_PASSWORD=s3cret")
	if out, err := check.CombinedOutput(); err != nil || !strings.Contains(string(out), "as me by PLAIN") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestConfigAddOAuth: a provider that takes tokens is offered them, on a terminal and
// by flags, and what is written is what login takes.
func TestConfigAddOAuth(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "config.toml"), filepath.Join(dir, "google.secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := command(t, "config", "add", "me@gmail.com", "--config", file)
	out := converse(t, add, "User name [me@gmail.com]: ", "\n", "or oauth, in place of one [oauth]: ", "\n", "Client id: ", "1-a.apps.googleusercontent.com\n", "File with the client secret", secret+"\n")
	if !strings.Contains(out, "next: mailhaul login me@gmail.com") || !strings.Contains(out, "docs/oauth.md") {
		t.Errorf("got %q", out)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"me@outlook.com", "--client-id", "0-0"}, 0, "next: mailhaul login me@outlook.com"},
		{[]string{"me@example.org", "--address", "imaps://mail.example.org", "--client-id", "x", "--provider", "google"}, 0, "next: mailhaul login me@example.org"},
		{[]string{"you@example.org", "--address", "imaps://mail.example.org", "--client-id", "x"}, 2, "--provider"},
		{[]string{"you@gmail.com", "--client-id", "x", "--keyring"}, 2, "exclude each other"},
		{[]string{"you@gmail.com", "--client-secret-file", secret}, 2, "--client-id only"},
	} {
		add := command(t, append([]string{"config", "add", "--config", file}, c.args...)...)
		out, _ := add.CombinedOutput()
		if code := add.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%q: exit code %d, %s", c.args, code, out)
		}
	}
	check := command(t, "config", "show", "--config", file)
	shown, err := check.CombinedOutput()
	for _, want := range []string{"1-a.apps.googleusercontent.com", "google.secret", "microsoft"} {
		if err != nil || !strings.Contains(string(shown), want) {
			t.Errorf("%v: config show lacks %q: %s", err, want, shown)
		}
	}
}
