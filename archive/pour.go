package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/lineend"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

// chunk is how much of a large message is held in memory at once, in octets.
const chunk = 128 << 10

// pour writes a message to a file as it comes, through buffers of its own: its
// line ends turned into LF as long as that works, and quoted for an mbox. What
// was turned is turned back in the file should a bare LF show up late.
type pour struct {
	f       *os.File
	receipt *mailhaul.Receipt // filled in: digest, fingerprint, line ends
	buffers *buffers
	quoted  bool // for an mbox
	// begin and end are where the text begins and ends in the file.
	begin, end int64

	verbatim bool
	last     byte // the last octet of the text, 0 for an empty one
	short    lineend.Shortener
	quoter   mbox.Quoter
	unquoted []byte // what the quoter left for the next call
	digest   hash.Hash
	got      int64
}

// run pours all of the message. bodyErr is an error of the message's body, err
// one of the file; after either the file's text is of no use.
func (p *pour) run(m *mailhaul.Message) (bodyErr, err error) {
	p.end = p.begin
	p.digest = sha256.New()
	b := p.buffers
	b.wire, b.header = grown(b.wire, chunk), b.header[:0]
	left := 0 // octets at the beginning of b.wire that are not used yet
	for done := false; !done; {
		n, err := m.Body.Read(b.wire[left:])
		p.take(b.wire[left : left+n])
		if p.got > m.Size {
			return fmt.Errorf("read message: it has more than the announced %d octets", m.Size), nil
		}
		if done = errors.Is(err, io.EOF); err != nil && !done {
			return err, nil
		}
		if done && p.got < m.Size {
			return mailhaul.ShortBody(p.got, m.Size, err), nil
		}
		// Small reads are put together: a write for each would be slow.
		if left += n; left < chunk/2 && !done {
			continue
		}
		used, err := p.write(b.wire[:left], done)
		if err != nil {
			return nil, err
		}
		left = copy(b.wire, b.wire[used:left])
	}
	p.receipt.Digest = mailhaul.Digest(p.digest.Sum(nil))
	p.receipt.Fingerprint = mailhaul.MakeFingerprint(b.header)
	p.receipt.LineEnds = mailhaul.LF
	if p.verbatim || p.short.Lines() == 0 {
		p.receipt.LineEnds = mailhaul.Verbatim
	}
	return nil, nil
}

// take sees all octets of the message once, as they came.
func (p *pour) take(b []byte) {
	p.got += int64(len(b))
	p.digest.Write(b)
	h := &p.buffers.header
	if n := min(len(b), maxHeader-len(*h)); n > 0 {
		*h = append(*h, b[:n]...)
	}
}

// write brings octets into the file and returns how many it used. Unless last
// is set, the caller gives the rest again, before what follows.
func (p *pour) write(src []byte, last bool) (used int, err error) {
	if p.verbatim {
		return len(src), p.put(src, last)
	}
	b := p.buffers
	var bare bool
	b.text, used, bare = p.short.Append(b.text[:0], src, last)
	if err := p.put(b.text, last && !bare); err != nil || !bare {
		return used, err
	}
	// All lines so far had CR LF. They get it back, and the rest stays as it is.
	p.verbatim = true
	if p.end, err = lineend.Expand(p.f, p.begin, p.end, p.short.Lines()); err != nil {
		return 0, err
	}
	return len(src), p.put(src[used:], last)
}

// put writes text at the end, quoted if it has to be.
func (p *pour) put(text []byte, last bool) error {
	if len(text) > 0 {
		p.last = text[len(text)-1]
	}
	if p.quoted {
		b := p.buffers
		if len(p.unquoted) > 0 {
			text = append(bytes.Clone(p.unquoted), text...)
		}
		var used int
		b.out, used = p.quoter.Append(b.out[:0], text, last)
		p.unquoted = append(p.unquoted[:0], text[used:]...)
		text = b.out
	}
	n, err := p.f.WriteAt(text, p.end)
	p.end += int64(n)
	if err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return nil
}

// grown returns b with the length n.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
