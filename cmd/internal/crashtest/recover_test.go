//go:build linux

package crashtest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// bug is one in the program that shows only when a run was killed. It is
// planted from outside: system calls on one path do nothing and say that they
// did it.
type bug struct {
	name, format string
	// path is where, below the archive; calls return result without being made.
	path, calls, result string
	// first tells that it is in the first run, which is killed; else it is in
	// the run that has to make good.
	first bool
}

func bugs() []bug {
	return []bug{
		{"half-made files are not removed", "maildir", "mail/INBOX/tmp", "unlink,unlinkat", "0", false},
		{"the file is not cut back", "mbox", "mail/INBOX.mbox", "ftruncate", "0", false},
		{"rows of what was not written", "maildir", "mail/INBOX/tmp/" + firstMail, "write", "51", true},
	}
}

// TestKillCatches holds that what follows a kill in the tests above finds bugs.
func TestKillCatches(t *testing.T) {
	for _, b := range bugs() {
		t.Run(b.format+"/"+b.name, func(t *testing.T) {
			a := newAccount(t)
			dir := filepath.Join(scratch(t), "archive")
			if err := b.lifeAndDeath(t, a, dir); err == nil {
				t.Error("it was not seen")
			} else {
				t.Log(err)
			}
		})
	}
}

// lifeAndDeath runs the program and kills it, lets it make good, and returns
// what is seen to be wrong.
func (b bug) lifeAndDeath(t *testing.T, a *account, dir string) error {
	t.Helper()
	program := backupArgs(url(user, a.server.Addr), dir, b.format)
	if b.first {
		// What it believes to be safe is on disk when it ends.
		if o := b.execute(t, dir, program); o.code != 0 {
			return fmt.Errorf("exit code %d: %s", o.code, o.stderr)
		}
		_, err := checkRecorded(t.Context(), dir, a.known(), len(a.known()))
		return err
	}
	killBeforeSync(t, a, dir, b.format)
	o := b.execute(t, dir, program)
	if o.code != 0 {
		return fmt.Errorf("exit code %d: %s", o.code, strings.TrimSpace(o.stderr))
	}
	return checkComplete(t.Context(), dir, a.mails(), nil)
}

// execute runs the program with the bug.
func (b bug) execute(t *testing.T, dir string, program []string) outcome {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	o := execute(t, append([]string{
		"strace", "-f", "-qq", "-o", trace, "-P", filepath.Join(dir, b.path), "-e", "trace=" + b.calls,
		"-e", fmt.Sprintf("inject=%s:retval=%s", b.calls, b.result),
	}, program...))
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("(INJECTED)")) {
		t.Fatal("the bug was not planted")
	}
	return o
}

// killBeforeSync runs the program and kills it when all is written and nothing of
// it durable.
func killBeforeSync(t *testing.T, a *account, dir, format string) {
	t.Helper()
	victim := "mail/INBOX.mbox"
	if format == "maildir" {
		victim = "mail/INBOX/tmp/" + firstMail
	}
	o := execute(t, append([]string{
		"strace", "-f", "-qq", "-o", os.DevNull, "-P", filepath.Join(dir, victim), "-e", "trace=" + syncCalls,
		"-e", fmt.Sprintf("inject=%s:signal=SIGKILL", syncCalls),
	}, backupArgs(url(user, a.server.Addr), dir, format)...))
	if !o.killed {
		t.Fatalf("not killed, exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// TestKillBeforeSync is TestKillCatches without a bug.
func TestKillBeforeSync(t *testing.T) {
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			a := newAccount(t)
			dir := filepath.Join(scratch(t), "archive")
			killBeforeSync(t, a, dir, format)
			if err := makeGood(t.Context(), dir, a, archive.Format(format)); err != nil {
				t.Error(err)
			}
		})
	}
}
