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
	// Redraws and Width are those of the terminal behind Stderr.
	Redraws bool
	Width   func() int
	// Quiet says nothing but warnings and errors, Verbose also notices; JSON
	// writes one object a line to Stdout and draws no bars.
	Quiet, Verbose, JSON bool
	Now                  func() time.Time
}

// UI is what a command speaks through. Its methods may be called from several
// goroutines. The bar is drawn on Stderr; any other line wipes it first.
type UI struct {
	o        Options
	mu       sync.Mutex
	bar      *bar
	lastJSON time.Time // of the last progress object
	err      error     // the first failed write to Stdout
}

// New returns a UI.
func New(o Options) *UI { return &UI{o: o} }

// JSON tells whether the UI speaks JSON.
func (u *UI) JSON() bool { return u.o.JSON }

// Interactive tells whether a person watches: progress is shown on a terminal.
func (u *UI) Interactive() bool { return u.o.Redraws && !u.o.Quiet && !u.o.JSON }

// Verbose tells whether notices are shown.
func (u *UI) Verbose() bool { return u.o.Verbose }

// Progress shows how far the command has come: on a terminal with a bar, in
// JSON with an object a second.
func (u *UI) Progress(p Progress) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.o.Quiet:
	case u.o.JSON:
		if now := u.o.Now(); now.Sub(u.lastJSON) >= time.Second {
			u.lastJSON = now
			u.object(progressObject{"progress", Text(p.What), p.Messages, p.Octets, p.TotalMessages, p.TotalOctets})
		}
	case u.o.Redraws:
		if u.bar != nil && !u.bar.fits(p) {
			u.bar.clear()
			u.bar = nil
		}
		if u.bar == nil {
			u.bar = newBar(u.o.Stderr, u.o.Width(), p, u.o.Now())
		}
		u.bar.show(p, u.o.Now())
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

// EndProgress wipes the bar for good.
func (u *UI) EndProgress() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bar != nil {
		u.bar.clear()
		u.bar = nil
	}
}

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

// Notice tells what a person may want to know, when asked to be verbose.
func (u *UI) Notice(text string) {
	u.Event(textObject{"notice", Text(text)}, text)
}

// Remark is a Notice that a person who watches sees unasked: why nothing moves.
func (u *UI) Remark(text string) {
	if u.Interactive() {
		u.Say(text)
		return
	}
	u.Notice(text)
}

// Warn tells what a person must know, even when quiet.
func (u *UI) Warn(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.o.JSON {
		u.object(textObject{"warning", Text(text)})
		return
	}
	u.line("mailhaul: warning: " + Escape(text))
}

// Say writes one line to Stderr, whatever the options.
func (u *UI) Say(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.line(Escape(text))
}

// line wipes the bar and writes a line to Stderr. There is nobody to tell when
// that fails.
func (u *UI) line(text string) {
	if u.bar != nil {
		u.bar.clear()
	}
	_, _ = fmt.Fprintln(u.o.Stderr, text)
}

// Print writes text that was escaped where it must be to Stdout.
func (u *UI) Print(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bar != nil {
		u.bar.clear()
	}
	u.write([]byte(text))
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
