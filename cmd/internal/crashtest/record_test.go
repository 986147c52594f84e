//go:build linux

package crashtest_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// scratch returns an empty directory for archives that are made and thrown away
// by the hundred: in memory where the system has such a place.
func scratch(tb testing.TB) string {
	tb.Helper()
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		return tb.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "crashtest-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}

// slow lets the account's mail take more than two seconds: messages become safe
// in several groups then, each while the next one fills.
const slow = 450_000

// step is one recorded run.
type step struct {
	rate    int64    // octets a second of the line, 0 for no limit
	options []string // of strace, to inject faults
	killed  bool     // by what is injected
	change  bool     // the account changes afterwards
}

// usual are the runs that an archive lives through: a first backup, one after
// the account changed, one without a change.
func usual() []step { return []step{{rate: slow, change: true}, {}, {}} }

// record runs the program step by step and returns what it did, and how many
// events those of the first step are.
func record(t *testing.T, a *account, format string, steps []step) (events []replay.Event, first int) {
	t.Helper()
	dir := filepath.Join(scratch(t), "archive")
	var traces []string
	for i, s := range steps {
		line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{Rate: s.rate})
		trace := filepath.Join(t.TempDir(), "trace")
		o := execute(t, replay.Command(trace, s.options, backupArgs(url(user, line.Addr), dir, format)...))
		if s.killed != o.killed || !o.killed && o.code != 0 {
			t.Fatalf("step %d: killed %t, exit code %d\n%s%s", i, o.killed, o.code, o.stdout, o.stderr)
		}
		traces = append(traces, trace)
		if i == 0 {
			first = len(parse(t, dir, nil, traces))
		}
		if s.change {
			a.change()
		}
	}
	if err := checkComplete(t.Context(), dir, a.mails(), a.gone); err != nil {
		t.Fatalf("recorded runs: %v", err)
	}
	events = parse(t, dir, nil, traces)
	checkModel(t, events, dir)
	return events, first
}

func parse(t *testing.T, dir string, found replay.State, traces []string) []replay.Event {
	t.Helper()
	var recordings []io.Reader
	for _, trace := range traces {
		f, err := os.Open(trace)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		recordings = append(recordings, f)
	}
	events, err := replay.Parse(dir, found, recordings...)
	if err != nil {
		t.Fatalf("parse recording: %v", err)
	}
	return events
}

// checkModel holds what the model believes against what is there.
func checkModel(t *testing.T, events []replay.Event, dir string) {
	t.Helper()
	disk := replay.NewDisk()
	for _, e := range events {
		disk.Apply(e)
	}
	state := disk.Crash(replay.Variant{Data: replay.Kept, Names: replay.Kept}, nil)
	for name, want := range state {
		if want == nil {
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != string(want) {
			t.Errorf("the model has %d octets of %s, the disk %d (%v)", len(want), name, len(got), err)
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if name != dir {
			files++
		}
		return err
	})
	if err != nil || files != len(state) {
		t.Errorf("the model has %d names, the disk %d (%v)", len(state), files, err)
	}
}
