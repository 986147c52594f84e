//go:build linux

package crashtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// stallLimit is how long a run waits for a line that is made to say nothing.
const stallLimit = 50 * time.Millisecond

// lineKinds are the ways in which a line breaks.
func lineKinds() map[string]imaptest.Kind {
	return map[string]imaptest.Kind{"reset": imaptest.Reset, "ended": imaptest.End, "stalled": imaptest.Stall}
}

// sessionOctets returns how many octets a whole run is told by the server.
func sessionOctets(t *testing.T, a *account, format string) int64 {
	t.Helper()
	line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{})
	dir := filepath.Join(scratch(t), "archive")
	if _, err := backup(t.Context(), dir, line.Addr, archive.Format(format), runLimit); err != nil {
		t.Fatal(err)
	}
	_, down := line.Octets()
	return down
}

// cuts returns after how many octets of a session the line breaks: closely at
// the beginning and the end, where the answers are short, and widely in between.
func cuts(session int64) (after []int64) {
	const edge, few, many = 2000, 29, 90_001
	for n := int64(0); n < session; {
		after = append(after, n)
		if n < edge || n > session-edge {
			n += few
		} else {
			n = min(n+many, max(n+few, session-edge))
		}
	}
	return after
}

// TestBrokenLine breaks the line after certain octets of a session, on the first
// connection and on all that the run makes. What comes after that is whole: the
// run's own next try, or the next run.
func TestBrokenLine(t *testing.T) {
	for _, format := range formats() {
		a := newAccount(t)
		session := sessionOctets(t, a, format)
		for name, kind := range lineKinds() {
			for _, first := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s/first=%d", format, name, first), func(t *testing.T) {
					t.Parallel()
					points := cuts(session)
					if kind == imaptest.Stall || first == 0 { // which take time
						points = every(points, 5)
					}
					for _, after := range points {
						breakLine(t, a, format, session, imaptest.Fault{Kind: kind, After: after, First: first})
					}
				})
			}
		}
	}
}

// every returns each n-th of a list.
func every(list []int64, n int) (out []int64) {
	for i := 0; i < len(list); i += n {
		out = append(out, list[i])
	}
	return out
}

// breakLine breaks a line once; session is what a whole run is told.
func breakLine(t *testing.T, a *account, format string, session int64, f imaptest.Fault) {
	t.Helper()
	line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{Faults: []imaptest.Fault{f}})
	dir := filepath.Join(scratch(t), "archive")
	wait := runLimit
	if f.Kind == imaptest.Stall {
		wait = stallLimit
	}
	s, err := backup(t.Context(), dir, line.Addr, archive.Format(format), wait)
	switch {
	case err == nil:
		// What came before the break is asked for once more at the most.
		breaks := 1
		if f.Kind == imaptest.Stall { // a busy machine breaks some more: it is silent for longer than the limit
			passed, _ := line.Connections()
			breaks = max(1, passed-1)
		}
		if _, down := line.Octets(); f.First == 1 && down > f.After+int64(breaks)*session+overhead {
			t.Errorf("after %d octets: %d octets were fetched, %d are there", f.After, down, session)
		}
	case !errors.Is(err, mailhaul.ErrConnect) && !errors.Is(err, errPartial):
		t.Errorf("after %d octets: %v, want %v or %v", f.After, err, mailhaul.ErrConnect, errPartial)
	default:
		if _, err := os.Stat(dir); err != nil {
			break // broken before the login: no archive was made
		}
		if _, err := checkRecorded(t.Context(), dir, a.known(), int(s.New)); err != nil {
			t.Errorf("after %d octets: %v", f.After, err)
		}
	}
	line.Change(imaptest.LineOptions{})
	_, err = backup(t.Context(), dir, line.Addr, archive.Format(format), runLimit)
	err = errors.Join(err, checkComplete(t.Context(), dir, a.mails(), nil))
	count("line "+kindName(f.Kind), "backup", format, err)
	if err != nil {
		t.Errorf("after %d octets: next run: %v", f.After, err)
	}
}

// kindName is how a way to break is called.
func kindName(kind imaptest.Kind) (name string) {
	for name, k := range lineKinds() {
		if k == kind {
			return name
		}
	}
	return ""
}

// TestChoppedLine gets every answer octet by octet.
func TestChoppedLine(t *testing.T) {
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			a := newAccount(t)
			work := a.folders[1]
			work.Messages[1].Body = work.Messages[1].Body[len(work.Messages[1].Body)-50_000:]
			line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{Chop: true})
			dir := filepath.Join(scratch(t), "archive")
			if _, err := backup(t.Context(), dir, line.Addr, archive.Format(format), runLimit); err != nil {
				t.Fatal(err)
			}
			if err := checkComplete(t.Context(), dir, a.mails(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBrokenLineOfProgram is TestBrokenLine for the program itself: as soon as
// it says that it will try again, it is interrupted in place of the pause, ends
// in order, and the next run makes good.
func TestBrokenLineOfProgram(t *testing.T) {
	for _, format := range formats() {
		a := newAccount(t)
		session := sessionOctets(t, a, format)
		for name, kind := range lineKinds() {
			t.Run(format+"/"+name, func(t *testing.T) {
				for part := int64(1); part < 4; part++ {
					after := session * part / 4
					line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{
						Faults: []imaptest.Fault{{Kind: kind, After: after}},
					})
					dir := filepath.Join(scratch(t), "archive")
					if code := interruptRetry(t, backupArgs(url(user, line.Addr), dir, format, "--timeout", "1s")); code != 130 {
						t.Errorf("after %d octets: exit code %d, want 130", after, code)
					}
					if _, err := checkRecorded(t.Context(), dir, a.known(), 0); err != nil {
						t.Errorf("after %d octets: %v", after, err)
					}
					line.Change(imaptest.LineOptions{})
					if o := execute(t, backupArgs(url(user, line.Addr), dir, format)); o.code != 0 {
						t.Errorf("after %d octets: next run: exit code %d\n%s", after, o.code, o.stderr)
					}
					if err := checkComplete(t.Context(), dir, a.mails(), nil); err != nil {
						t.Errorf("after %d octets: %v", after, err)
					}
				}
			})
		}
	}
}

// interruptRetry runs the program, interrupts it once it says that it tries
// again, and returns the exit code.
func interruptRetry(t *testing.T, args []string) int {
	t.Helper()
	cmd, _, stderr := start(t.Context(), args)
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(runLimit, func() { _ = cmd.Process.Kill() })
	defer guard.Stop()
	interrupted := false
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if !interrupted && strings.Contains(lines.Text(), "trying again") {
			interrupted = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	err = cmd.Wait()
	if !interrupted {
		t.Errorf("it never tried again: %v\n%s", err, stderr)
	}
	return cmd.ProcessState.ExitCode()
}
