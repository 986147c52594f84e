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
