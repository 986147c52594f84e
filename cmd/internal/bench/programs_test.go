package bench_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
	want := map[[sha256.Size]byte]int{}
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
					if got := written(t, filepath.Join(dir, "mail"), format); !maps.Equal(got, want) {
						t.Errorf("%d different messages written, %d wanted, or others", len(got), len(want))
					}
				})
			}
		}
	}
}

// written returns the digests of all messages that the floor wrote, and how
// often each is there.
func written(t *testing.T, dir, format string) map[[sha256.Size]byte]int {
	t.Helper()
	got := map[[sha256.Size]byte]int{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		messages := []string{string(text)}
		if format == "mbox" { // nothing is quoted, so only the whole line tells
			const separator = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"
			messages = strings.Split(strings.TrimPrefix(string(text), separator), "\n"+separator)
			messages[len(messages)-1] = strings.TrimSuffix(messages[len(messages)-1], "\n")
		}
		for _, m := range messages {
			got[sha256.Sum256([]byte(m))]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
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
			m, stdout, err := timed(t.Context(), filepath.Join(t.TempDir(), "result"), "", []string{"sh", "-c", test.script})
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
	_, _, err := timed(t.Context(), filepath.Join(t.TempDir(), "result"), "", []string{"/nonexistent"})
	if err == nil {
		t.Error("a command that is not there: no error")
	}
}

// TestChecks: an entry that leaves a message out must not win.
func TestChecks(t *testing.T) {
	a := fill(t, imaptest.Dovecot(t), "small", small())
	entries := append([]entry{a.entryFloor("files", 1, false), a.entryMailhaul("files"), a.entryMailhaul("mbox")}, a.peers(false)...)
	more := a
	more.messages++
	wrong := append([]entry{more.entryFloor("files", 1, false), more.entryMailhaul("files"), more.entryMailhaul("mbox")}, more.peers(false)...)
	for i, e := range entries {
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
