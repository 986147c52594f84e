package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/lineend"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// maxSeparator is longer than any separator line that was ever written.
const maxSeparator = 256

// wireReader gives a stored message back as it was on the wire. At the end it
// knows whether these are the octets that were stored: it ends with an error
// that wraps ErrDamaged when they are not.
type wireReader struct {
	file    io.Closer // closed with the reader, nil for none
	src     io.Reader
	unquote *mbox.Unquoter // nil for a Maildir
	restore bool           // LF becomes CR LF
	size    int64          // octets that are to come out
	digest  mailhaul.Digest
	// unchecked leaves the digest to whoever reads: it is not known yet.
	unchecked bool

	in    []byte // read, its first have octets not used yet
	have  int
	text  []byte
	out   []byte // text for Read to give
	next  int    // where in out Read goes on
	given int64
	last  byte   // of what was given
	extra []byte // what stands behind the message, as far as it is looked at
	sum   hash.Hash
	err   error
}

// readMaildir returns the reader of a message in a file of its own.
func readMaildir(f *os.File, m checkpoint.Message) *wireReader {
	return &wireReader{src: f, size: m.Size, digest: m.Digest, restore: m.LineEnds == mailhaul.LF, sum: sha256.New()}
}

// readBox returns the reader of a message in an mbox file.
func readBox(f *os.File, m checkpoint.Message) (*wireReader, error) {
	line, err := separatorLine(f, m)
	if err != nil {
		return nil, err
	}
	return readBehind(f, m, line), nil
}

// readBehind is readBox of a message whose separator line has been read.
func readBehind(f *os.File, m checkpoint.Message, line []byte) *wireReader {
	n := int64(len(line))
	return &wireReader{
		src: io.NewSectionReader(f, m.Offset+n, m.Stored-n), unquote: new(mbox.Unquoter),
		size: m.Size, digest: m.Digest, restore: m.LineEnds == mailhaul.LF, sum: sha256.New(),
	}
}

// separatorLine reads the line, with its LF, that begins a message in an mbox.
func separatorLine(f *os.File, m checkpoint.Message) ([]byte, error) {
	head := make([]byte, min(maxSeparator, max(0, m.Stored)))
	n, err := f.ReadAt(head, m.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read separator line: %w", err)
	}
	end := bytes.IndexByte(head[:n], '\n')
	if end < 0 || !bytes.HasPrefix(head, []byte("From ")) {
		return nil, fmt.Errorf("%w: no separator line where the message should begin", mailhaul.ErrDamaged)
	}
	return head[:end+1], nil
}

// Read implements io.Reader.
func (r *wireReader) Read(p []byte) (int, error) {
	for r.next == len(r.out) {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out[r.next:])
	r.next += n
	return n, nil
}

// Close implements io.Closer.
func (r *wireReader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// reuse takes over the buffers of a reader that is not needed any more.
func (r *wireReader) reuse(old *wireReader) {
	if old != nil {
		r.in, r.text, r.out, r.sum = old.in, old.text, old.out[:0], old.sum
		r.sum.Reset()
	}
}

// drain reads to the end and returns nil when the message is what was stored.
func (r *wireReader) drain() error {
	for r.err == nil {
		r.fill()
	}
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// fill reads on and makes out of it what the message was. It sets r.err at the
// end.
func (r *wireReader) fill() {
	r.in = grown(r.in, chunk/2)
	n, err := r.src.Read(r.in[r.have:])
	r.have += n
	last := errors.Is(err, io.EOF)
	if err != nil && !last {
		r.err = fmt.Errorf("read message: %w", err)
	}
	src := r.in[:r.have]
	if r.unquote == nil {
		r.have = 0
	} else {
		var used int
		r.text, used = r.unquote.Append(r.text[:0], src, last)
		r.have = copy(r.in, r.in[used:r.have])
		src = r.text
	}
	if r.restore {
		r.out = lineend.Restore(r.out[:0], src)
	} else {
		r.out = append(r.out[:0], src...)
	}
	r.next = 0
	if left := r.size - r.given; int64(len(r.out)) > left {
		behind := r.out[left:]
		r.extra = append(r.extra, behind[:min(len(behind), maxExtra-len(r.extra))]...)
		r.out = r.out[:left]
	}
	if n := len(r.out); n > 0 {
		r.given += int64(n)
		r.last = r.out[n-1]
		r.sum.Write(r.out)
	}
	if last {
		r.err = r.check()
	}
}

// check returns io.EOF when the message is what was stored.
func (r *wireReader) check() error {
	switch {
	case r.given < r.size:
		return fmt.Errorf("%w: %d octets of %d", mailhaul.ErrDamaged, r.given, r.size)
	case string(r.extra) != r.frame():
		return fmt.Errorf("%w: more than %d octets", mailhaul.ErrDamaged, r.size)
	case !r.unchecked && mailhaul.Digest(r.sum.Sum(nil)) != r.digest:
		return fmt.Errorf("%w: other octets than were stored", mailhaul.ErrDamaged)
	}
	return io.EOF
}

// maxExtra is more than frame ever returns.
const maxExtra = 8

// frame returns what has to stand behind the message, once it went the way of
// the message itself: an empty line, and before it the newline that a message
// without a final one was given.
func (r *wireReader) frame() string {
	newline, lines := "\n", 1
	if r.restore {
		newline = "\r\n"
	}
	if r.unquote == nil {
		return ""
	}
	if r.size > 0 && r.last != '\n' {
		lines = 2
	}
	return strings.Repeat(newline, lines)
}

// measure reads a message's file and fills in what a receipt says of its
// octets; what is known of it already must be true.
func measure(f *os.File, r *mailhaul.Receipt) error {
	w := readMaildir(f, checkpoint.Message{Size: r.Size, LineEnds: r.LineEnds})
	w.unchecked = true
	var header bytes.Buffer
	if _, err := io.Copy(&header, io.LimitReader(w, maxHeader)); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, w); err != nil {
		return err
	}
	r.Digest = mailhaul.Digest(w.sum.Sum(nil))
	r.Fingerprint = mailhaul.MakeFingerprint(header.Bytes())
	return nil
}
