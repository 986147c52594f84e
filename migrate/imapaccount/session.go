package imapaccount

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// session is one connection that has logged in, its line borrowed.
type session struct {
	conn   *wire.Conn
	client *imapclient.Client
	caps   imap.CapSet
	kind   quirk.Server // what the server is known for
	r      response
	tags   int
	utf8   bool             // UTF8=ACCEPT is enabled: names are UTF-8 (RFC 6855)
	opened string           // the raw name of the folder that the last EXAMINE sent asked for
	early  map[string]error // answers that came before their turn, while that is allowed; else nil
}

// close says good-bye without waiting for the answer.
func (s *session) close() {
	if s.send("LOGOUT") != "" {
		s.conn.Flush() //nolint:errcheck // we leave anyway
	}
	s.conn.Close()
	s.client.Close() //nolint:errcheck // ends the library's goroutine
}

// askCapabilities asks for what the server can do now (RFC 9051, 6.1.1).
func (s *session) askCapabilities() error {
	tag := s.send("CAPABILITY")
	if err := s.conn.Flush(); err != nil {
		return err
	}
	return s.wait(tag, 100, maxLine, func(_ uint32, word string, r *response) error {
		if word != "CAPABILITY" {
			return nil
		}
		s.caps = imap.CapSet{}
		for _, name := range bytes.Fields(r.rest) {
			s.caps[imap.Cap(bytes.ToUpper(name))] = struct{}{}
		}
		return nil
	})
}

// send buffers a command and returns its tag, "" when the line is broken: the
// next read says why.
func (s *session) send(command string) string {
	tag := s.nextTag()
	if s.conn.Send(tag+" "+command+"\r\n") != nil {
		return ""
	}
	return tag
}

// nextTag returns the tag of the next command.
func (s *session) nextTag() string {
	s.tags++
	return "h" + strconv.Itoa(s.tags)
}

// statusError is a NO or BAD to a command, or a BYE.
type statusError struct{ kind, code, text string }

func (e *statusError) Error() string {
	code := ""
	if e.code != "" {
		code = "[" + e.code + "] "
	}
	return fmt.Sprintf("the server answers %s %q", e.kind, code+e.text)
}

// isRefusal tells a NO or BAD to one command, as wait returns it, from a line
// that is lost. What wraps one is something else: the receiver of a message may
// pass on what another server said.
func isRefusal(err error) bool {
	s, ok := err.(*statusError) //nolint:errorlint // see above
	return ok && s.kind != "BYE"
}

// untagged is given each untagged answer: its number or 0, its upper-case word,
// and the rest to read. What it leaves is skipped.
type untagged func(number uint32, word string, r *response) error

// wait reads answers until the tagged one. more bounds the untagged answers
// that may come before; limit is the longest line.
func (s *session) wait(tag string, more, limit int, handle untagged) error {
	if err, came := s.early[tag]; came {
		delete(s.early, tag)
		return err
	}
	s.r.unasked = 0
	for range more {
		if err := s.r.next(limit); err != nil {
			return err
		}
		if !s.r.eat('*') {
			if mine, err := s.tagged(tag); mine || err != nil {
				return err
			}
			continue
		}
		s.r.blanks()
		number, word, err := s.answer()
		if err != nil {
			return err
		}
		if word == "BYE" {
			return s.status("BYE")
		}
		if err := handle(number, word, &s.r); err != nil {
			return err
		}
		if err := s.r.drain(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: more than %d untagged answers to one command", errSyntax, more)
}

// answer reads the beginning of an untagged answer.
func (s *session) answer() (number uint32, word string, err error) {
	if len(s.r.rest) > 0 && s.r.rest[0] >= '0' && s.r.rest[0] <= '9' {
		if number, err = s.r.number32(); err != nil {
			return 0, "", err
		}
		s.r.blanks()
	}
	word = strings.ToUpper(string(s.r.word()))
	s.r.blanks()
	return number, word, nil
}

// tagged reads a tagged answer and tells whether it is the one waited for. Of
// commands that depend on each other real servers answer the oldest first; an
// answer to another one means that we no longer know what the server is talking
// about. Only where order does not matter (early) it is kept for its turn.
func (s *session) tagged(tag string) (mine bool, err error) {
	got := string(s.r.word())
	s.r.blanks()
	kind := strings.ToUpper(string(s.r.word()))
	s.r.blanks()
	if kind != "OK" {
		err = s.status(kind)
	}
	if got == tag {
		return true, err
	}
	if strings.HasPrefix(got, "T") { // the library's question for capabilities
		return false, nil
	}
	n, notOurs := strconv.Atoi(strings.TrimPrefix(got, "h"))
	_, twice := s.early[got]
	if s.early == nil || twice || notOurs != nil || n > s.tags {
		return false, fmt.Errorf("%w: expected the answer to %s, have one to %q", errSyntax, tag, got)
	}
	s.early[got] = err
	return false, nil
}

// status reads code and text of a status answer.
func (s *session) status(kind string) error {
	e := &statusError{kind: kind}
	if s.r.eat('[') {
		e.code = strings.ToUpper(string(s.r.word()))
		if i := strings.IndexByte(string(s.r.rest), ']'); i >= 0 {
			s.r.rest = s.r.rest[i+1:]
		}
		s.r.blanks()
	}
	e.text = string(s.r.rest)
	return e
}

// code reads a response code in brackets (RFC 9051, 7.1) of an untagged OK and
// stands behind its name; "" when there is none.
func (r *response) code() string {
	if !r.eat('[') {
		return ""
	}
	code := strings.ToUpper(string(r.word()))
	r.blanks()
	return code
}
