package imapaccount

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// write sends a batch: as one command where the server has MULTIAPPEND (RFC
// 3502), else as one for each message.
func (w *sender) write(l *lane, f *flying) error {
	if w.s.caps.Has("MULTIAPPEND") {
		tag := w.s.nextTag()
		f.tags = []string{tag}
		if err := w.s.conn.Send(tag + " APPEND " + l.name); err != nil {
			return err
		}
		for _, o := range f.messages {
			if refused, err := w.message(o, tag); refused || err != nil {
				return err
			}
		}
		return w.s.conn.Send("\r\n")
	}
	waits := w.waits(f.batch)
	for i, o := range f.messages {
		tag := w.s.nextTag()
		f.tags = append(f.tags, tag)
		if err := w.s.conn.Send(tag + " APPEND " + l.name); err != nil {
			return err
		}
		refused, err := w.message(o, tag)
		if err != nil {
			return err
		}
		if !refused {
			if err := w.s.conn.Send("\r\n"); err != nil {
				return err
			}
		}
		if waits && i+1 < len(f.messages) { // the next "+" must be the next message's
			return w.writeRest(l, f, i+1)
		}
	}
	return nil
}

// writeRest lets the messages from at on wait until the one before is answered:
// they become a batch of their own, which comes next.
func (w *sender) writeRest(l *lane, f *flying, at int) error {
	rest := &batch{messages: f.messages[at:], announced: true}
	f.batch = &batch{messages: f.messages[:at], announced: true}
	w.t.again(l, rest)
	return nil
}

// message sends flags, date and octets of one message. refused is true when
// the server did not even want the octets: its answer to the command is kept.
func (w *sender) message(o *outgoing, tag string) (refused bool, err error) {
	var b strings.Builder
	r := &o.receipt
	if o.stream == nil && int64(len(o.octets)) != r.Size {
		// The server would take what follows for the message.
		return false, fmt.Errorf("append message: it has %d octets in place of %d", len(o.octets), r.Size)
	}
	if flags := w.flags(o); len(flags) > 0 {
		b.WriteString(" (" + strings.Join(flags, " ") + ")")
	}
	if date := dateTime(r.InternalDate); date != "" && !o.undated {
		b.WriteString(" " + date)
	}
	if !w.nonSync(o) {
		if err := w.s.conn.Send(fmt.Sprintf("%s {%d}\r\n", b.String(), r.Size)); err != nil {
			return false, err
		}
		if err := w.s.conn.Flush(); err != nil {
			return false, err
		}
		if refused, err := w.s.continued(tag); refused || err != nil {
			return refused, err
		}
	} else if err := w.s.conn.Send(fmt.Sprintf("%s {%d+}\r\n", b.String(), r.Size)); err != nil {
		return false, err
	}
	if o.stream == nil {
		return false, w.s.conn.SendLiteral(o.octets)
	}
	return false, w.pour(o)
}

// pour sends a streamed message. When its body breaks, the connection must be
// given up: only so the server learns that no more octets come.
func (w *sender) pour(o *outgoing) error {
	n, err := w.s.conn.PourLiteral(o.stream, o.receipt.Size)
	if o.stream.failed != nil {
		o.stream.end(o.stream.failed)
		return fmt.Errorf("read message: %w", o.stream.failed)
	}
	if err == nil {
		err = mailhaul.ExpectEnd(o.stream, o.receipt.Size)
		if err != nil {
			o.stream.end(err)
			return err
		}
		if o.stream.sum != nil {
			o.receipt.Digest = mailhaul.Digest(o.stream.sum.Sum(nil))
		}
		o.receipt.Doubt = o.receipt.Doubt || o.stream.odd()
		return nil
	}
	if err == io.ErrUnexpectedEOF {
		o.stream.end(mailhaul.ShortBody(n, o.receipt.Size, err))
	}
	return err
}

// flags are those to be given with the message: no others than RFC 9051 knows,
// and keywords that are atoms. Dovecot 2.3 answers BAD to others and runs the
// literal's lines as commands. \Deleted is not among them: some servers expunge
// what they think is old. Who sets it later needs the message's UID. A streamed
// message gets its keywords later, too: it cannot be sent again without them.
func (w *sender) flags(o *outgoing) []string {
	uidPlus := w.s.caps.Has("UIDPLUS")
	return slices.DeleteFunc(o.receipt.Flags.List(), func(f string) bool {
		switch f {
		case `\Answered`, `\Draft`, `\Flagged`, `\Seen`:
			return false
		case `\Deleted`:
			return uidPlus
		}
		return o.bare || o.stream != nil || !isAtom(f)
	})
}

// isAtom tells whether a keyword can be written as one (RFC 9051, 9).
func isAtom(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\]`, r) })
}

// continued waits for the "+" that a literal needs. refused is true when the
// command was answered instead; the answer is kept for whoever waits for it.
func (s *session) continued(tag string) (refused bool, err error) {
	for range 1000 {
		if err := s.r.next(maxLine); err != nil {
			return false, err
		}
		switch {
		case s.r.eat('+'):
			return false, nil
		case s.r.eat('*'):
			s.r.blanks()
			_, word, err := s.answer()
			if err == nil && word == "BYE" {
				err = s.status("BYE")
			}
			if err == nil {
				err = s.r.drain()
			}
			if err != nil {
				return false, err
			}
			continue
		}
		mine, err := s.tagged(tag)
		if mine && err == nil {
			err = fmt.Errorf("%w: OK before the literal was sent", errSyntax)
		}
		if !mine || !isRefusal(err) {
			if err == nil {
				continue
			}
			return false, err
		}
		if s.early == nil {
			s.early = map[string]error{}
		}
		s.early[tag] = err
		return true, nil
	}
	return false, fmt.Errorf("%w: no \"+\" for a literal", errSyntax)
}
