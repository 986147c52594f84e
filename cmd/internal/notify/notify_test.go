package notify

import (
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script is a program that keeps what it was given below dir, and ends with code.
func script(t *testing.T, body string) (name, dir string) {
	t.Helper()
	dir = t.TempDir()
	name = filepath.Join(dir, "program")
	text := "#!/bin/sh\ncd " + dir + " || exit 99\n" + body + "\n"
	if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return name, dir
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCommand(t *testing.T) {
	name, dir := script(t, `cat > text; echo "$1 $MAILHAUL_JOB $MAILHAUL_EVENT $MAILHAUL_EXIT_CODE" >> events`)
	h := Hooks{Command: []string{name, "with args"}, Environ: os.Environ()}
	for _, r := range []Report{{Job: "mine", Event: Start}, {Job: "mine", Event: Failure, ExitCode: 5, Text: "no line\n"}} {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if got, want := read(t, dir, "events"), "with args mine start 0\nwith args mine failure 5\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := read(t, dir, "text"); got != "no line\n" {
		t.Errorf("text %q", got)
	}
}

func TestCommandFails(t *testing.T) {
	name, _ := script(t, `echo "cannot tell" >&2; exit 3`)
	err := Hooks{Command: []string{name}}.Tell(t.Context(), Report{Event: Success})
	if exit := new(exec.ExitError); !errors.As(err, &exit) || !strings.Contains(err.Error(), "cannot tell") {
		t.Errorf("error %v", err)
	}
	if err := (Hooks{Command: []string{"/nonexistent/program"}}).Tell(t.Context(), Report{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestURL(t *testing.T) {
	var got []string
	fail := 1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.String()+" "+string(body))
		if fail > 0 && r.URL.Path == "/s3cret/start" {
			fail--
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	h := Hooks{URL: server.URL + "/s3cret?create=1"}
	for _, r := range []Report{{Event: Start}, {Event: Success, Text: "all done"}, {Event: Failure, Text: strings.Repeat("x", longestBody) + "y"}} {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"POST /s3cret/start?create=1 ", "POST /s3cret/start?create=1 ", "POST /s3cret?create=1 all done",
		"POST /s3cret/fail?create=1 " + strings.Repeat("x", longestBody-1) + "y",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked for %.300q", got)
	}
}

// TestURLIsSecret: whoever knows the URL can pretend that all is well.
func TestURLIsSecret(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	addr := server.URL
	h := Hooks{URL: addr + "/s3cret"}
	err := h.Tell(t.Context(), Report{Event: Success})
	server.Close()
	gone := h.Tell(t.Context(), Report{Event: Success})
	bad := Hooks{URL: "https://s3cret host/%zz"}.Tell(t.Context(), Report{Event: Start})
	for _, err := range []error{err, gone, bad} {
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error %v", err)
		}
	}
}

func TestMail(t *testing.T) {
	name, dir := script(t, `cat > mail; echo "$*" > args`)
	h := Hooks{Mail: "admin@example.org", Sendmail: name, Environ: os.Environ()}
	for _, e := range []Event{Start, Success} {
		if err := h.Tell(t.Context(), Report{Job: "j", Event: e}); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "mail")); err == nil {
		t.Error("a mail although nothing failed")
	}
	text := "line one\n.\nFrom here\nß and a long line " + strings.Repeat("x", 2000) + "\n"
	if err := h.Tell(t.Context(), Report{Job: "Büro\nBcc: other@example.org", Event: Failure, ExitCode: 4, Text: text}); err != nil {
		t.Fatal(err)
	}
	if args := read(t, dir, "args"); args != "-t -i\n" {
		t.Errorf("arguments %q", args)
	}
	m, err := mail.ReadMessage(strings.NewReader(read(t, dir, "mail")))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "Büro") || !strings.Contains(subject, "exit code 4") || m.Header.Get("Bcc") != "" {
		t.Errorf("header %q, %v", m.Header, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != text {
		t.Errorf("body %.100q, %v", body, err)
	}
}
