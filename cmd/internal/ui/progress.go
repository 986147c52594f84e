package ui

import (
	"fmt"
	"strings"
	"time"
)

// Progress is how far a command has come.
type Progress struct {
	// What is done, where it is not mail that is fetched or copied.
	What string
	// Done so far, and in all; totals are -1 while unknown.
	Messages, Octets           int64
	TotalMessages, TotalOctets int64
	// Folder is the one that is worked on, "" for none; of its FolderTotal
	// messages FolderMessages are done.
	Folder                      string
	FolderMessages, FolderTotal int64
}

const (
	// redraw is the shortest time between two drawings of the bars.
	redraw = 100 * time.Millisecond
	// logged is the time between two lines where no bars can be drawn.
	logged = time.Minute
)

// watch is progress under way that a person sees: on a terminal as bars, else as
// a line a minute.
type watch struct {
	now              Progress
	octets, messages pace
	all, folder      bar
	block            block
	shown            time.Time // when it was drawn or told
	stop, stopped    chan struct{}
}

// startWatch begins to show progress. A second without news is shown, too: so the
// rate and the time left go on when nothing else does.
func (u *UI) startWatch(p Progress) *watch {
	w := &watch{
		block: block{w: u.o.Stderr, plain: u.o.Plain}, shown: u.o.Now(),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	w.octets.observe(p.Octets, w.shown)
	w.messages.observe(p.Messages, w.shown)
	if u.o.Redraws {
		w.shown = time.Time{}
	}
	go func() {
		defer close(w.stopped)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-t.C:
			}
			u.mu.Lock()
			if u.watch == w { // else it has ended meanwhile
				w.octets.observe(w.now.Octets, u.o.Now())
				w.messages.observe(w.now.Messages, u.o.Now())
				u.show(w)
			}
			u.mu.Unlock()
		}
	}()
	return w
}

// show draws the bars or tells the line, when it is time for it.
func (u *UI) show(w *watch) {
	now := u.o.Now()
	switch since := now.Sub(w.shown); {
	case u.o.Redraws && since >= redraw:
		w.shown = now
		// The last column stays free: some terminals begin a new line behind it.
		width := max(u.o.Width()-1, 1)
		w.block.draw(w.lines(now, width), width)
	case !u.o.Redraws && since >= logged:
		w.shown = now
		u.logged = true
		u.line("progress: " + w.line(now))
	}
}

// lines are what the terminal shows: all, and the folder.
func (w *watch) lines(now time.Time, width int) []string {
	p := w.now
	done, total := p.Messages, p.TotalMessages
	if p.TotalOctets > 0 {
		done, total = p.Octets, p.TotalOctets
	}
	line := ""
	for _, parts := range w.parts(now) {
		line = w.all.line(done, total, join(parts), 2*width)
		if Width(line) <= width {
			break
		}
	}
	lines := []string{Fit(line, width)}
	if p.Folder != "" {
		lines = append(lines, w.folder.line(p.FolderMessages, p.FolderTotal, folderText(p), width))
	}
	return lines
}

// line tells the same in one line.
func (w *watch) line(now time.Time) string {
	text := join(w.parts(now)[0])
	if w.now.Folder != "" {
		text += "; " + folderText(w.now)
	}
	return text
}

// parts are what is to be told of all, then the same with less and less words.
func (w *watch) parts(now time.Time) [][]string {
	p := w.now
	count := share(p.Messages, p.TotalMessages, func(n int64) string { return fmt.Sprint(n) })
	messages := count + " messages"
	if p.TotalMessages < 0 {
		messages = Count(p.Messages, "message")
	}
	if p.What != "" {
		messages = Escape(p.What) + ": " + messages
	}
	octets, rate, left := "", "", ""
	if p.Octets > 0 || p.TotalOctets > 0 {
		octets = share(p.Octets, p.TotalOctets, Octets)
		if perSecond := w.octets.perSecond(); perSecond >= 1 {
			rate = Octets(int64(perSecond)) + "/s"
		}
	}
	rest := w.messages.left(p.TotalMessages-p.Messages, now)
	if p.TotalOctets > 0 {
		rest = w.octets.left(p.TotalOctets-p.Octets, now)
	}
	if rest > 0 {
		left = timeLeft(rest) + " left"
	}
	return [][]string{
		{messages, octets, rate, left}, {messages, rate, left}, {count, rate, left}, {count, left}, {left}, {count},
	}
}

// share is how much of how much, the latter when it is known.
func share(done, total int64, text func(int64) string) string {
	if total < 0 {
		return text(done)
	}
	return text(done) + "/" + text(total)
}

func folderText(p Progress) string {
	if p.FolderTotal <= 0 {
		return Escape(p.Folder)
	}
	return fmt.Sprintf("%d/%d in %s", p.FolderMessages, p.FolderTotal, Escape(p.Folder))
}

// join puts commas between what is not empty.
func join(parts []string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}
