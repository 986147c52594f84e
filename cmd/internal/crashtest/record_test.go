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

// record runs the program three times and returns what it did: a first backup,
// one after the account changed, one without a change.
func record(t *testing.T, a *account, format string) []replay.Event {
	t.Helper()
	dir := filepath.Join(scratch(t), "archive")
	var recordings []io.Reader
	for run := range 3 {
		line := imaptest.NewLine(t, a.server.Addr, imaptest.LineOptions{})
		if run == 0 {
			line.Change(imaptest.LineOptions{Rate: slow})
		}
		trace := filepath.Join(t.TempDir(), "trace")
		o := execute(t, replay.Command(trace, nil, backupArgs(url(user, line.Addr), dir, format)...))
		if o.code != 0 {
			t.Fatalf("run %d: exit code %d\n%s%s", run, o.code, o.stdout, o.stderr)
		}
		f, err := os.Open(trace)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		recordings = append(recordings, f)
		if run == 0 {
			a.change()
		}
	}
	if err := checkComplete(t.Context(), dir, a.mails(), a.gone); err != nil {
		t.Fatalf("recorded runs: %v", err)
	}
	events, err := replay.Parse(dir, recordings...)
	if err != nil {
		t.Fatalf("parse recording: %v", err)
	}
	checkModel(t, events, dir)
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
