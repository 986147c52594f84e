package ui_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// recorder is a terminal that is written to from several goroutines.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// String is what was written so far.
func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// pause lets time pass, and what is due by then happen.
func pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// screen makes of what was written to a terminal of that width the lines that can
// be seen on it in the end.
func screen(t *testing.T, written string, width int) []string {
	t.Helper()
	cells := [][]string{nil}
	row, column := 0, 0
	for written != "" {
		rest := ""
		switch {
		case written[0] == '\r':
			column, rest = 0, written[1:]
		case written[0] == '\n':
			row, column, rest = row+1, 0, written[1:]
			if row == len(cells) {
				cells = append(cells, nil)
			}
		case strings.HasPrefix(written, "\x1b[K"):
			cells[row], rest = cells[row][:min(column, len(cells[row]))], written[3:]
		case strings.HasPrefix(written, "\x1b[J"):
			cells, rest = cells[:row+1], written[3:]
			cells[row] = cells[row][:min(column, len(cells[row]))]
		case strings.HasPrefix(written, "\x1b[A"):
			row, rest = row-1, written[3:]
		case written[0] == '\x1b':
			t.Fatalf("unknown sequence at %q", written[:min(10, len(written))])
		default:
			r, size := utf8.DecodeRuneInString(written)
			if column++; column > width {
				t.Fatalf("a line is wider than %d columns: %q", width, cells[row])
			}
			rest = written[size:]
			cells[row] = append(cells[row][:min(column-1, len(cells[row]))], append([]string{string(r)}, cells[row][min(column, len(cells[row])):]...)...)
		}
		written = rest
	}
	var lines []string
	for _, line := range cells {
		lines = append(lines, strings.TrimRight(strings.Join(line, ""), " "))
	}
	return lines
}

// TestTwoBars: all and the current folder, in the words that fit; what is written
// between stands above them, and nothing stays of them.
func TestTwoBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr recorder
		var width atomic.Int64
		width.Store(80)
		u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Width: func() int { return int(width.Load()) }, Now: time.Now})
		at := func(seconds int64) {
			u.Progress(ui.Progress{
				Messages: seconds, TotalMessages: 100, Octets: 1_000_000 * seconds, TotalOctets: 100_000_000,
				Folder: "INBOX\x1b", FolderMessages: seconds, FolderTotal: 50,
			})
		}
		at(0)
		pause(time.Second / 2) // news come between the ticks
		for s := range int64(20) {
			at(s + 1)
			pause(time.Second)
		}
		want := []string{
			"  20% [=>          ]  20/100 messages, 20 MB/100 MB, 1.0 MB/s, 79 s left",
			`  40% [===>        ]  20/50 in INBOX\x1b`,
		}
		if got := screen(t, stderr.String(), 80); !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
		u.Say("a line")
		for n := range 80 { // all sizes, and smaller than makes sense
			width.Store(int64(n))
			pause(time.Second)
			at(21)
		}
		width.Store(50)
		pause(time.Second)
		at(22)
		want = append([]string{"a line"},
			"  22% [=>          ]  22/100 messages, 58 s left",
			`  44% [====>       ]  22/50 in INBOX\x1b`)
		got := screen(t, stderr.String(), 80)
		got[1], want[1] = got[1][:28], want[1][:28] // the time left is another test's
		if !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
		u.EndProgress()
		if got := screen(t, stderr.String(), 80); !slices.Equal(got, []string{"a line", ""}) {
			t.Errorf("in the end: %q", got)
		}
	})
}

// TestPlainBar: who wants no escape sequences gets a bar without.
func TestPlainBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr recorder
		u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Plain: true, Width: func() int { return 80 }, Now: time.Now})
		for i := range int64(3) {
			u.Progress(ui.Progress{Messages: i, TotalMessages: 9, TotalOctets: -1, Folder: "INBOX"})
			pause(1300 * time.Millisecond)
		}
		u.Say("said")
		u.Progress(ui.Progress{Messages: 4, TotalMessages: 9, TotalOctets: -1, Folder: "INBOX"})
		pause(1300 * time.Millisecond)
		if got := screen(t, stderr.String(), 80); !slices.Equal(got, []string{"said", "  44% [====>       ]  4/9 messages, 3 s left"}) {
			t.Errorf("got %q", got)
		}
		u.EndProgress()
		if got := screen(t, stderr.String(), 80); !slices.Equal(got, []string{"said", ""}) || strings.Contains(stderr.String(), "\x1b") {
			t.Errorf("got %q", stderr.String())
		}
	})
}

// TestLogLines: without a terminal a long run gives a line a minute, also when
// nothing moves; a short or a quiet one gives none.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr recorder
		u := ui.New(ui.Options{Stderr: &stderr, Now: time.Now})
		start := time.Now()
		for time.Since(start) < 130*time.Second {
			n := int64(time.Since(start).Seconds() + 0.5)
			u.Progress(ui.Progress{
				Messages: n, TotalMessages: 300, Octets: 1000 * n, TotalOctets: 300_000,
				Folder: "Work", FolderMessages: n, FolderTotal: 200,
			})
			pause(time.Second / 4)
		}
		pause(time.Minute) // nothing moves
		u.EndProgress()
		pause(time.Hour)
		want := "progress: 60/300 messages, 60 KB/300 KB, 1.0 KB/s, 4 min left; 60/200 in Work\n" +
			"progress: 120/300 messages, 120 KB/300 KB, 999 B/s, 3 min left; 120/200 in Work\n" +
			"progress: 130/300 messages, 130 KB/300 KB, "
		if got := stderr.String(); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 3 {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
		if !u.Logged() {
			t.Error("nobody knows that there were lines")
		}
		for name, o := range map[string]ui.Options{"short": {}, "quiet": {Quiet: true}} {
			var stderr recorder
			o.Stderr, o.Now = &stderr, time.Now
			u := ui.New(o)
			for range map[string]int{"short": 59, "quiet": 200}[name] {
				u.Progress(ui.Progress{Messages: 1, TotalMessages: -1, TotalOctets: -1})
				pause(time.Second)
			}
			u.EndProgress()
			if stderr.String() != "" || u.Logged() {
				t.Errorf("%s: %q", name, stderr.String())
			}
		}
	})
}

// TestTimeLeftIsSteady: messages come in bursts, and still the time left only
// counts down; when the line gets slower it follows within half a minute.
func TestTimeLeftIsSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr recorder
		u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Width: func() int { return 80 }, Now: time.Now})
		const total = 4000
		u.Progress(ui.Progress{TotalMessages: total, TotalOctets: -1})
		pause(time.Second / 2) // news come between the ticks
		done := 0.0
		told := map[int]int{} // by second, in seconds
		for s := range 160 {
			rate := 40.0
			if s >= 60 {
				rate = 10
			}
			done += rate
			if s%3 == 0 { // a group
				u.Progress(ui.Progress{Messages: int64(done), TotalMessages: total, TotalOctets: -1})
			}
			before := len(stderr.String())
			pause(time.Second)
			if m := regexp.MustCompile(`(\d+) (s|min) left`).FindStringSubmatch(stderr.String()[before:]); m != nil {
				var n int
				fmt.Sscan(m[1], &n)
				if m[2] == "min" {
					n *= 60
				}
				told[s] = n
			}
		}
		u.EndProgress()
		if len(told) < 140 {
			t.Fatalf("a time was told in %d seconds of 160", len(told))
		}
		jumps := 0
		for s := 15; s < 60; s++ {
			if told[s] > told[s-1] {
				jumps++
			}
			if right := total/40 - s; told[s] < right*7/10-2 || told[s] > right*13/10+2 {
				t.Errorf("after %d s: %d s left are told, about %d are", s, told[s], right)
			}
		}
		if jumps > 1 {
			t.Errorf("the time left grew %d times: %v", jumps, told)
		}
		for s := 95; s < 160; s++ {
			if right := (total-2400)/10 - (s - 60); told[s] < right*6/10 || told[s] > right*13/10+60 {
				t.Errorf("after %d s: %d s left are told, about %d are", s, told[s], right)
			}
		}
	})
}

// TestRemarksWait: what warns while bars are shown is told when they are gone,
// each once, and not lost.
func TestRemarksWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr recorder
		u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Width: func() int { return 80 }, Now: time.Now})
		u.Warn("before")
		u.Progress(ui.Progress{Messages: 1, TotalMessages: 2, TotalOctets: -1})
		for range 3 {
			u.Warn("careful\x1b")
		}
		for i := range 25 {
			u.Notice(fmt.Sprint("notice ", i))
		}
		if strings.Contains(stderr.String(), "careful") {
			t.Errorf("told between bars: %q", stderr.String())
		}
		u.EndProgress()
		u.Warn("after")
		lines := screen(t, stderr.String(), 80)
		if want := []string{"mailhaul: warning: before", `mailhaul: warning: careful\x1b (3 times)`, "notice 0"}; !slices.Equal(lines[:3], want) {
			t.Errorf("got %q, want %q", lines[:3], want)
		}
		if want := []string{"notice 18", "and 6 more; --verbose tells each at once", "mailhaul: warning: after", ""}; !slices.Equal(lines[len(lines)-4:], want) {
			t.Errorf("got %q, want %q", lines[len(lines)-4:], want)
		}
	})
}
