//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// haulCommand makes a process that keeps its ledgers in the test's directory.
func haulCommand(t *testing.T, state string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, args...)
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+state)
	return cmd
}

// undeleted is an account without mail marked as deleted: the server in memory
// tells only flags in use, and a flag that is not told is not set.
func undeleted(t *testing.T, messages int, octets int64) string {
	t.Helper()
	url, user := accountOf(t, 0, 0)
	for folder, m := range (sample.Set{Messages: messages, Octets: octets}).All([]string{"INBOX", "Work"}) {
		m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return f == `\Deleted` })
		if err := user.Append(folder, m); err != nil {
			t.Fatal(err)
		}
	}
	return url
}

// TestMigrateInterrupted: a signal ends a migration in order; while it runs a
// second one is refused, and the same command afterwards copies the rest only.
func TestMigrateInterrupted(t *testing.T) {
	source, target, state := undeleted(t, 300, 6_000_000), account(t, 0, 0), t.TempDir()
	if out, err := haulCommand(t, state, "migrate", source, target, "--folder", "Drafts").CombinedOutput(); err != nil {
		t.Fatalf("make the ledger: %v: %s", err, out)
	}
	cmd := haulCommand(t, state, "migrate", source, target, "--json", "--limit-rate", "2M")
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
	for sent := false; lines.Scan(); {
		if sent || !strings.Contains(lines.Text(), `"event":"progress"`) {
			continue
		}
		sent = true
		second := haulCommand(t, state, "migrate", source, target)
		out, _ := second.CombinedOutput() // its exit code is looked at
		if code := second.ProcessState.ExitCode(); code != 6 || !strings.Contains(string(out), "locked") {
			t.Errorf("the second run ended with %d: %s", code, out)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // its exit code is looked at below
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130: %s", code, stderr.String())
	}
	for _, want := range []string{"finishing what is under way", "what is stored is safe in me@127.0.0.1; the same command goes on from there"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr %q, want %q in it", stderr.String(), want)
		}
	}
	resumed, err := haulCommand(t, state, "migrate", source, target, "--json").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, resumed)
	}
	if strings.Contains(string(resumed), `"copied":300`) || !strings.Contains(string(resumed), `"messages":300`) {
		t.Errorf("the next run did not go on from there: %s", resumed)
	}
	if out, err := haulCommand(t, state, "compare", source, target).CombinedOutput(); err != nil {
		t.Errorf("compare: %v: %s", err, out)
	}
}

// TestMirrorAsks: on a terminal --mirror shows what it would remove and removes
// it only after a yes.
func TestMirrorAsks(t *testing.T) {
	source, user := accountOf(t, 5, 5000)
	if err := user.Create("Old"); err != nil {
		t.Fatal(err)
	}
	if err := user.Append("Old", sample.Mail{Body: []byte("Subject: a\r\n\r\na\r\n")}, sample.Mail{Body: []byte("Subject: b\r\n\r\nb\r\n")}); err != nil {
		t.Fatal(err)
	}
	target, state := account(t, 0, 0), t.TempDir()
	if out, err := haulCommand(t, state, "migrate", source, target).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := user.Delete("Old"); err != nil {
		t.Fatal(err)
	}
	const question = "Remove 2 messages from me@127.0.0.1 for good? [y/N] "
	for _, tt := range []struct {
		name, typed string
		want        string
		not         string
	}{
		{"no", "no\n", "nothing was removed", ", 2 removed"},
		{"the return key alone", "\n", "nothing was removed", ", 2 removed"},
		{"yes", "y\n", ", 2 removed", "nothing was removed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := onTerminal(t, question, tt.typed, haulCommand(t, state, "migrate", source, target, "--mirror"))
			for _, want := range []string{`to be removed from "Old": 2 messages`, question, tt.want} {
				if !strings.Contains(out, want) {
					t.Errorf("got %q, want %q in it", out, want)
				}
			}
			if strings.Contains(out, tt.not) {
				t.Errorf("got %q, and %q in it", out, tt.not)
			}
		})
	}
	if out := onTerminal(t, question, "", haulCommand(t, state, "migrate", source, target, "--mirror")); strings.Contains(out, "emove") {
		t.Errorf("there was nothing left to remove: %q", out)
	}
}

// TestPruneAsks: on a terminal prune lists what it would take out, and does so only
// after a yes.
func TestPruneAsks(t *testing.T) {
	source, user := accountOf(t, 5, 5000)
	if err := user.Create("Old"); err != nil {
		t.Fatal(err)
	}
	if err := user.Append("Old", sample.Mail{Body: []byte("Subject: a\r\n\r\na\r\n")}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "archive")
	backup := func() {
		t.Helper()
		if out, err := command(t, "backup", source, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	backup()
	if err := user.Delete("Old"); err != nil {
		t.Fatal(err)
	}
	backup()
	question := "Prune 1 message from " + dir + " for good? [y/N] "
	for _, tt := range []struct {
		typed string
		want  string
		gone  string // how many of Old the archive still has
	}{
		{"n\n", "nothing was pruned", "1"},
		{"\n", "nothing was pruned", "1"},
		{"yes\n", "1 message (17 B) pruned, ", "0"},
	} {
		out := onTerminal(t, question, tt.typed, command(t, "prune", dir, "--keep-gone", "0d"))
		for _, want := range []string{"OLDEST", "  Old\r\n", question, tt.want} {
			if !strings.Contains(out, want) {
				t.Errorf("got %q, want %q in it", out, want)
			}
		}
		if out, err := command(t, "ls", dir).Output(); err != nil || !regexp.MustCompile(`(?m)^ +0 +`+tt.gone+` +0  Old `).Match(out) {
			t.Errorf("%q: %v: %s", tt.typed, err, out)
		}
	}
}

// TestNextAfterCopy: who watches a copy of all reads which command compares both
// ends, and that one can be given; of a part there is nothing to be said.
func TestNextAfterCopy(t *testing.T) {
	source, target, state := account(t, 5, 10_000), account(t, 0, 0), t.TempDir()
	out := onTerminal(t, "", "", haulCommand(t, state, "migrate", source, target, "--folder", "INBOX"))
	if strings.Contains(out, "next:") {
		t.Errorf("of a part: %q", out)
	}
	out = onTerminal(t, "", "", haulCommand(t, state, "migrate", source, target, "--dry-run"))
	if !strings.Contains(out, "next: the same command without --dry-run does it\r\n") {
		t.Errorf("dry run: %q", out)
	}
	out = onTerminal(t, "", "", haulCommand(t, state, "migrate", source, target))
	if want := "next: mailhaul compare '" + source + "' '" + target + "' tells whether all is there\r\n"; !strings.HasSuffix(out, want) {
		t.Errorf("got %q, want %q at its end", out, want)
	}
}
