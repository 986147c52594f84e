package ui

import (
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
)

// bar is one line that shows a share as a bar, or while the whole is not known
// that something goes on.
type bar struct {
	bar *progressbar.ProgressBar
	max int64
}

// line draws the bar at done of total, with text behind it, in at most width
// cells. The bar writes nothing itself: all lines go to the terminal in one
// piece, else it flickers.
func (b *bar) line(done, total int64, text string, width int) string {
	if total <= 0 {
		total = -1 // a spinner
	}
	if b.bar == nil || b.max != total {
		b.max = total
		b.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(io.Discard),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetWidth(12),
			progressbar.OptionThrottle(0),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSpinnerType(9),
			// Else the bar draws from a goroutine of its own that nobody can end.
			progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionSetTheme(progressbar.Theme{
				Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
			}),
		)
	}
	if total > 0 {
		// A full bar counts as finished and would never be drawn again; and what
		// a server announced may be less than what came.
		done = min(done, total-1)
	}
	// Its error says that the count passed the maximum, which it cannot.
	_ = b.bar.Set64(max(0, done))
	b.bar.Describe(text)
	line := strings.TrimSuffix(strings.TrimPrefix(b.bar.String(), "\r"), "\x1b[0K")
	return Fit(strings.TrimRight(line, " "), width)
}

// block is some lines at the bottom of a terminal that are drawn again and
// again. Between two drawings the cursor stands where the block begins: whatever
// the terminal makes of its lines when it is resized, all of it is below.
type block struct {
	w     io.Writer
	plain bool // without escape sequences: the first line only
	width int  // of what stands there, 0 for nothing
}

// draw shows lines, none of more than width cells, in place of what was there. It
// writes once and clears nothing that is to stay, so nothing flickers.
func (b *block) draw(lines []string, width int) {
	text := strings.Join(lines, "\x1b[K\r\n") + "\x1b[J" + strings.Repeat("\x1b[A", len(lines)-1)
	if b.plain {
		text = PadRight(lines[0], min(b.width, width))
	}
	_, _ = io.WriteString(b.w, "\r"+text+"\r") // there is nobody to tell
	b.width = width
}

// wipe leaves nothing of the lines.
func (b *block) wipe() {
	text := "\x1b[J"
	if b.plain {
		text = strings.Repeat(" ", b.width) + "\r"
	}
	if b.width > 0 {
		_, _ = io.WriteString(b.w, "\r"+text)
	}
	b.width = 0
}
