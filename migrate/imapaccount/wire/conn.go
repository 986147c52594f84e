package wire

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Options are the settings of a Conn.
type Options struct {
	// Timeout is the longest wait without one octet of progress.
	Timeout time.Duration
	// Limiter, when not nil, is shared by the connections of an account.
	Limiter *Limiter
	// Trace, when not nil, gets the conversation without secrets and literals.
	Trace *Trace
}

// readBuffer holds many small messages or a good part of a large one: each fill
// is one system call. The library's own buffer is 4 KiB.
const readBuffer = 256 << 10

// Conn is the connection beneath the library. Close may be called from any
// goroutine; else the connection belongs to the library or, while borrowed, to
// the borrower.
type Conn struct {
	meter *meter
	net   net.Conn // the meter, or TLS on it
	br    *bufio.Reader
	bw    *bufio.Writer
	trace *Trace
	guard guard

	mu       sync.Mutex
	cond     *sync.Cond
	borrowed bool
	reading  bool // the library is within Read
	closed   bool
	hello    []byte // a greeting of ours that the library reads first
	greeting []byte // the server's first line, or its beginning
	last     lastLine
}

// NewConn puts a Conn on a network connection.
func NewConn(c net.Conn, o Options) *Conn {
	m := &meter{Conn: c, timeout: o.Timeout, limiter: o.Limiter}
	w := &Conn{meter: m, trace: o.Trace}
	w.cond = sync.NewCond(&w.mu)
	w.stack(m)
	return w
}

func (c *Conn) stack(n net.Conn) {
	c.net = n
	c.br = bufio.NewReaderSize(n, readBuffer)
	c.bw = bufio.NewWriterSize(n, 16<<10)
}

// StartTLS puts TLS on the connection. Nothing that the server sent before may
// wait to be read: it would be believed as if it came through TLS. It is called
// before the library has the connection.
func (c *Conn) StartTLS(config *tls.Config) error {
	if n := c.br.Buffered(); n > 0 {
		return fmt.Errorf("start TLS: the server sent %d octets behind its STARTTLS answer", n)
	}
	t := tls.Client(c.meter, config)
	if err := t.Handshake(); err != nil {
		return err
	}
	c.stack(t)
	return nil
}

// Greet makes the library read a greeting of ours, without capabilities: after
// STARTTLS the server does not greet again (RFC 9051, 6.2.1).
func (c *Conn) Greet() { c.hello = []byte("* OK TLS is on\r\n") }

// maxGreeting is how much of the greeting, and of the last line, is kept.
const maxGreeting = 512

// greeted keeps the server's first line.
func (c *Conn) greeted(p []byte) {
	if bytes.HasSuffix(c.greeting, []byte("\n")) || len(c.greeting) >= maxGreeting {
		return
	}
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		p = p[:i+1]
	}
	c.greeting = append(c.greeting, p[:min(len(p), maxGreeting-len(c.greeting))]...)
}

// LastLine returns the last line that the library was given, or its beginning.
// It is for the borrower.
func (c *Conn) LastLine() []byte { return c.last.line }

// lastLine keeps the beginning of the line that was seen last.
type lastLine struct {
	line  []byte
	ended bool
}

func (l *lastLine) add(p []byte) {
	for len(p) > 0 {
		if l.ended {
			l.line, l.ended = l.line[:0], false
		}
		part, rest, ended := bytes.Cut(p, []byte("\n"))
		l.line = append(l.line, part[:min(len(part), maxGreeting-len(l.line))]...)
		l.ended = ended
		p = rest
	}
}

// Greeting returns the server's first line, or its beginning, without its line
// end. It may be from before TLS: use it for quirks, never for trust.
func (c *Conn) Greeting() string { return string(bytes.TrimRight(c.greeting, "\r\n")) }

// TLS returns the state of TLS, nil where there is none.
func (c *Conn) TLS() *tls.ConnectionState {
	t, ok := c.net.(*tls.Conn)
	if !ok {
		return nil
	}
	s := t.ConnectionState()
	return &s
}

// Read is the library's. It waits while the connection is borrowed.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		c.mu.Lock()
		for c.borrowed && !c.closed {
			c.cond.Wait()
		}
		if c.closed {
			c.mu.Unlock()
			return 0, net.ErrClosed
		}
		if len(c.hello) > 0 {
			n := copy(p, c.hello)
			c.hello = c.hello[n:]
			c.mu.Unlock()
			return n, nil
		}
		c.reading = true
		c.mu.Unlock()
		n, err := c.readForLibrary(p)
		c.mu.Lock()
		c.reading = false
		borrowed := c.borrowed
		c.cond.Broadcast()
		c.mu.Unlock()
		if n == 0 && borrowed && errors.Is(err, os.ErrDeadlineExceeded) {
			continue // the borrower wanted the line, nothing is wrong with it
		}
		return n, err
	}
}

// readForLibrary reads once, and looks at what the library is given.
func (c *Conn) readForLibrary(p []byte) (int, error) {
	n, err := c.br.Read(p)
	if n == 0 {
		return 0, err
	}
	if err := c.guard.check(p[:n]); err != nil {
		return 0, err
	}
	c.greeted(p[:n])
	c.last.add(p[:n])
	c.trace.server(p[:n])
	return n, nil
}

// Write is the library's. go-imap v2.0.0-beta.8 spells an empty SASL answer "=",
// which only an initial response may be (RFC 9051, 6.2.2); SCRAM ends with one,
// and servers refuse it.
func (c *Conn) Write(p []byte) (int, error) {
	c.trace.client(p)
	if string(p) == "=\r\n" {
		_, err := c.net.Write(p[1:])
		return len(p), err
	}
	return c.net.Write(p)
}

// Borrow takes the connection from the library, which must have no command
// under way, and waits until its blocked Read has let go.
func (c *Conn) Borrow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.borrowed = true
	c.meter.interrupt()
	for c.reading {
		c.cond.Wait()
	}
	c.meter.resume()
	c.guard = guard{}
}

// Return gives the connection back to the library.
func (c *Conn) Return() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.borrowed = false
	c.cond.Broadcast()
}

// Close closes the connection at once. It wakes a library that waits for a
// borrower.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.cond.Broadcast()
	c.mu.Unlock()
	// The meter's connection, not TLS's: a close_notify could block on a dead line.
	return c.meter.Conn.Close()
}

// LocalAddr returns the local address.
func (c *Conn) LocalAddr() net.Addr { return c.meter.LocalAddr() }

// RemoteAddr returns the server's address.
func (c *Conn) RemoteAddr() net.Addr { return c.meter.RemoteAddr() }

// SetDeadline does nothing: time limits roll with progress instead.
func (c *Conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, like SetDeadline.
func (c *Conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, like SetDeadline.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

var _ io.ReadWriteCloser = (*Conn)(nil)
