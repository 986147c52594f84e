//go:build linux

package crashtest_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"regexp"
	"sync"
	"testing"
)

// tap is a line to a server that knows when an APPEND is answered: there it can
// be cut, or the program at its other end be killed, or after so many octets that
// were sent.
type tap struct {
	addr string

	server   string
	listener net.Listener
	wait     sync.WaitGroup
	// hideUIDs takes the UIDs out of the answers: Dovecot tells them even where it
	// does not announce UIDPLUS.
	hideUIDs bool

	mu      sync.Mutex
	watcher func(sent int64)
	closed  bool
	live    map[*tapConn]bool
	trap    trap
	sprung  int   // how often the trap has
	answers int   // to APPEND, since the trap was set
	sent    int64 // octets, since the trap was set
}

// trap says when a tap acts, and how.
type trap struct {
	// answer counts answers to APPEND: at this one. 0 is at none.
	answer int
	// every lets it act again at each so-manieth answer after that one.
	every int
	// octets sent: after so many, unless 0.
	octets int64
	// before tells that the answer, or the octets behind, get lost; else they are
	// passed on first.
	before bool
	// act is what is done; nil cuts the connection. Who is killed by it has sent
	// what was sent: it arrives.
	act func()
}

// tapConn is one connection.
type tapConn struct {
	tap            *tap
	client, server *net.TCPConn
}

// newTap opens a line to the server at addr.
func newTap(tb testing.TB, addr string) *tap {
	tb.Helper()
	p := &tap{server: addr, live: map[*tapConn]bool{}}
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	p.addr = p.listener.Addr().String()
	p.wait.Go(p.accept)
	tb.Cleanup(func() {
		p.listener.Close()
		p.mu.Lock()
		p.closed = true
		for c := range p.live {
			c.cut()
		}
		p.mu.Unlock()
		p.wait.Wait()
	})
	return p
}

// set sets a trap in place of the one before; the zero value is none.
func (p *tap) set(t trap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap, p.sprung, p.answers, p.sent = t, 0, 0, 0
}

// watch lets a function be told of each end of a command, before it is passed on,
// and how many octets had been sent then since the trap was set.
func (p *tap) watch(watcher func(sent int64)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watcher = watcher
}

// passing tells who watches.
func (p *tap) passing() {
	p.mu.Lock()
	watcher, sent := p.watcher, p.sent
	p.mu.Unlock()
	if watcher != nil {
		watcher(sent)
	}
}

// mend takes the trap away, and goes on counting.
func (p *tap) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap = trap{}
}

// count returns how many answers to APPEND and how many octets to the server
// there were since the trap was set, and how often it has sprung.
func (p *tap) count() (answers int, sent int64, sprung int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers, p.sent, p.sprung
}

func (p *tap) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		c := &tapConn{p, client.(*net.TCPConn), server.(*net.TCPConn)}
		p.mu.Lock()
		p.live[c] = true
		if p.closed {
			c.cut()
		}
		p.mu.Unlock()
		p.wait.Go(func() {
			var ways sync.WaitGroup
			ways.Go(c.up)
			ways.Go(c.down)
			ways.Wait()
			c.cut()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.live, c)
		})
	}
}

// cut resets both ends. It may be called again.
func (c *tapConn) cut() {
	for _, conn := range []*net.TCPConn{c.client, c.server} {
		_ = conn.SetLinger(0)
		conn.Close()
	}
}

// up passes octets to the server.
func (c *tapConn) up() {
	octets := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(octets)
		part, act := c.tap.sending(octets[:n])
		if _, err := c.server.Write(part); err != nil {
			return
		}
		if act != nil {
			act(c)
		}
		if len(part) < n { // the rest is lost
			c.cut()
			return
		}
		if err != nil {
			_ = c.server.CloseWrite() // what was sent arrives, whoever has died
			return
		}
	}
}

// sending counts octets and returns what of them may pass, and what is to be done
// then, if anything.
func (p *tap) sending(octets []byte) (part []byte, act func(*tapConn)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.sent
	p.sent += int64(len(octets))
	if p.trap.octets == 0 || p.sprung > 0 || p.sent < p.trap.octets {
		return octets, nil
	}
	if p.trap.before {
		octets = octets[:p.trap.octets-before]
	}
	return octets, p.spring()
}

// spring lets the trap spring. The caller holds mu.
func (p *tap) spring() func(*tapConn) {
	p.sprung++
	act := p.trap.act
	if act == nil {
		return (*tapConn).cut
	}
	return func(*tapConn) { act() }
}

// appended is an answer to APPEND that tells where the message is (RFC 4315, 3).
var appended = regexp.MustCompile(`^\S+ OK (\[APPENDUID [^]]*\] )`)

// down passes answers to the client, line by line.
func (c *tapConn) down() {
	defer c.client.CloseWrite() //nolint:errcheck // it may be cut already
	w := bufio.NewWriterSize(c.client, 64<<10)
	for r := bufio.NewReaderSize(c.server, 64<<10); ; {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 && line[0] != '*' && line[0] != '+' {
			c.tap.passing()
		}
		if at := appended.FindSubmatchIndex(line); at != nil {
			hold, act := c.tap.answering()
			if c.tap.hideUIDs {
				line = append(bytes.Clone(line[:at[2]]), line[at[3]:]...)
			}
			if act != nil {
				if !hold {
					_, _ = w.Write(line)
				}
				_ = w.Flush()
				act(c)
				return
			}
		}
		if _, err := w.Write(line); err != nil {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		if err != nil && err != bufio.ErrBufferFull {
			if err != io.EOF {
				c.cut()
			}
			return
		}
	}
}

// answering counts an answer to APPEND, and returns whether it is to be held
// back and what is to be done.
func (p *tap) answering() (hold bool, act func(*tapConn)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers++
	t := p.trap
	due := t.answer > 0 && (p.answers == t.answer || t.every > 0 && p.answers > t.answer && (p.answers-t.answer)%t.every == 0)
	if !due {
		return false, nil
	}
	return t.before, p.spring()
}
