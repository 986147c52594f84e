//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/mailhaul/mailhaul/migrate/imaptest/memory"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// command makes a process of the program: the test binary itself, which
// becomes mailhaul when it is called by that name.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "mailhaul")
	if err := os.Symlink(self, name); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "MAILHAUL_CONFIG="+os.DevNull, "MAILHAUL_PASSWORD=secret", "TERM=xterm")
	return cmd
}

// account starts a server with some mail and returns the account's URL.
func account(t *testing.T, messages int, octets int64) string {
	t.Helper()
	url, _ := accountOf(t, messages, octets)
	return url
}

// accountOf also returns the account as its server sees it.
func accountOf(t *testing.T, messages int, octets int64) (string, *memory.User) {
	t.Helper()
	server, err := memory.New(memory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	user, err := server.AddUser("me", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Fill(sample.Set{Messages: messages, Octets: octets}, []string{"INBOX", "Work"}); err != nil {
		t.Fatal(err)
	}
	return "imap://me@" + server.Addr + "?tls=off", user
}

// TestSignals: a signal ends a backup in order, with its own exit code; what was
// reported safe is there, and the next run fetches the rest only.
func TestSignals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal os.Signal
		code   int
	}{
		{"SIGINT", os.Interrupt, 130},
		{"SIGTERM", syscall.SIGTERM, 143},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, dir := account(t, 300, 6_000_000), filepath.Join(t.TempDir(), "archive")
			cmd := command(t, "backup", source, dir, "--json", "--limit-rate", "2M")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(stdout)
			last := ""
			for sent := false; lines.Scan(); {
				last = lines.Text()
				if !sent && strings.Contains(last, `"event":"progress"`) {
					sent = true
					if err := cmd.Process.Signal(tt.signal); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = cmd.Wait() // its exit code is looked at below
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range []string{"finishing what is under way", "  what is stored is safe in " + dir} {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("stderr %q, want %q in it", stderr.String(), want)
				}
			}
			if !strings.Contains(last, `"event":"error"`) {
				t.Errorf("the last line is %s", last)
			}
			resumed, err := command(t, "backup", source, dir, "--json").Output()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(resumed), `"new":300`) || !strings.Contains(string(resumed), `"messages":300`) {
				t.Errorf("the next run did not go on from there: %s", resumed)
			}
			if out, err := command(t, "verify", dir).CombinedOutput(); err != nil {
				t.Errorf("verify: %v: %s", err, out)
			}
		})
	}
}

// TestSilentServer: one signal is enough where nothing is heard from the server.
func TestSilentServer(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "archive")
	cmd := command(t, "backup", "imap://me@"+server.Addr().String()+"?tls=off", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("an archive was made: %v", err)
	}
}

// TestSecondSignalLeavesAtOnce: two signals end the process whatever it does;
// what it leaves behind can be gone on with.
func TestSecondSignalLeavesAtOnce(t *testing.T) {
	source, dir := account(t, 300, 6_000_000), filepath.Join(t.TempDir(), "archive")
	cmd := command(t, "backup", source, dir, "--json", "--limit-rate", "2M")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for sent := false; lines.Scan(); {
		if !sent && strings.Contains(lines.Text(), `"event":"progress"`) {
			sent = true
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 && code != 143 {
		t.Errorf("exit code %d, want that of a signal", code)
	}
	if out, err := command(t, "backup", source, dir).CombinedOutput(); err != nil {
		t.Errorf("the next run: %v: %s", err, out)
	}
	if out, err := command(t, "verify", dir).CombinedOutput(); err != nil {
		t.Errorf("verify: %v: %s", err, out)
	}
}

// onTerminal runs the program with a terminal of 100 columns as its standard
// streams and returns what it wrote there. typed is its answer to the prompt.
func onTerminal(t *testing.T, prompt, typed string, cmd *exec.Cmd) string {
	t.Helper()
	if typed == "" {
		return converse(t, cmd)
	}
	return converse(t, cmd, prompt, typed)
}

// converse is onTerminal with any number of prompts, each followed by the answer
// to it.
func converse(t *testing.T, cmd *exec.Cmd, dialogue ...string) string {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		out.Write(buf[:n])
		if len(dialogue) > 0 && strings.Contains(out.String(), dialogue[0]) {
			if _, err := io.WriteString(terminal, dialogue[1]); err != nil {
				t.Fatal(err)
			}
			dialogue = dialogue[2:]
		}
		if err != nil { // EIO: the other end is closed
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %v: %q", cmd.Args, err, out.String())
	}
	return out.String()
}

// TestTerminal: bars are drawn on a terminal and nowhere else.
func TestTerminal(t *testing.T) {
	source := account(t, 200, 3_000_000)
	backup := func(args ...string) *exec.Cmd {
		return command(t, append([]string{"backup", source, filepath.Join(t.TempDir(), "archive")}, args...)...)
	}
	const erase = "\r\x1b[J"
	t.Run("bars and summary", func(t *testing.T) {
		out := onTerminal(t, "", "", backup("--limit-rate", "1M"))
		for _, want := range []string{"% [=", "/200 messages, ", "/3.0 MB, ", "B/s", "/134 in INBOX", erase, "200 new, 0 flags changed, 0 gone, 0 failed, ", "\nnext: mailhaul ls /", "      mailhaul verify /", " --quiet, fetches what is new\r\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("got %q, want %q in it", out, want)
			}
		}
		if regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(out) {
			t.Errorf("coloured: %q", out)
		}
	})
	t.Run("no escape sequences with NO_COLOR", func(t *testing.T) {
		cmd := backup("--limit-rate", "2M")
		cmd.Env = append(cmd.Env, "NO_COLOR=1")
		if out := onTerminal(t, "", "", cmd); strings.Contains(out, "\x1b") || !strings.Contains(out, "/200 messages, ") || !strings.Contains(out, "200 new") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("none when quiet", func(t *testing.T) {
		if out := onTerminal(t, "", "", backup("--quiet")); strings.Contains(out, erase) || strings.Contains(out, "200 new") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("none on a dumb terminal", func(t *testing.T) {
		cmd := backup()
		cmd.Env = append(cmd.Env, "TERM=dumb")
		if out := onTerminal(t, "", "", cmd); strings.Contains(out, "\x1b") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("none in a pipe", func(t *testing.T) {
		if out, err := backup("-v").CombinedOutput(); err != nil || strings.Contains(string(out), "\x1b") || !strings.Contains(string(out), "200 new") {
			t.Errorf("%v: %q", err, out)
		}
	})
	t.Run("password is asked for and not shown", func(t *testing.T) {
		cmd := backup()
		cmd.Env = append(cmd.Env, "MAILHAUL_PASSWORD=")
		out := onTerminal(t, "Password for ", "secret\n", cmd)
		if !strings.Contains(out, "Password for me@127.0.0.1 (SOURCE): ") || strings.Contains(out, "secret") || !strings.Contains(out, "200 new") {
			t.Errorf("got %q", out)
		}
	})
}

// TestPromptInterrupted: Ctrl-C at the prompt ends the program with 130 and
// leaves the terminal as it was, echo and all.
func TestPromptInterrupted(t *testing.T) {
	cmd := command(t, "backup", account(t, 1, 1000), filepath.Join(t.TempDir(), "archive"))
	cmd.Env = append(cmd.Env, "MAILHAUL_PASSWORD=")
	near, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	defer far.Close()
	before, err := term.GetState(int(far.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	buf := make([]byte, 4096)
	for sent := false; !strings.Contains(out.String(), "interrupted (SIGINT)"); {
		n, err := near.Read(buf)
		if err != nil {
			t.Fatalf("%v: %q", err, out.String())
		}
		out.Write(buf[:n])
		if !sent && strings.Contains(out.String(), "Password for ") {
			sent = true
			if _, err := near.Write([]byte{3}); err != nil { // Ctrl-C
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // its exit code is looked at below
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130: %q", code, out.String())
	}
	if after, err := term.GetState(int(far.Fd())); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal was left changed: %v, %v, %v", before, after, err)
	}
}

// TestFilesAreTheOwners: whatever the umask, nothing in an archive can be read
// by others.
func TestFilesAreTheOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	cmd := command(t, "backup", account(t, 5, 10_000), dir)
	old := syscall.Umask(0)
	out, err := cmd.CombinedOutput()
	syscall.Umask(old)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
