package export

import (
	"bytes"
	"io"

	"github.com/mailhaul/mailhaul/archive/mbox"
)

// lfWriter writes LF in place of each CR LF. Every LF that it is given must
// follow a CR.
type lfWriter struct {
	to  io.Writer
	cr  bool // the last octet is a CR that is not written yet
	out []byte
}

func (w *lfWriter) reset(to io.Writer) { w.to, w.cr = to, false }

func (w *lfWriter) Write(p []byte) (int, error) {
	w.out = w.out[:0]
	rest := p
	if w.cr && len(p) > 0 {
		if p[0] != '\n' {
			w.out = append(w.out, '\r')
		}
		w.cr = false
	}
	for {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		w.out = append(append(w.out, rest[:max(i-1, 0)]...), '\n')
		rest = rest[i+1:]
	}
	if n := len(rest); n > 0 && rest[n-1] == '\r' {
		rest, w.cr = rest[:n-1], true
	}
	w.out = append(w.out, rest...)
	if _, err := w.to.Write(w.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end writes what was held back.
func (w *lfWriter) end() error {
	if !w.cr {
		return nil
	}
	w.cr = false
	_, err := w.to.Write([]byte{'\r'})
	return err
}

// quoteWriter quotes text for an mbox.
type quoteWriter struct {
	to     io.Writer
	quoter mbox.Quoter
	left   []byte // what the quoter did not use yet
	last   byte   // of the text
	out    []byte
}

func (w *quoteWriter) reset(to io.Writer) {
	*w = quoteWriter{to: to, left: w.left[:0], out: w.out[:0]}
}

func (w *quoteWriter) Write(p []byte) (int, error) {
	if len(p) > 0 {
		w.last = p[len(p)-1]
	}
	src := p
	if len(w.left) > 0 {
		src = append(bytes.Clone(w.left), p...)
	}
	return len(p), w.put(src, false)
}

// end writes what was held back and what ends a message in an mbox.
func (w *quoteWriter) end() error {
	if err := w.put(bytes.Clone(w.left), true); err != nil {
		return err
	}
	tail := "\n"
	if w.last != '\n' {
		tail = "\n\n"
	}
	_, err := io.WriteString(w.to, tail)
	return err
}

func (w *quoteWriter) put(src []byte, last bool) error {
	var used int
	w.out, used = w.quoter.Append(w.out[:0], src, last)
	w.left = append(w.left[:0], src[used:]...)
	_, err := w.to.Write(w.out)
	return err
}
