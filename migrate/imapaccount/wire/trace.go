package wire

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// Trace writes the conversations of an account, a line each, without literals
// and without what could be a secret. A nil Trace writes nothing.
type Trace struct {
	mu  *sync.Mutex
	w   io.Writer
	id  int
	now func() time.Time

	secret  bool // until the login is over
	out, in lineSplitter
}

// NewTrace returns a function that makes the trace of the next connection; all
// of them write to w. It returns nil traces when w is nil.
func NewTrace(w io.Writer, now func() time.Time) func() *Trace {
	if w == nil {
		return func() *Trace { return nil }
	}
	var mu sync.Mutex
	id := 0
	return func() *Trace {
		mu.Lock()
		defer mu.Unlock()
		id++
		return &Trace{mu: &mu, w: w, id: id, now: now, secret: true}
	}
}

// loggedIn says that no secret is sent from here on.
func (t *Trace) loggedIn() {
	if t != nil {
		t.mu.Lock()
		t.secret = false
		t.mu.Unlock()
	}
}

func (t *Trace) client(p []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out.feed(p, func(line []byte) { t.write('C', t.redactClient(line)) })
}

func (t *Trace) server(p []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.in.feed(p, func(line []byte) { t.write('S', t.redactServer(line)) })
}

// line is a whole line that a borrower read.
func (t *Trace) line(line []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write('S', t.redactServer(line))
}

func (t *Trace) literal(n int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write('S', fmt.Appendf(nil, "(literal of %d octets)", n))
}

// literalOut is a literal that a borrower sends: it is not fed to the splitter.
func (t *Trace) literalOut(n int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out.skip = 0
	t.write('C', fmt.Appendf(nil, "(literal of %d octets)", n))
}

// maxTraceLine bounds a line of the trace: LIST and SEARCH answers can be long.
const maxTraceLine = 1000

func (t *Trace) write(side byte, line []byte) {
	cut := ""
	if len(line) > maxTraceLine {
		cut = fmt.Sprintf(" (and %d octets)", len(line)-maxTraceLine)
		line = line[:maxTraceLine]
	}
	quoted := strconv.QuoteToASCII(string(line))
	fmt.Fprintf(t.w, "%s %d %c: %s%s\n", t.now().UTC().Format("15:04:05.000"), t.id, side, quoted[1:len(quoted)-1], cut)
}

// redactClient keeps, before the login is over, tag, command and mechanism only:
// arguments, literals and SASL answers may all be secrets.
func (t *Trace) redactClient(line []byte) []byte {
	if !t.secret {
		return line
	}
	words := bytes.Split(line, []byte(" "))
	if len(words) < 2 {
		return []byte("(redacted)")
	}
	switch string(bytes.ToUpper(words[1])) {
	case "CAPABILITY", "STARTTLS", "NOOP", "LOGOUT":
		return line
	case "LOGIN":
		return []byte(string(words[0]) + " LOGIN (redacted)")
	case "AUTHENTICATE":
		if len(words) > 3 {
			return []byte(string(bytes.Join(words[:3], []byte(" "))) + " (redacted)")
		}
		return line
	}
	return []byte("(redacted)")
}

func (t *Trace) redactServer(line []byte) []byte {
	if t.secret && bytes.HasPrefix(line, []byte("+")) {
		return []byte("+ (redacted)") // a SASL challenge
	}
	return line
}

// lineSplitter cuts a stream into lines and leaves literals out.
type lineSplitter struct {
	part []byte
	skip int64
}

func (s *lineSplitter) feed(p []byte, emit func([]byte)) {
	for len(p) > 0 {
		if s.skip > 0 {
			n := min(s.skip, int64(len(p)))
			s.skip -= n
			p = p[n:]
			continue
		}
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			if len(s.part) <= maxTraceLine {
				s.part = append(s.part, p...)
			}
			return
		}
		line := bytes.TrimRight(append(s.part, p[:i]...), "\r")
		s.part = s.part[:0]
		p = p[i+1:]
		if n, ok := LiteralSize(line); ok {
			s.skip = n
		}
		emit(line)
	}
}

// LiteralSize returns the size of the literal that a line announces at its end
// (RFC 9051, 4.3: {42}, {42+}; RFC 3516: ~{42}), or false.
func LiteralSize(line []byte) (int64, bool) {
	if len(line) < 3 || line[len(line)-1] != '}' {
		return 0, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 {
		return 0, false
	}
	digits := bytes.TrimSuffix(line[open+1:len(line)-1], []byte("+"))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || n < 0 || digits[0] == '+' {
		return 0, false
	}
	return n, true
}
