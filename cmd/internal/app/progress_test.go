package app_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// lastLine keeps what was written last.
type lastLine struct{ atomic.Value }

func (l *lastLine) Write(b []byte) (int, error) {
	l.Store(string(b))
	return len(b), nil
}

// TestShownFolderStays: while messages of two folders become safe in turns, one of
// them is shown until it is done, or nothing has come of it for a while.
func TestShownFolderStays(t *testing.T) {
	synctest.Test(t, shownFolderStays)
}

func shownFolderStays(t *testing.T) {
	var stderr lastLine
	u := ui.New(ui.Options{Stderr: &stderr, Redraws: true, Width: func() int { return 80 }, Now: time.Now})
	tell := app.TellEvents(u, time.Now)
	defer u.EndProgress()
	shown := func(folder string, done, total int64) string {
		tell(migrate.Event{Kind: migrate.EventProgress, Folder: folder, FolderMessages: done, FolderTotal: total, TotalMessages: 99, TotalOctets: -1})
		_, text, _ := strings.Cut(stderr.Load().(string), "]  ")
		_, text, _ = strings.Cut(text, "]  ")
		text, _, _ = strings.Cut(text, "\x1b")
		time.Sleep(time.Second)
		return text
	}
	for i, step := range []struct {
		folder      string
		done, total int64
		want        string
	}{
		{"A", 1, 3, "1/3 in A"},
		{"B", 1, 9, "1/3 in A"},
		{"A", 2, 3, "2/3 in A"},
		{"B", 2, 9, "2/3 in A"},
		{"A", 3, 3, "3/3 in A"},
		{"B", 3, 9, "3/9 in B"},
		{"C", 1, 9, "3/9 in B"},
		{"C", 2, 9, "3/9 in B"},
		{"C", 3, 9, "3/9 in B"},
		{"C", 4, 9, "3/9 in B"},
		{"C", 5, 9, "5/9 in C"}, // five seconds without B
	} {
		if i == 1 {
			time.Sleep(time.Second / 2) // news come between the ticks
		}
		if got := shown(step.folder, step.done, step.total); got != step.want {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
	}
}
