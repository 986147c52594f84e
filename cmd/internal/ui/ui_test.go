package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// TestWhoHears runs one story through each way of speaking.
func TestWhoHears(t *testing.T) {
	tests := []struct {
		name           string
		options        ui.Options
		stdout, stderr string
		bar            bool
	}{
		{"not a terminal", ui.Options{}, "data\n", "mailhaul: warning: w\nsaid\n", false},
		{"quiet terminal", ui.Options{Redraws: true, Quiet: true}, "data\n", "mailhaul: warning: w\nsaid\n", false},
		{"verbose", ui.Options{Verbose: true}, "data\n", "event\nnotice\nremark\nmailhaul: warning: w\nsaid\n", false},
		{"terminal", ui.Options{Redraws: true}, "data\n", "", true},
		{"JSON", ui.Options{JSON: true}, `"object"` + "\n" +
			`{"event":"notice","text":"notice"}` + "\n" + `{"event":"notice","text":"remark"}` + "\n" +
			`{"event":"progress","folder":"A","messages":1,"octets":10,"total_messages":9,"total_octets":100}` + "\n" +
			`{"event":"warning","text":"w"}` + "\n" + "data\n", "said\n", false},
		{"quiet JSON", ui.Options{JSON: true, Quiet: true}, `{"event":"warning","text":"w"}` + "\ndata\n", "said\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			tt.options.Stdout, tt.options.Stderr = &stdout, &stderr
			tt.options.Width = func() int { return 100 }
			tt.options.Now = func() time.Time { return time.Unix(1, 0) }
			u := ui.New(tt.options)
			u.Event("object", "event")
			u.Notice("notice")
			u.Remark("remark")
			u.Progress(ui.Progress{Messages: 1, Octets: 10, TotalMessages: 9, TotalOctets: 100, Folder: "A"})
			u.Warn("w")
			u.Say("said")
			u.Print("data\n")
			u.EndProgress()
			if stdout.String() != tt.stdout {
				t.Errorf("stdout: got %q, want %q", stdout.String(), tt.stdout)
			}
			if tt.bar {
				if !strings.Contains(stderr.String(), "1/9 messages") || !strings.Contains(stderr.String(), "said\n") {
					t.Errorf("stderr: got %q, want a bar in it", stderr.String())
				}
			} else if stderr.String() != tt.stderr {
				t.Errorf("stderr: got %q, want %q", stderr.String(), tt.stderr)
			}
		})
	}
}

// TestBarsKeepTheirLines: on terminals of any width each line of the bars fits,
// also for wide names and for more than was announced, and a line that is
// written wipes them.
func TestBarsKeepTheirLines(t *testing.T) {
	for _, width := range []int{1, 20, 40, 60, 76, 80, 132, 200} {
		for name, p := range map[string]ui.Progress{
			"octets":   {Folder: strings.Repeat("日本", 80), Messages: 1_000_000, TotalMessages: 2_000_000, Octets: 123_456_789_012, TotalOctets: 987_654_321_012},
			"messages": {Folder: "INBOX", Messages: 5, TotalMessages: 10, Octets: 10, TotalOctets: -1},
			"unknown":  {What: "verify", Messages: 5, TotalMessages: -1, Octets: 10_000, TotalOctets: -1},
			"too many": {Folder: "INBOX", Messages: 12, TotalMessages: 10, Octets: 200, TotalOctets: 100, FolderMessages: 7, FolderTotal: 6},
		} {
			var stderr bytes.Buffer
			u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Width: func() int { return width }, Now: time.Now})
			u.Progress(p)
			drawn := stderr.String()
			u.Say("line")
			u.EndProgress()
			if rest := strings.TrimPrefix(stderr.String(), drawn); rest != "\r\x1b[Jline\n" {
				t.Errorf("%d columns, %s: the bars were not wiped: %q", width, name, rest)
			}
			for part := range strings.SplitSeq(drawn, "\r") {
				for _, sequence := range []string{"\x1b[K", "\x1b[J", "\x1b[A", "\n"} {
					part = strings.ReplaceAll(part, sequence, "")
				}
				if ui.Width(part) > width {
					t.Errorf("%d columns, %s: %d cells: %q", width, name, ui.Width(part), part)
				}
			}
		}
	}
}

// TestNothingGetsThrough: whatever a UI is given, no control character comes out.
func TestNothingGetsThrough(t *testing.T) {
	const evil = "a\x1b]0;title\a\u009b2J\u202eb\xff"
	for name, o := range map[string]ui.Options{
		"plain": {Verbose: true}, "bars": {Redraws: true, Plain: true}, "JSON": {JSON: true},
	} {
		var stdout, stderr bytes.Buffer
		o.Stdout, o.Stderr, o.Now, o.Width = &stdout, &stderr, time.Now, func() int { return 80 }
		u := ui.New(o)
		u.Print("one " + evil + "\ntwo\n")
		u.Say(evil)
		u.Warn(evil)
		u.Notice(evil)
		u.Remark(evil)
		u.Event(map[string]string{"event": ui.Text(evil)}, evil)
		u.Object(map[string]string{"k": ui.Text(evil)})
		u.Progress(ui.Progress{What: evil, Folder: evil, TotalMessages: 2, TotalOctets: -1, FolderTotal: 1})
		u.Warn(evil)
		u.EndProgress()
		for r := range strings.SplitSeq(stdout.String()+stderr.String(), "\n") {
			if r = strings.ReplaceAll(r, "\r", ""); ui.Escape(r) != r {
				t.Errorf("%s: %q got through", name, r)
			}
		}
		if !strings.Contains(stdout.String(), "\ntwo\n") {
			t.Errorf("%s: the lines are gone: %q", name, stdout.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFailedWritesAreTold(t *testing.T) {
	u := ui.New(ui.Options{Stdout: fullDisk{}})
	u.Print("data")
	if err := u.Err(); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
}
