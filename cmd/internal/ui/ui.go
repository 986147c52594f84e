package ui

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Options says what a UI has to write to and how much it says.
type Options struct {
	Stdout, Stderr io.Writer
	// Redraws, Plain and Width are those of the terminal behind Stderr.
	Redraws, Plain bool
	Width          func() int
	// Quiet says nothing but warnings and errors, Verbose also notices; JSON
	// writes one object a line to Stdout and draws no bars.
	Quiet, Verbose, JSON bool
	Now                  func() time.Time
}

// UI is what a command speaks through. Its methods may be called from several
// goroutines. Bars are drawn on Stderr; any other line wipes them first.
type UI struct {
	o        Options
	mu       sync.Mutex
	watch    *watch    // nil while no progress is shown
	later    []remark  // what is told when the bars are gone
	logged   bool      // progress was told in lines
	lastJSON time.Time // of the last progress object
	err      error     // the first failed write to Stdout
}

// remark is something that waits to be told, and how often it was said.
type remark struct {
	text  string
	times int
}

// New returns a UI.
func New(o Options) *UI { return &UI{o: o} }

// JSON tells whether the UI speaks JSON.
func (u *UI) JSON() bool { return u.o.JSON }

// Interactive tells whether a person watches: progress is shown on a terminal.
func (u *UI) Interactive() bool { return u.o.Redraws && !u.o.Quiet && !u.o.JSON }

// Verbose tells whether notices are shown.
func (u *UI) Verbose() bool { return u.o.Verbose }

// Logged tells whether progress was told in lines: a long run that nobody watches.
func (u *UI) Logged() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.logged
}

// Progress shows how far the command has come: on a terminal with bars, in JSON
// with an object a second, elsewhere with a line a minute.
func (u *UI) Progress(p Progress) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.o.Quiet:
	case u.o.JSON:
		if now := u.o.Now(); now.Sub(u.lastJSON) >= time.Second {
			u.lastJSON = now
			u.object(progressObject{"progress", Text(p.Folder), p.Messages, p.Octets, p.TotalMessages, p.TotalOctets})
		}
	default:
		if u.watch == nil {
			u.watch = u.startWatch(p)
		}
		u.watch.now = p
		u.show(u.watch)
	}
}

type progressObject struct {
	Event         string `json:"event"`
	Folder        string `json:"folder,omitempty"`
	Messages      int64  `json:"messages"`
	Octets        int64  `json:"octets"`
	TotalMessages int64  `json:"total_messages"`
	TotalOctets   int64  `json:"total_octets"`
}

// EndProgress wipes the bars for good and tells what was kept back for their
// sake.
func (u *UI) EndProgress() {
	u.mu.Lock()
	w := u.watch
	u.watch = nil
	if w != nil {
		w.block.wipe()
	}
	for i, r := range u.later {
		if i == mostLater {
			u.line(fmt.Sprintf("and %d more; --verbose tells each at once", len(u.later)-i))
			break
		}
		if r.times > 1 {
			r.text += fmt.Sprintf(" (%d times)", r.times)
		}
		u.line(r.text)
	}
	u.later = nil
	u.mu.Unlock()
	if w != nil {
		close(w.stop)
		<-w.stopped
	}
}

// mostLater is how many remarks are told one by one.
const mostLater = 20

// keep puts a line back until the bars are gone.
func (u *UI) keep(text string) {
	for i := range u.later {
		if u.later[i].text == text {
			u.later[i].times++
			return
		}
	}
	u.later = append(u.later, remark{text, 1})
}

// barred tells whether bars are on the screen.
func (u *UI) barred() bool { return u.watch != nil && u.o.Redraws }

// textObject is a JSON line that carries words.
type textObject struct {
	Event string `json:"event"`
	Text  string `json:"text"`
}

// Event tells what happened: in JSON with the object, else, when asked to be
// verbose, with the text.
func (u *UI) Event(object any, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.o.Quiet:
	case u.o.JSON:
		u.object(object)
	case u.o.Verbose:
		u.line(Escape(text))
	}
}

// Notice tells what a person may want to know: when asked to be verbose at once;
// when bars are shown behind them.
func (u *UI) Notice(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.o.Quiet:
	case u.o.JSON:
		u.object(textObject{"notice", Text(text)})
	case u.o.Verbose:
		u.line(Escape(text))
	case u.barred():
		u.keep(Escape(text))
	}
}

// Remark is a Notice that a person who watches sees unasked: why nothing moves.
func (u *UI) Remark(text string) {
	if u.Interactive() {
		u.Say(text)
		return
	}
	u.Notice(text)
}

// Warn tells what a person must know, even when quiet; while bars are shown it
// waits until they are gone.
func (u *UI) Warn(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.o.JSON {
		u.object(textObject{"warning", Text(text)})
		return
	}
	text = "mailhaul: warning: " + Escape(text)
	if u.barred() {
		u.keep(text)
		return
	}
	u.line(text)
}

// Say writes one line to Stderr, whatever the options.
func (u *UI) Say(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.line(Escape(text))
}

// line wipes the bars and writes a line to Stderr. There is nobody to tell when
// that fails.
func (u *UI) line(text string) {
	if u.watch != nil {
		u.watch.block.wipe()
	}
	_, _ = fmt.Fprintln(u.o.Stderr, text)
}

// Print writes lines to Stdout.
func (u *UI) Print(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.watch != nil {
		u.watch.block.wipe()
	}
	u.write([]byte(escapeLines(text)))
}

// Object writes v as one line of JSON to Stdout.
func (u *UI) Object(v any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.object(v)
}

func (u *UI) object(v any) {
	line, err := marshal(v)
	if err != nil {
		u.fail(err)
		return
	}
	u.write(append(line, '\n'))
}

func (u *UI) write(b []byte) {
	if u.err != nil {
		return
	}
	if _, err := u.o.Stdout.Write(b); err != nil {
		u.fail(fmt.Errorf("write to standard output: %w", err))
	}
}

func (u *UI) fail(err error) {
	if u.err == nil {
		u.err = err
	}
}

// Err is the first failure to write to Stdout: data that did not arrive must not
// pass for success.
func (u *UI) Err() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}
