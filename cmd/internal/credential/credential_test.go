//go:build unix

package credential_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
)

func write(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pass word")
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFind(t *testing.T) {
	systemd := t.TempDir()
	if err := os.WriteFile(filepath.Join(systemd, "imap"), []byte("from systemd\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MAILHAUL_SOURCE_PASSWORD": "from env", "CREDENTIALS_DIRECTORY": systemd}
	prompt := func(context.Context, string) (string, error) { return "from prompt", nil }
	both := []string{"MAILHAUL_SOURCE_PASSWORD", "MAILHAUL_PASSWORD"}
	tests := []struct {
		name    string
		request credential.Request
		prompt  func(context.Context, string) (string, error)
		want    string
		usage   string // a part of the usage error that is wanted
	}{
		{"URL", credential.Request{Literal: "p", Environment: both}, prompt, "p", ""},
		{"environment", credential.Request{Environment: both}, prompt, "from env", ""},
		{"prompt", credential.Request{Environment: []string{"OTHER"}}, prompt, "from prompt", ""},
		{"no way", credential.Request{Account: "me@h", Environment: []string{"OTHER"}}, nil, "", "?password-file=FILE"},
		{"file", credential.Request{File: write(t, " p w \r\nsecond\n", 0o600)}, nil, " p w ", ""},
		{"file without line end", credential.Request{File: write(t, "p", 0o400)}, nil, "p", ""},
		{"file for all", credential.Request{File: write(t, "p", 0o644)}, nil, "", "run: chmod 600 '"},
		{"file for group", credential.Request{File: write(t, "p", 0o640)}, nil, "", "run: chmod 600 '"},
		{"file empty", credential.Request{File: write(t, "\np", 0o600)}, nil, "", "first line"},
		{"file missing", credential.Request{File: "/no/such/file"}, nil, "", "no such file"},
		{"file is a directory", credential.Request{File: t.TempDir()}, nil, "", "is a directory"},
		{"file for the group to write", credential.Request{File: write(t, "p", 0o620)}, nil, "", "changed by others; run: chmod 600 '"},
		{"variable", credential.Request{Variable: "MAILHAUL_SOURCE_PASSWORD"}, nil, "from env", ""},
		{"variable not set", credential.Request{Account: "me@h", Variable: "OTHER", Environment: both}, prompt, "", "OTHER is not set"},
		{"systemd", credential.Request{Systemd: "imap"}, nil, "from systemd", ""},
		{"systemd, no such credential", credential.Request{Systemd: "other"}, prompt, "", "no such file"},
		{"systemd, a path", credential.Request{Systemd: "../x"}, prompt, "", "no name of a credential"},
		{"command in words", credential.Request{Words: []string{"printf", "%s", "a  $b;'"}}, nil, "a  $b;'", ""},
		{"command in words unknown", credential.Request{Words: []string{"no-such-command-here", "s3cret"}}, nil, "", "not found"},
		{"command unknown", credential.Request{Command: "no-such-command-here"}, nil, "", "not found"},
		{"command quote open", credential.Request{Command: "echo 'a"}, nil, "", "closing '"},
		{"command empty", credential.Request{Command: " "}, nil, "", "is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := credential.Find(t.Context(), tt.request, credential.Env{
				Getenv: func(name string) string { return env[name] }, Prompt: tt.prompt,
			})
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.usage == "" && err != nil || tt.usage != "" && (!errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), tt.usage)) {
				t.Errorf("got error %v, want a usage error with %q", err, tt.usage)
			}
		})
	}
}

func TestFileInHome(t *testing.T) {
	name := write(t, "at home\n", 0o600)
	got, err := credential.Find(t.Context(), credential.Request{File: "~/" + filepath.Base(name)}, credential.Env{
		Getenv: func(string) string { return filepath.Dir(name) },
	})
	if err != nil || got != "at home" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestCommand: a command is split into words without a shell; what needs a
// shell gets one. Words show by printf's brackets.
func TestCommand(t *testing.T) {
	tests := []struct{ name, command, want string }{
		{"words", `printf [%s] a  b`, "[a][b]"},
		{"single quotes", `printf [%s] 'a  $b' c`, "[a  $b][c]"},
		{"double quotes", `printf [%s] "a ; b" "\"\\n"`, `[a ; b]["\n]`},
		{"backslash", `printf [%s] a\ b`, "[a b]"},
		{"empty word", `printf [%s] '' x`, "[][x]"},
		{"tilde inside a word", `printf [%s] a~b#c`, "[a~b#c]"},
		{"pipe", `printf 'a\nb' | tail -n 1`, "b"},
		{"variable", `printf %s "$MARK"`, "marked"},
		{"assignment", `X=1 printf %s ok`, "ok"},
		{"first line only", `printf 'one\ntwo\n'`, "one"},
		{"environment without passwords", `printf %s "<$MAILHAUL_PASSWORD$MAILHAUL_SOURCE_PASSWORD$WORK_PASS>"`, "<>"},
		{"endless output", `sh -c 'echo first; head -c 10000000 /dev/zero'`, "first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			command := strings.Replace(tt.command, "printf [%s]", "printf '[%s]'", 1)
			got, err := credential.Find(t.Context(), credential.Request{Command: command}, credential.Env{
				Getenv:  func(string) string { return "" },
				Environ: append(os.Environ(), "MARK=marked", "MAILHAUL_PASSWORD=x", "MAILHAUL_SOURCE_PASSWORD=y", "WORK_PASS=z"),
				Secrets: []string{"WORK_PASS"},
			})
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestCommandFails(t *testing.T) {
	find := func(command string, limit time.Duration) (string, string) {
		var stderr bytes.Buffer
		_, err := credential.Find(t.Context(), credential.Request{Command: command}, credential.Env{
			Getenv: func(string) string { return "" }, Environ: os.Environ(),
			Stderr: &stderr, CommandLimit: limit,
		})
		if err == nil {
			t.Fatalf("%s: no error", command)
		}
		return err.Error(), stderr.String()
	}
	text, stderr := find("sh -c 'echo locked >&2; exit 3' s3cret", 0)
	if !strings.Contains(text, "exit status 3") || strings.Contains(text, "s3cret") || stderr != "locked\n" {
		t.Errorf("got %q and %q", text, stderr)
	}
	if text, _ = find("sh -c 'exec sleep 60'", 50*time.Millisecond); !strings.Contains(text, "no answer within 50ms") {
		t.Errorf("got %q", text)
	}
	if text, _ = find("true", 0); !strings.Contains(text, "first line of its output is empty") {
		t.Errorf("got %q", text)
	}
}

func TestPromptGivesNothing(t *testing.T) {
	cancelled := func(context.Context, string) (string, error) { return "", context.Canceled }
	empty := func(context.Context, string) (string, error) { return "", nil }
	env := credential.Env{Getenv: func(string) string { return "" }, Prompt: cancelled}
	if _, err := credential.Find(t.Context(), credential.Request{}, env); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	env.Prompt = empty
	if _, err := credential.Find(t.Context(), credential.Request{}, env); !errors.Is(err, mailhaul.ErrUsage) {
		t.Errorf("got %v", err)
	}
}

func TestSystemdOutsideAService(t *testing.T) {
	_, err := credential.Find(t.Context(), credential.Request{Systemd: "imap"}, credential.Env{Getenv: func(string) string { return "" }})
	if !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), "LoadCredential=imap:") {
		t.Errorf("got %v", err)
	}
}
