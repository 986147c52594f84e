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

// bar shows progress on one terminal line: what, messages, share, octets, rate
// and the time left.
type bar struct {
	bar      *progressbar.ProgressBar
	byOctets bool  // octets are counted, else messages
	max      int64 // -1: a spinner
	label    int   // cells for the description
}

// newBar makes a bar for a terminal of width columns.
func newBar(w io.Writer, width int, p Progress) *bar {
	roomy := width >= 76
	b := &bar{max: -1, label: max(8, width-20)}
	if roomy {
		b.label = width - 64
	}
	switch {
	case p.TotalOctets > 0:
		b.byOctets, b.max = true, p.TotalOctets
	case p.TotalMessages > 0:
		b.max = p.TotalMessages
	default:
		b.byOctets = true
	}
	b.bar = progressbar.NewOptions64(b.max,
		// Not the file itself: the bar would call fsync on it at every turn.
		progressbar.OptionSetWriter(struct{ io.Writer }{w}),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(8),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetElapsedTime(roomy),
		progressbar.OptionSetPredictTime(roomy),
		progressbar.OptionSpinnerType(9),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
		progressbar.OptionShowBytes(b.byOctets && roomy),
		func(pb *progressbar.ProgressBar) {
			if roomy {
				progressbar.OptionShowCount()(pb)
			}
		},
	)
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

// show redraws the bar, at most ten times a second.
func (b *bar) show(p Progress) {
	counts := fmt.Sprintf(" %d", p.Messages)
	if p.TotalMessages >= 0 {
		counts += fmt.Sprintf("/%d", p.TotalMessages)
	}
	name := Fit(Escape(p.What), max(4, b.label-len(counts)))
	b.bar.Describe(PadRight(name+counts, b.label))
	n := p.Messages
	if b.byOctets {
		n = p.Octets
	}
	if b.max >= 0 {
		// A full bar counts as finished and would never be drawn again; and
		// what a server announced may be less than what came.
		n = min(n, b.max-1)
	}
	// Its error says that the count passed the maximum: it cannot.
	_ = b.bar.Set64(n)
}

// clear wipes the bar's line; the next show draws it again.
func (b *bar) clear() { _ = b.bar.Clear() }
