package app_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imaptest/memory"
)

// TestConfigPassword: a password that was put into the keyring, from standard input
// or at the terminal, logs in until it is forgotten.
func TestConfigPassword(t *testing.T) {
	keyring.MockInit()
	server, err := memory.New(memory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if _, err := server.AddUser("me", "s3cret"); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t)
	o.write("config.toml", fmt.Sprintf("[accounts.work]\naddress = \"imap://me@%s\"\ntls = \"off\"\nkeyring = true\n", server.Addr))
	run := func(code int, want, stdin string, prompt func(context.Context, string) (string, error), args ...string) {
		t.Helper()
		var out bytes.Buffer
		got := app.Run(t.Context(), app.Env{
			Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &out, Now: time.Now, Version: "v1.2.3",
			Getenv: func(name string) string { return o.env[name] }, Terminal: ui.Terminal{Prompt: prompt},
		}, args)
		if got != code || !strings.Contains(out.String(), want) || strings.Contains(out.String(), "s3cret") {
			t.Fatalf("%q ended with %d, want %d and %q: %s", args, got, code, want, out.String())
		}
	}
	backup := []string{"backup", "work", filepath.Join(o.dir, "archive")}
	const none = "the keyring has no password for me@127.0.0.1; 'mailhaul config password ACCOUNT' puts it there"
	run(2, none, "", nil, backup...)
	run(0, "the password for me@127.0.0.1 is in the keyring", "wrong\n", nil, "config", "password", "work")
	run(4, "log in as me at", "", nil, backup...)
	var asked string
	run(0, "is in the keyring", "", func(_ context.Context, text string) (string, error) {
		asked = text
		return "s3cret", nil
	}, "config", "password", "@work")
	if asked != "Password for me@127.0.0.1: " {
		t.Errorf("asked %q", asked)
	}
	run(0, "", "", nil, backup...)
	run(0, "the keyring has no password for me@127.0.0.1 any more", "", nil, "config", "password", "work", "--forget")
	run(2, none, "", nil, backup...)
	run(2, "the keyring has no password for me@127.0.0.1", "", nil, "config", "password", "--forget", "work")
}
