package export

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/mailhaul/mailhaul"
)

const (
	// maxBuffered is up to what size, in octets, a message is held in memory. A
	// larger one waits in a file until it is known to be whole, and how its
	// lines end: nothing has to be taken back from where others read it.
	maxBuffered = 512 << 10
	// maxHeader is how much of a message is looked at for its fingerprint.
	maxHeader = 256 << 10
	// chunk is how much of a large message is held in memory at once, in octets.
	chunk = 64 << 10
)

// buffers serve one message after the other.
type buffers struct {
	wire bytes.Buffer // as it came
	out  bytes.Buffer // as it is written
	copy []byte
	line *bufio.Reader
	lf   lfWriter
	quot quoteWriter
}

// body is a message that was read to its end.
type body struct {
	*buffers
	spool *os.File // has the octets of a large one, nil when buffers.wire has
	size  int64
	ends  mailhaul.LineEnds
	lfs   int64        // how many of them
	named func() error // removes spool's name, nil when it has none
}

// read reads a message and fills in what the receipt says of its octets.
func (e *Export) read(m *mailhaul.Message, b *buffers, r *mailhaul.Receipt) (*body, error) {
	b.wire.Reset()
	if b.copy == nil {
		b.copy, b.line = make([]byte, chunk), bufio.NewReaderSize(nil, chunk)
	}
	out := &body{buffers: b, size: m.Size}
	s := scanner{digest: sha256.New(), to: &b.wire}
	var file *bufio.Writer
	if m.Size > maxBuffered {
		if err := e.openSpool(out); err != nil {
			return nil, e.fail(diskError("store message", err))
		}
		file = bufio.NewWriterSize(out.spool, chunk)
		s.to = file
	}
	// One octet more than announced: then a body that is too long shows, and so
	// does the error of a connection that was lost at the last octet.
	n, err := io.CopyBuffer(&s, io.LimitReader(m.Body, m.Size+1), b.copy)
	if file != nil && s.err == nil {
		s.err = file.Flush()
	}
	switch {
	case s.err != nil:
		err = e.fail(diskError("store message", s.err))
	case n > m.Size:
		err = fmt.Errorf("read message: it has more than the announced %d octets", m.Size)
	case err == nil && n < m.Size:
		err = mailhaul.ShortBody(n, m.Size, io.EOF)
	}
	if err != nil {
		out.close()
		return nil, err
	}
	header, err := out.header()
	if err != nil {
		out.close()
		return nil, e.fail(diskError("store message", err))
	}
	r.Fingerprint = mailhaul.MakeFingerprint(header)
	r.Digest = mailhaul.Digest(s.digest.Sum(nil))
	if s.lines > 0 && !s.bare {
		out.ends = mailhaul.LF
	}
	out.lfs, r.LineEnds = s.lines, out.ends
	return out, nil
}

// openSpool opens a file for a large message. Where the system can it has no
// name from the beginning, so that even a killed process leaves none.
func (e *Export) openSpool(b *body) error {
	e.mu.Lock()
	e.spools++
	n := e.spools
	e.mu.Unlock()
	name := e.layout.spool(n)
	f, err := create(e.root, name)
	if err != nil {
		return fmt.Errorf("make file for a large message: %w", err)
	}
	b.spool = f
	if e.root.Remove(name) != nil {
		b.named = func() error { return e.root.Remove(name) }
	}
	return nil
}

// close gives up what the body holds.
func (b *body) close() {
	if b.spool == nil {
		return
	}
	b.spool.Close() // its content is of no use any more
	if b.named != nil {
		b.named() //nolint:errcheck // a file that nobody takes for mail stays
	}
}

// reader gives the octets as they came.
func (b *body) reader() io.Reader {
	if b.spool == nil {
		return bytes.NewReader(b.wire.Bytes())
	}
	return io.NewSectionReader(b.spool, 0, b.size)
}

// lines gives the octets as they came, to be read line by line. What was given
// before is of no use any more.
func (b *body) lines() *bufio.Reader {
	b.line.Reset(b.reader())
	return b.line
}

// writeTo gives write a writer to w that does not write small pieces: all at
// once for a message that is held in memory.
func (b *body) writeTo(w io.Writer, write func(io.Writer) error) error {
	if b.spool == nil {
		b.out.Reset()
		if err := write(&b.out); err != nil {
			return err
		}
		_, err := w.Write(b.out.Bytes())
		return err
	}
	buffered := bufio.NewWriterSize(w, chunk)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// shortened gives write a writer to w that takes line ends as on the wire and
// writes those that the message is to have.
func (b *body) shortened(w io.Writer, write func(io.Writer) error) error {
	if b.ends == mailhaul.Verbatim {
		return write(w)
	}
	b.lf.reset(w)
	if err := write(&b.lf); err != nil {
		return err
	}
	return b.lf.end()
}

// text writes the message with the line ends that it is to have.
func (b *body) text(w io.Writer) error {
	return b.shortened(w, func(w io.Writer) error {
		// Hidden: what else reader and writer can do would take larger pieces.
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{b.reader()}, b.copy)
		return err
	})
}

// header returns the beginning of the message.
func (b *body) header() ([]byte, error) {
	if b.spool == nil {
		return b.wire.Bytes()[:min(b.wire.Len(), maxHeader)], nil
	}
	header := make([]byte, maxHeader)
	n, err := b.spool.ReadAt(header, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read back message: %w", err)
	}
	return header[:n], nil
}

// scanner sees all octets of a message once.
type scanner struct {
	to     io.Writer
	err    error // of to
	digest hash.Hash
	lines  int64 // LF
	bare   bool  // one of them follows no CR
	cr     bool  // the last octet is one
}

func (s *scanner) Write(p []byte) (int, error) {
	s.digest.Write(p)
	n := bytes.Count(p, []byte{'\n'})
	s.lines += int64(n)
	pairs := bytes.Count(p, []byte("\r\n"))
	if s.cr && len(p) > 0 && p[0] == '\n' {
		pairs++
	}
	s.bare = s.bare || pairs < n
	if len(p) > 0 {
		s.cr = p[len(p)-1] == '\r'
	}
	if _, err := s.to.Write(p); err != nil {
		s.err = err
		return 0, err
	}
	return len(p), nil
}
