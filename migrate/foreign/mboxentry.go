package foreign

import (
	"bytes"

	"github.com/mailhaul/mailhaul"
)

// tally counts a message.
type tally struct {
	digest *digest
	// parts are the octets of each class, the LF among them, and those without
	// a CR before them.
	parts [hidden + 1]struct{ octets, lines, bare int64 }
	// once and more are the lines of the text with one and with more ">" before
	// "From ", header those of the header.
	once, more, header uint32
	last               byte
}

func (t *tally) reset() {
	t.digest.reset()
	*t = tally{digest: t.digest}
}

func (t *tally) put(c class, quoted int, inHeader bool, piece []byte) {
	if c == kept {
		t.digest.write(piece)
	}
	switch {
	case quoted == 0:
	case inHeader:
		t.header++
	case quoted == 1:
		t.once++
	default:
		t.more++
	}
	p := &t.parts[c]
	p.octets += int64(len(piece))
	p.lines += int64(bytes.Count(piece, []byte{'\n'}))
	p.bare += countBare(piece, t.last)
	if len(piece) > 0 {
		t.last = piece[len(piece)-1]
	}
}

// finish makes the entry of the message that ends at end, if there is one.
func (x *indexer) finish(end int64) {
	if !x.open {
		return
	}
	x.open = false
	x.message.endField()
	e := entry{begin: x.begin, end: end, once: x.tally.once, more: x.tally.more, key: x.tally.digest.key()}
	if x.message.onlyLF {
		e.how = storedLF
	}
	flags := x.marks.flags()
	isExact := x.exact(&e)
	switch {
	case isExact && e.drop == 0:
		flags = "" // such fields are the message's own
	case x.marks.mozilla&mozExpunged != 0:
		x.expunged++
		return
	case isExact:
	case len(x.entries) == 0 && x.expunged == 0 && x.marks.base && x.marks.subject == internalSubject:
		x.internal++
		return
	default:
		x.measure(&e)
	}
	if date := x.marks.internalDate(x.sep); !date.IsZero() {
		_, zone := date.Zone()
		e.date, e.zone = date.Unix(), int32(zone)
		e.how |= hasDate
	}
	e.flags = x.flagsOf(flags)
	x.entries = append(x.entries, e)
}

// undoings are the classes that may have to be dropped to get back what mailhaul
// wrote: nothing, what an export adds, and what other programs do.
var undoings = [...]uint8{
	0, 1<<owned | 1<<ifKeywords | 1<<hidden,
	1 << owned, 1<<owned | 1<<ifKeywords, 1<<owned | 1<<ifLength, 1<<owned | 1<<ifKeywords | 1<<ifLength,
}

// exact makes an entry of a message that mailhaul wrote: without the empty line
// at its end, and the line end before that where the message has none, it has
// the size that its separator line tells, as it stands or without what was put
// into it.
func (x *indexer) exact(e *entry) bool {
	if x.sep.ours == nil || x.blank != 1 {
		return false
	}
	perLine := int64(1)
	if x.message.onlyLF {
		perLine = 2
	}
	for _, drop := range undoings {
		size := -int64(x.tally.once) - int64(x.tally.more) - int64(x.tally.header)
		for c, p := range x.tally.parts {
			if !class(c).in(drop) {
				size += p.octets + p.lines*(perLine-1)
			}
		}
		for end := e.end - 1; end >= max(e.begin, e.end-2); end-- {
			if size -= perLine; size != x.sep.ours.Size {
				continue
			}
			e.size, e.end, e.drop = size, end, drop
			if e.how |= exact; !x.message.onlyLF {
				e.how |= verbatim
			}
			return true
		}
	}
	return false
}

// measure makes an entry of a message of another program, as if nothing were
// quoted and an empty line at the end belonged to it.
func (x *indexer) measure(e *entry) {
	e.drop = 1 << owned
	if x.marks.numbered {
		e.drop |= 1 << ifKeywords
	}
	switch {
	case x.until >= 0:
		e.drop |= 1 << ifLength
		e.how |= believed
		e.end = x.until
	case x.blankInBody && x.blank == 1:
		e.how |= blankLF
	case x.blankInBody && x.blank == 2:
		e.how |= blankCRLF
	}
	for c, p := range x.tally.parts {
		if !class(c).in(e.drop) {
			e.size += p.octets + p.bare
		}
	}
}

// flagsOf returns where flags stand among those of the file.
func (x *indexer) flagsOf(f mailhaul.Flags) uint32 {
	i, known := x.flagsIndex[f]
	if !known {
		i = uint32(len(x.flags))
		x.flags = append(x.flags, f)
		x.flagsIndex[f] = i
	}
	return i
}

// settle decides what only the whole file shows.
func (x *indexer) settle() {
	keepsBlank := 2*x.joined > x.separators
	for i := range x.entries {
		e := &x.entries[i]
		switch {
		case e.how&exact != 0:
			continue
		case keepsBlank:
		case e.how&blankLF != 0:
			e.end--
			e.size -= 2
		case e.how&blankCRLF != 0:
			e.end -= 2
			e.size -= 2
		}
		once, more := x.quoting(e.how&believed != 0).lines()
		if once {
			e.size -= int64(e.once)
		}
		if more {
			e.size -= int64(e.more)
		}
	}
}

// quotes says which lines lose a ">".
type quotes uint8

const (
	noQuotes   quotes = iota
	singly            // ">From "
	reversibly        // ">From ", ">>From " and so on
	everywhere        // in the header, too
)

func (q quotes) lines() (once, more bool) { return q >= singly, q >= reversibly }

// quoting tells how the messages are quoted, those with a Content-Length that
// is believed apart.
func (x *indexer) quoting(believed bool) quotes {
	switch {
	case x.dialect == MboxCL2, x.dialect == Auto && believed && x.unquotedBelieved, x.dialect == Auto && !believed && x.unquoted:
		return noQuotes
	case x.dialect == MboxRD, x.dialect == Auto && !believed:
		return reversibly
	}
	return singly
}
