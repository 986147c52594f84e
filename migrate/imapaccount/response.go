package imapaccount

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// Limits on what a server may make us hold.
const (
	maxLine    = 64 << 10 // an ordinary line
	maxSetLine = 16 << 20 // an ESEARCH answer: a set with very many gaps
	maxString  = 64 << 10 // a name or header line given as literal
	maxDepth   = 64       // lists within lists
	maxMessage = 4 << 30  // a message
	// maxTold bounds the untagged answers to one command of which nobody knows how
	// many to expect: whatever others do to the folder is told, too.
	maxTold = 100_000
	// maxUnasked bounds the octets of literals, in the answers to one command,
	// that nobody asked for: they cost no memory, but time.
	maxUnasked = 64 << 20
)

// errSyntax is wrapped by every complaint about an answer's form.
var errSyntax = errors.New("the server's answer is not IMAP")

// response reads one answer of the server token by token. The line's literals
// are read where they stand, so that bodies can be streamed.
type response struct {
	c       *wire.Conn
	rest    []byte // of the current line, without its CR LF
	unasked int64  // octets of literals that were dropped since the command was waited for
}

// next reads the next line of an answer, which begins a new answer or goes on
// behind a literal.
func (r *response) next(limit int) error {
	line, err := r.c.ReadLine(limit)
	r.rest = line
	return err
}

func (r *response) syntax(want string) error {
	have := r.rest
	if len(have) > 60 {
		have = have[:60]
	}
	return fmt.Errorf("%w: expected %s, have %q", errSyntax, want, have)
}

// peek tells whether the rest begins with b.
func (r *response) peek(b byte) bool { return len(r.rest) > 0 && r.rest[0] == b }

// eat takes b when the rest begins with it.
func (r *response) eat(b byte) bool {
	if !r.peek(b) {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *response) expect(b byte) error {
	if !r.eat(b) {
		return r.syntax(strconv.QuoteRune(rune(b)))
	}
	return nil
}

// blanks takes any number of blanks: some servers send two.
func (r *response) blanks() {
	for r.eat(' ') {
	}
}

// word takes what stands before the next blank, parenthesis or bracket. It may
// be empty. The octets are those of the line.
func (r *response) word() []byte {
	i := 0
	for i < len(r.rest) {
		switch r.rest[i] {
		case ' ', '(', ')', '[', ']', '"':
			w := r.rest[:i]
			r.rest = r.rest[i:]
			return w
		}
		i++
	}
	w := r.rest
	r.rest = nil
	return w
}

// number takes a number of up to 63 bits (RFC 9051, 9, number64).
func (r *response) number() (uint64, error) {
	i := 0
	var n uint64
	for i < len(r.rest) && r.rest[i] >= '0' && r.rest[i] <= '9' {
		if n > (1<<63-10)/10 {
			return 0, r.syntax("a number below 2^63")
		}
		n = n*10 + uint64(r.rest[i]-'0')
		i++
	}
	if i == 0 {
		return 0, r.syntax("a number")
	}
	r.rest = r.rest[i:]
	return n, nil
}

// number32 takes a number of up to 32 bits.
func (r *response) number32() (uint32, error) {
	n, err := r.number()
	if err == nil && n > 1<<32-1 {
		return 0, r.syntax("a number below 2^32")
	}
	return uint32(n), err
}

// literal takes an announced literal at the end of the line. The caller reads
// it to its end and calls next before it goes on.
func (r *response) literal() (*wire.Literal, error) {
	r.eat('~')
	n, ok := wire.LiteralSize(r.rest)
	if !ok || !r.peek('{') {
		return nil, r.syntax("a literal")
	}
	r.rest = nil
	return r.c.Literal(n), nil
}

func (r *response) atLiteral() bool {
	return r.peek('{') || (r.peek('~') && len(r.rest) > 1 && r.rest[1] == '{')
}

// text takes a string, quoted or literal, an atom, or NIL (nil is true then).
func (r *response) text() (s string, null bool, err error) {
	switch {
	case r.peek('"'):
		s, err = r.quoted()
		return s, false, err
	case r.atLiteral():
		s, err = r.shortLiteral()
		return s, false, err
	}
	w := r.word()
	if len(w) == 0 {
		return "", false, r.syntax("a string")
	}
	if strings.EqualFold(string(w), "NIL") {
		return "", true, nil
	}
	return string(w), false, nil
}

// name takes a folder name. Some servers send brackets and parentheses outside
// of quotes, so an atom goes to the next blank; it may be called NIL.
func (r *response) name() (string, error) {
	if r.peek('"') || r.atLiteral() {
		s, _, err := r.text()
		return s, err
	}
	i := strings.IndexByte(string(r.rest), ' ')
	if i < 0 {
		i = len(r.rest)
	}
	s := string(r.rest[:i])
	r.rest = r.rest[i:]
	if s == "" {
		return "", r.syntax("a folder name")
	}
	return s, nil
}

func (r *response) quoted() (string, error) {
	if err := r.expect('"'); err != nil {
		return "", err
	}
	var b strings.Builder
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return b.String(), nil
		case c == '\\' && i+1 < len(r.rest):
			i++
			b.WriteByte(r.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", r.syntax("a closing quote")
}

func (r *response) shortLiteral() (string, error) {
	l, err := r.literal()
	if err != nil {
		return "", err
	}
	if l.Left() > maxString {
		return "", fmt.Errorf("%w: a name of %d octets", errSyntax, l.Left())
	}
	b := make([]byte, l.Left())
	if _, err := io.ReadFull(l, b); err != nil {
		return "", err
	}
	return string(b), r.next(maxLine)
}

// skip takes one value of any kind and drops it.
func (r *response) skip() error {
	r.blanks()
	depth := 0
	for {
		switch {
		case r.eat('('):
			if depth++; depth > maxDepth {
				return r.syntax("lists nested less deep")
			}
		case r.eat(')'):
			depth--
		case r.eat(' '), r.eat('['), r.eat(']'):
		case r.peek('"'):
			if _, err := r.quoted(); err != nil {
				return err
			}
		case r.atLiteral():
			l, err := r.literal()
			if err != nil {
				return err
			}
			if err := r.drop(l); err != nil {
				return err
			}
			if err := r.next(maxLine); err != nil {
				return err
			}
		default:
			if len(r.word()) == 0 {
				return r.syntax("a value")
			}
		}
		if depth <= 0 {
			return nil
		}
	}
}

// drop reads what is left of a literal that nobody asked for.
func (r *response) drop(l *wire.Literal) error {
	if r.unasked += l.Left(); r.unasked > maxUnasked || r.unasked < 0 {
		return fmt.Errorf("%w: more than %d octets that nobody asked for", errSyntax, maxUnasked)
	}
	return l.Discard()
}

// drain reads what is left of an answer, literals included.
func (r *response) drain() error {
	for {
		n, ok := wire.LiteralSize(r.rest)
		if !ok {
			r.rest = nil
			return nil
		}
		if err := r.drop(r.c.Literal(n)); err != nil {
			return err
		}
		if err := r.next(maxLine); err != nil {
			return err
		}
	}
}
