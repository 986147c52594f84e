package imapaccount

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
)

// fetched is what one FETCH answer says (RFC 9051, 7.5.2).
type fetched struct {
	uid      mailhaul.UID
	flags    mailhaul.Flags
	hasFlags bool
	date     time.Time
	size     int64  // RFC822.SIZE, -1 when not told
	identity string // X-GM-MSGID, "" when not told
	labels   mailhaul.Labels
	// hasLabels: X-GM-LABELS was told.
	hasLabels bool
}

// body is a message's octets where they stand in the answer. It remembers the
// line's error: who reads it may report another one.
type body struct {
	io.Reader
	size int64
	err  error
	// end reads on behind the octets, nil when that is done. What follows a body of
	// another size than was announced is no IMAP: then it is no message.
	end func() error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.Reader.Read(p)
	if err == io.EOF && b.end != nil {
		end := b.end
		b.end = nil
		if bad := end(); bad != nil {
			err = bad
		}
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// fetchReader reads FETCH answers. flagSets spares the work for sets of flags
// that were seen before: there are few different ones.
type fetchReader struct{ flagSets map[string]mailhaul.Flags }

const maxFlagSets = 10_000

// read reads the list of items of one answer. onBody is called where a body
// stands, with what was read so far, and reads it to its end; it may be nil.
func (fr *fetchReader) read(r *response, onBody func(fetched, *body) error) (fetched, error) {
	f := fetched{size: -1}
	if err := r.expect('('); err != nil {
		return f, err
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		item := strings.ToUpper(string(r.word()))
		if item == "" {
			return f, r.syntax("a FETCH item")
		}
		if item == "BODY" && r.peek('[') {
			if err := r.section(); err != nil {
				return f, err
			}
			r.blanks()
			if err := readBody(r, f, onBody); err != nil {
				return f, err
			}
			continue
		}
		r.blanks()
		if err := fr.item(r, item, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (fr *fetchReader) item(r *response, item string, f *fetched) error {
	switch item {
	case "UID":
		n, err := r.number32()
		f.uid = mailhaul.UID(n)
		return err
	case "FLAGS":
		return fr.flags(r, f)
	case "INTERNALDATE":
		text, null, err := r.text()
		if err == nil && !null {
			f.date = parseDate(text)
		}
		return err
	case "RFC822.SIZE":
		n, err := r.number()
		f.size = int64(n)
		return err
	case "X-GM-MSGID":
		if f.identity = identityOf(r.rest); f.identity != "" {
			r.word()
			return nil
		}
	case "X-GM-LABELS":
		if r.peek('(') {
			var err error
			f.labels, err = r.labels()
			f.hasLabels = err == nil
			return err
		}
	}
	return r.skip()
}

func (fr *fetchReader) flags(r *response, f *fetched) error {
	end := bytes.IndexByte(r.rest, ')')
	if !r.eat('(') || end < 0 {
		return r.syntax("a list of flags")
	}
	text := r.rest[:end-1]
	r.rest = r.rest[end:]
	f.hasFlags = true
	set, ok := fr.flagSets[string(text)]
	if !ok {
		if len(fr.flagSets) >= maxFlagSets {
			clear(fr.flagSets)
		}
		set = mailhaul.MakeFlags(strings.Fields(string(text))...)
		fr.flagSets[string(text)] = set
	}
	f.flags = set
	return nil
}

// section takes the "[...]" and "<...>" behind BODY. Header field names in it
// may be quoted.
func (r *response) section() error {
	quoted := false
	for i, c := range r.rest {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted:
			r.rest = r.rest[i+1:]
			if r.peek('<') {
				r.word()
			}
			return nil
		}
	}
	return r.syntax("the end of a section")
}

// readBody reads a body given as literal, as quoted string, or not at all (NIL).
func readBody(r *response, f fetched, onBody func(fetched, *body) error) error {
	if !r.atLiteral() {
		text, null, err := r.text()
		if err != nil || null || onBody == nil {
			return err
		}
		return onBody(f, &body{Reader: strings.NewReader(text), size: int64(len(text))})
	}
	l, err := r.literal()
	if err != nil {
		return err
	}
	if onBody != nil {
		b := &body{Reader: l, size: l.Left(), end: r.endOfBody}
		if err := onBody(f, b); err != nil || b.end == nil {
			return err
		}
	}
	if err := r.drop(l); err != nil {
		return err
	}
	return r.next(maxLine)
}

// endOfBody reads what stands behind a body: more items, or the end of the list.
func (r *response) endOfBody() error {
	if err := r.next(maxLine); err != nil {
		return err
	}
	if !r.peek(' ') && !r.peek(')') {
		return r.syntax("the end of a message")
	}
	return nil
}

// parseDate reads an INTERNALDATE (RFC 9051, 9, date-time), its zone kept as
// given. What is no date is no date: the message counts, not its date.
func parseDate(text string) time.Time {
	t, err := time.Parse("_2-Jan-2006 15:04:05 -0700", text)
	if err != nil {
		return time.Time{}
	}
	_, offset := t.Zone()
	return t.In(time.FixedZone("", offset))
}

// heldInMemory is how much of a body is kept in memory when it stands before
// the UID that it belongs to; more goes to a file.
const heldInMemory = 1 << 20

// hold keeps a body that cannot be given away yet. close is called when it is
// no longer needed.
func hold(b *body) (held *body, close func(), err error) {
	if b.size <= heldInMemory {
		octets := make([]byte, b.size)
		if _, err := io.ReadFull(b, octets); err != nil {
			return nil, nil, err
		}
		return &body{Reader: bytes.NewReader(octets), size: b.size}, func() {}, nil
	}
	file, err := os.CreateTemp("", "mailhaul-*")
	if err != nil {
		return nil, nil, err
	}
	close = func() {
		file.Close()
		os.Remove(file.Name()) //nolint:errcheck // a leftover in the temporary folder harms nobody
	}
	n, err := io.Copy(file, b)
	if err == nil && n != b.size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		close()
		return nil, nil, fmt.Errorf("hold message: %w", err)
	}
	return &body{Reader: file, size: b.size}, close, nil
}
