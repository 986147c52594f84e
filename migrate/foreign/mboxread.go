package foreign

import (
	"errors"
	"fmt"
	"io"
)

// chunk is about how much of a message is made ready at once, in octets.
const chunk = 64 << 10

// errChanged: what is in the file is not what was there when it was looked into.
var errChanged = errors.New("the file was changed while it was read")

// mboxReader gives one message of an mbox after the other.
type mboxReader struct {
	file    io.ReaderAt
	pieces  *pieces
	message message
	digest  *digest
	e       entry
	quotes  quotes

	give  []byte // made ready before
	given int    // octets of it that were given
	next  []byte // what follows
	made  int64  // octets of the message so far
	last  byte   // as it stands in the file
	ended bool   // next is the last
	err   error  // why there is no more
}

func newMboxReader(file io.ReaderAt) *mboxReader {
	r := &mboxReader{file: file, digest: newDigest(), pieces: newPieces(nil)}
	r.message.to = r
	return r
}

// start begins a message. A small one is checked here already.
func (r *mboxReader) start(e entry, q quotes) error {
	r.e, r.quotes = e, q
	if e.how&exact != 0 {
		r.quotes = everywhere
	}
	r.pieces.reset(io.NewSectionReader(r.file, e.begin, e.end-e.begin))
	r.message.reset(e.how&storedLF != 0)
	r.digest.reset()
	r.give, r.given, r.next = r.give[:0], 0, r.next[:0]
	r.made, r.last, r.ended, r.err = 0, 0, false, nil
	r.make()
	return r.err
}

// Read gives the message. The last octets are given only when all of it is
// known to be what was looked at.
func (r *mboxReader) Read(p []byte) (int, error) {
	for r.given == len(r.give) {
		if r.err != nil {
			return 0, r.err
		}
		if r.ended && len(r.next) == 0 {
			return 0, io.EOF
		}
		r.give, r.given, r.next = r.next, 0, r.give[:0]
		if !r.ended {
			r.make()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.give[r.given:])
	r.given += n
	return n, nil
}

// make makes the next octets ready.
func (r *mboxReader) make() {
	for len(r.next) < chunk {
		piece, first, err := r.pieces.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.err = fmt.Errorf("read mbox: %w", err)
			return
		}
		r.message.line(piece, first)
	}
	if len(r.next) >= chunk && r.made <= r.e.size {
		return
	}
	r.message.endField()
	r.ended = true
	if r.made != r.e.size || r.digest.key() != r.e.key {
		r.err = errChanged
	}
}

// put takes a part of the message.
func (r *mboxReader) put(c class, quoted int, inHeader bool, piece []byte) {
	if c == kept {
		r.digest.write(piece)
	}
	if c.in(r.e.drop) || len(piece) == 0 {
		return
	}
	last := r.last
	r.last = piece[len(piece)-1]
	once, more := r.quotes.lines()
	if quoted == 1 && once || quoted > 1 && more {
		if !inHeader || r.quotes == everywhere {
			piece = piece[1:]
		}
	}
	before := len(r.next)
	switch {
	case r.e.how&verbatim != 0:
		r.next = append(r.next, piece...)
	case r.e.how&exact != 0:
		r.next = appendLines(r.next, piece, 0, true)
	default:
		r.next = appendLines(r.next, piece, last, false)
	}
	r.made += int64(len(r.next) - before)
}
