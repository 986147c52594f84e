package bench_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// small is a set for tests of the benchmark itself.
func small() sample.Set { return sample.Set{Messages: 300, Octets: 900_000} }

// TestFloor: a floor that does less than it says would flatter nobody.
func TestFloor(t *testing.T) {
	server := imaptest.Dovecot(t)
	a := fill(t, server, "small", small())
	want := digests{}
	for _, m := range small().All(sample.Folders()) {
		want[sha256.Sum256(m.Body)]++
	}
	for _, format := range []string{"files", "mbox"} {
		for _, connections := range []int{1, 3} {
			for _, durable := range []bool{false, true} {
				e := a.entryFloor(format, connections, durable)
				t.Run(e.name, func(t *testing.T) {
					dir := t.TempDir()
					_, stdout, err := e.run(t.Context(), dir, false)
					if err != nil {
						t.Fatal(err)
					}
					if err := e.check(dir, stdout); err != nil {
						t.Error(err)
					}
					got, err := digestsOf(filepath.Join(dir, "mail"), format)
					if err != nil || !maps.Equal(got, want) {
						t.Errorf("%d messages written, %d wanted, or others; %v", got.messages(), want.messages(), err)
					}
				})
			}
		}
	}
}

// TestFloorAppend: nothing is left out, and nothing else comes.
func TestFloorAppend(t *testing.T) {
	server := imaptest.Dovecot(t)
	transfer := newTransfer(t.Context(), t, server, fill(t, server, "small", small()), t.TempDir(), false)
	e := transfer.entryAppend()
	dir := t.TempDir()
	_, stdout, err := e.run(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.check(dir, stdout), transfer.from.sameAs(strings.Fields(stdout))); err != nil {
		t.Error(err)
	}
	again := t.TempDir() // into the same account: the folders are there already
	transfer.targets.byDir[again] = transfer.targets.of(dir)
	if _, _, err := e.run(t.Context(), again, false); err == nil {
		t.Error("commands were refused, and the floor is content")
	}
}

// TestStopwatch: the memory of the process that measures must not count.
func TestStopwatch(t *testing.T) {
	const much = 256 << 20
	ballast := make([]byte, much)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	for _, test := range []struct {
		name, script, stdout, err string
	}{
		{"well", "echo done", "done\n", ""},
		{"exit code", "exit 3", "", "exit code 3"},
		{"words", "echo why >&2; exit 1", "", "why"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, stdout, err := timed(t.Context(), filepath.Join(t.TempDir(), "result"), commandLine{args: []string{"sh", "-c", test.script}})
			if got := fmt.Sprint(err); test.err == "" && err != nil || !strings.Contains(got, test.err) {
				t.Errorf("error %q, want one with %q", got, test.err)
			}
			if stdout != test.stdout {
				t.Errorf("output %q, want %q", stdout, test.stdout)
			}
			if m.Wall <= 0 || m.PeakMemory <= 0 || m.PeakMemory > much/8 {
				t.Errorf("measured %+v", m)
			}
		})
	}
	if ballast[len(ballast)-4096] != 1 {
		t.Error("the ballast is gone")
	}
	_, _, err := timed(t.Context(), filepath.Join(t.TempDir(), "result"), commandLine{args: []string{"/nonexistent"}})
	if err == nil {
		t.Error("a command that is not there: no error")
	}
}

// TestChecks: an entry that leaves a message out must not win.
func TestChecks(t *testing.T) {
	server := imaptest.Dovecot(t)
	a := fill(t, server, "small", small())
	targets := newTransfer(t.Context(), t, server, a, t.TempDir(), true)
	entries := func(a account, x transfer) []entry {
		return slices.Concat(
			[]entry{a.entryFloor("files", 1, false), a.entryFloor("none", 1, false), a.entryMailhaul("files"), a.entryMailhaul("mbox")}, a.peers(false),
			[]entry{x.entryAppend(), x.entryRestore("files"), x.entryRestore("mbox"), x.entryMigrate(), x.entryMbsyncPush()}, x.peers())
	}
	more, other := a, targets
	more.messages++
	other.digests = maps.Clone(targets.digests)
	other.digests[sha256.Sum256(nil)]++
	wrong := entries(more, other)
	for i, e := range entries(a, targets) {
		t.Run(e.name, func(t *testing.T) {
			dir := t.TempDir()
			_, stdout, err := e.run(t.Context(), dir, false)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.check(dir, stdout); err != nil {
				t.Error(err)
			}
			if err := wrong[i].check(dir, stdout); err == nil {
				t.Error("one message is missing, and the check is content")
			}
		})
	}
}

// TestTargets: each run has an account of its own, and its mail goes.
func TestTargets(t *testing.T) {
	server := imaptest.Dovecot(t)
	targets := newTargets(t, server, server.Addr)
	first, second := targets.of("one"), targets.of("two")
	if first == second || targets.of("one") != first {
		t.Error("one account for two runs, or two for one")
	}
	c := imaptest.Dial(t, server, first.user, first.password)
	if err := c.Create("folder"); err != nil {
		t.Fatal(err)
	}
	targets.drop("one")
	targets.drop("never")
	if _, err := os.Stat(server.Home(first.user)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mail is still there: %v", err)
	}
	if targets.of("one") == first {
		t.Error("an account is used again")
	}
}
