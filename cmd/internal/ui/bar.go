package ui

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is how far a command has come.
type Progress struct {
	// What is being worked on, usually a folder.
	What string
	// Done so far, and in all; totals are -1 while unknown.
	Messages, Octets           int64
	TotalMessages, TotalOctets int64
}

// redraw is the shortest time between two drawings of a bar.
const redraw = 100 * time.Millisecond

// bar shows progress on one terminal line: what, messages, octets, share, rate
// and the time left.
type bar struct {
	bar      *progressbar.ProgressBar
	out      *gate
	byOctets bool  // octets are counted, else messages
	max      int64 // -1: a spinner
	label    int   // cells for the description
	start    time.Time
	shown    time.Time
	before   int64 // octets that were done at the start
}

// gate passes on what is written to it while it is open.
type gate struct {
	w    io.Writer
	open bool
}

func (g *gate) Write(b []byte) (int, error) {
	if !g.open {
		return len(b), nil
	}
	return g.w.Write(b)
}

// newBar makes a bar for a terminal of width columns.
func newBar(w io.Writer, width int, p Progress, now time.Time) *bar {
	roomy := width >= 76
	b := &bar{max: -1, label: max(8, width-20), out: &gate{w: w, open: true}, start: now, before: p.Octets}
	if roomy {
		b.label = width - 64
	}
	switch {
	case p.TotalOctets > 0:
		b.byOctets, b.max = true, p.TotalOctets
	case p.TotalMessages > 0:
		b.max = p.TotalMessages
		if roomy {
			b.label = width - 42 // the octets stand in the description
		}
	default:
		b.byOctets = true
	}
	options := []progressbar.Option{
		// Not the file itself: the bar would call fsync on it at every turn.
		progressbar.OptionSetWriter(b.out),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(8),
		progressbar.OptionThrottle(0), // show does that
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetElapsedTime(roomy),
		progressbar.OptionSetPredictTime(roomy),
		progressbar.OptionSpinnerType(9),
		// Else the bar draws from a goroutine of its own that nobody can end.
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
	}
	if b.byOctets && roomy {
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionShowCount())
	}
	b.bar = progressbar.NewOptions64(b.max, options...)
	return b
}

// fits tells whether the bar can show p: another total needs another bar.
func (b *bar) fits(p Progress) bool {
	switch {
	case p.TotalOctets > 0:
		return b.byOctets && b.max == p.TotalOctets
	case p.TotalMessages > 0:
		return !b.byOctets && b.max == p.TotalMessages
	}
	return b.max == -1
}

// show redraws the bar, unless it was drawn a moment ago.
func (b *bar) show(p Progress, now time.Time) {
	if !b.shown.IsZero() && now.Sub(b.shown) < redraw {
		return
	}
	b.shown = now
	n := p.Messages
	if b.byOctets {
		n = p.Octets
	}
	if b.max >= 0 {
		// A full bar counts as finished and would never be drawn again; and
		// what a server announced may be less than what came.
		n = min(n, b.max-1)
	}
	// Setting the count draws the bar with the old description: not shown. Its
	// error says that the count passed the maximum, which it cannot.
	b.out.open = false
	_ = b.bar.Set64(n)
	b.out.open = true
	b.bar.Describe(b.describe(p, now))
}

// describe is what stands before the bar.
func (b *bar) describe(p Progress, now time.Time) string {
	counts := fmt.Sprintf(" %d", p.Messages)
	if p.TotalMessages >= 0 {
		counts += fmt.Sprintf("/%d", p.TotalMessages)
	}
	if !b.byOctets {
		counts += " " + Octets(p.Octets)
		if elapsed := now.Sub(b.start).Seconds(); elapsed > 0.5 {
			counts += " " + Octets(int64(float64(p.Octets-b.before)/elapsed)) + "/s"
		}
	}
	return PadRight(Fit(Escape(p.What), max(4, b.label-len(counts)))+counts, b.label)
}

// clear wipes the bar's line; the next show draws it again.
func (b *bar) clear() {
	_ = b.bar.Clear()
	b.shown = time.Time{}
}
