package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The methods below are the borrower's.

// Send buffers octets of a command. Flush sends them.
func (c *Conn) Send(s string) error {
	c.trace.client([]byte(s))
	_, err := c.bw.WriteString(s)
	return err
}

// Flush sends what was buffered.
func (c *Conn) Flush() error { return c.bw.Flush() }

// ReadLine reads to the next LF and returns the octets before it, without a CR
// at their end. They are valid until the next read. A line of more than limit
// octets is an error; no more than that is ever kept.
func (c *Conn) ReadLine(limit int) ([]byte, error) {
	line, err := c.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = c.readLongLine(line, limit)
	}
	if err != nil {
		return nil, unexpected(err)
	}
	if len(line) > limit {
		return nil, tooLong(limit)
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	c.trace.line(line)
	if len(c.greeting) == 0 {
		c.greeted(append(bytes.Clone(line), '\n')) // asked for before STARTTLS
	}
	return line, nil
}

func (c *Conn) readLongLine(first []byte, limit int) ([]byte, error) {
	long := append([]byte(nil), first...)
	for {
		if len(long) > limit {
			return nil, tooLong(limit)
		}
		more, err := c.br.ReadSlice('\n')
		long = append(long, more...)
		if err == nil {
			return long, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

func tooLong(limit int) error {
	return fmt.Errorf("read line: longer than %d octets", limit)
}

// Literal returns a reader of the n octets that follow an announced literal.
// A connection that ends before is io.ErrUnexpectedEOF, never an end.
func (c *Conn) Literal(n int64) *Literal {
	c.trace.literal(n)
	return &Literal{c: c, left: n}
}

// Literal reads the octets of one literal (RFC 9051, 4.3).
type Literal struct {
	c    *Conn
	left int64
}

// Left returns the octets not yet read.
func (l *Literal) Left() int64 { return l.left }

// Read reads octets of the literal; io.EOF after the last one.
func (l *Literal) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n, err := l.c.br.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, unexpected(err)
}

// Discard reads the rest of the literal and drops it.
func (l *Literal) Discard() error {
	for l.left > 0 {
		n, err := l.c.br.Discard(int(min(l.left, 1<<20)))
		l.left -= int64(n)
		if err != nil {
			return unexpected(err)
		}
	}
	return nil
}

func unexpected(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// LoggedIn says that no secret is sent from here on: the trace shows commands.
func (c *Conn) LoggedIn() { c.trace.loggedIn() }

// SendLiteral buffers the octets of a literal.
func (c *Conn) SendLiteral(p []byte) error {
	c.trace.literalOut(int64(len(p)))
	_, err := c.bw.Write(p)
	return err
}

// PourLiteral sends n octets of a reader as a literal and returns how many it
// read; fewer are io.ErrUnexpectedEOF.
func (c *Conn) PourLiteral(r io.Reader, n int64) (int64, error) {
	c.trace.literalOut(n)
	sent, err := io.CopyN(c.bw, r, n)
	return sent, unexpectedOnly(err)
}

func unexpectedOnly(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
