package foreign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mailhaul/mailhaul"
)

// entry is one message of an mbox, 64 octets.
type entry struct {
	begin, end int64 // in the file, behind the separator line
	size       int64 // as it is given
	key        uint64
	date       int64 // Unix seconds
	once, more uint32
	uid        mailhaul.UID
	flags      uint32 // index into the flags of the file
	zone       int32  // of date, in seconds
	drop       uint8  // classes that are not given
	how        uint8
}

// The bits of entry.how.
const (
	hasDate  = 1 << iota
	believed // Content-Length tells where it ends
	exact    // mailhaul wrote it
	verbatim // exact, and its line ends are those of the wire
	blankLF  // an empty line stands at its end: LF
	blankCRLF
	storedLF // mailhaul wrote it with LF for CR LF
)

// indexer makes the entries of an mbox in one pass.
type indexer struct {
	file    io.ReaderAt
	size    int64
	dialect Dialect
	pieces  *pieces
	line    [maxSeparator + 1]byte

	// The message under way.
	open    bool
	message message
	tally   tally
	marks   marks
	sep     separator
	next    separator // that which ends it
	begin   int64
	until   int64 // where it ends by a Content-Length that is believed, else -1

	blank       int  // octets of the last line when it is empty, else 0
	blankInBody bool // and it does not end the header

	// What was seen of the file.
	bareFirst          bool // its first separator line has no address
	separators, joined int  // and those without an empty line before
	unquoted           bool // "From " after an empty line in a text
	unquotedBelieved   bool // "From " in a text with a Content-Length

	entries    []entry
	flags      []mailhaul.Flags
	flagsIndex map[mailhaul.Flags]uint32
	expunged   int
	internal   int
}

// checkEvery is how often the context is asked, in octets.
const checkEvery = 16 << 20

func newIndexer(file io.ReaderAt, size int64, dialect Dialect) *indexer {
	x := &indexer{file: file, size: size, dialect: dialect, until: -1, flagsIndex: map[mailhaul.Flags]uint32{}}
	x.pieces = newPieces(io.NewSectionReader(file, 0, size))
	x.tally.digest = newDigest()
	x.message.to = &x.tally
	x.message.learn = func(name, value string) { x.marks.learn(name, value) }
	return x
}

// run reads the file.
func (x *indexer) run(ctx context.Context) error {
	for next := int64(0); ; {
		at := x.pieces.off
		if at >= next {
			if err := ctx.Err(); err != nil {
				return err
			}
			next = at + checkEvery
		}
		piece, first, err := x.pieces.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read mbox: %w", err)
		}
		if first && bytes.HasPrefix(piece, from) {
			end := at + int64(len(piece))
			if piece = x.copied(piece); x.separates(piece, at) {
				x.finish(at)
				x.start(end)
				continue
			}
			x.text(at)
		}
		if x.open {
			x.take(piece, first, at)
		}
	}
	x.finish(x.size)
	x.settle()
	return nil
}

// copied keeps a line that may be a separator, since looking behind it makes
// the piece invalid. A longer piece is none, and nobody looks behind it.
func (x *indexer) copied(piece []byte) []byte {
	if len(piece) > maxSeparator {
		return piece
	}
	return x.line[:copy(x.line[:], piece)]
}

// separates tells whether a line that begins with "From " is a separator.
func (x *indexer) separates(line []byte, at int64) bool {
	sep, looks := parseSeparator(line)
	switch {
	case x.open && (!looks || at < x.until):
		return false
	case !x.open: // the first line of a file need not look like one
		x.bareFirst = sep.bare || sep.written
	case sep.ours != nil, x.until >= 0:
	case sep.bare && (!x.bareFirst || x.blank == 0):
		return false
	default:
		next := x.pieces.following(128)
		_, empty := cutLineEnd(next)
		if !beginsHeader(next) && (x.blank == 0 || sep.bare || !empty && len(next) > 0) {
			return false
		}
	}
	if x.open {
		x.separators++
		if x.blank == 0 && x.until < 0 {
			x.joined++
		}
	}
	x.next = sep
	return true
}

// text notes a line "From " that is not a separator.
func (x *indexer) text(at int64) {
	switch {
	case at < x.until:
		x.unquotedBelieved = true
	case x.message.inBody && x.blank > 0:
		x.unquoted = true
	}
}

// start begins the message behind the last separator.
func (x *indexer) start(begin int64) {
	x.open, x.sep, x.begin, x.until = true, x.next, begin, -1
	x.blank, x.blankInBody = 0, false
	x.message.reset(x.sep.ours != nil && x.sep.ours.LineEnds == mailhaul.LF)
	x.tally.reset()
	x.marks = marks{length: -1}
}

// take takes a piece of the message.
func (x *indexer) take(piece []byte, first bool, at int64) {
	full := len(piece)
	if x.until >= 0 {
		piece = piece[:max(0, min(int64(full), x.until-at))]
	}
	x.blank, x.blankInBody = 0, false
	if rest, ended := cutLineEnd(piece); first && ended && len(rest) == 0 {
		x.blank, x.blankInBody = full, x.message.inBody
	}
	if len(piece) == 0 {
		return
	}
	inHeader := !x.message.inBody
	x.message.line(piece, first)
	if inHeader && x.message.inBody {
		x.until = x.believe(at + int64(full))
	}
}

// believe returns where a message ends whose text begins at text and that has a
// Content-Length, -1 when it has none or nothing ends there.
func (x *indexer) believe(text int64) int64 {
	n := x.marks.length
	if n < 0 || n > x.size-text || x.dialect == MboxO || x.dialect == MboxRD || x.sep.ours != nil {
		return -1
	}
	// From the octet before the end, which is a line end even of an empty text.
	end := text + n
	ahead := make([]byte, min(maxSeparator+8, x.size-end+1))
	if _, err := x.file.ReadAt(ahead, end-1); err != nil && !errors.Is(err, io.EOF) {
		return -1
	}
	rest, ended := ahead[1:], ahead[0] == '\n'
	if !ended {
		if rest, ended = cutLineEnd(rest); !ended && len(rest) > 0 {
			return -1
		}
	}
	rest, _ = cutLineEnd(rest)
	line, _, _ := bytes.Cut(rest, []byte{'\n'})
	if _, looks := parseSeparator(line); looks || len(rest) == 0 {
		return end
	}
	return -1
}

// cutLineEnd takes a line end off the beginning of text.
func cutLineEnd(text []byte) (rest []byte, found bool) {
	if rest, found = bytes.CutPrefix(text, []byte("\r\n")); found {
		return rest, true
	}
	return bytes.CutPrefix(text, []byte("\n"))
}
