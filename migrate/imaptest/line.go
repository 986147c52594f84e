package imaptest

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Way is the direction in which octets run over a Line.
type Way uint8

// The ways.
const (
	Down Way = iota // from the server to the client
	Up              // from the client to the server
)

// Kind is what happens to a connection.
type Kind uint8

// The kinds of faults.
const (
	Reset Kind = iota // both ends are reset (RST): "connection reset by peer"
	End               // both ends are closed in order (FIN): "EOF"
	Stall             // not an octet more that way, the connection stays
)

// Fault breaks a connection at a certain octet.
type Fault struct {
	Kind Kind
	Way  Way
	// After is how many octets still pass that way.
	After int64
	// First confines the fault to the first so many connections, 0 is all.
	First int
}

// LineOptions say how a line behaves. The zero value passes everything on.
type LineOptions struct {
	// Delay is added to each way; a round trip takes twice as long. Opening a
	// connection takes one round trip as well.
	Delay time.Duration
	// Rate limits each way of each connection, in octets a second; 0 is none.
	Rate int64
	// Chop hands the octets on one by one.
	Chop bool
	// RefuseFirst resets the first so many connections before they have begun,
	// RefuseShare that share of all others (0.25: every fourth).
	RefuseFirst int
	RefuseShare float64
	Faults      []Fault
}

// Line is a TCP proxy that imitates a long or a bad line. It counts what it
// passes on and keeps the commands that it saw, where they are plain text.
type Line struct {
	// Addr is host:port where the line listens.
	Addr string

	target   string
	listener net.Listener
	wait     sync.WaitGroup
	closed   chan struct{}
	up, down atomic.Int64

	mu          sync.Mutex
	options     LineOptions
	connections int // since the last Change
	accepted    int
	refused     int
	commands    []Command
	live        map[*lineConn]bool
}

// NewLine opens a line to target (host:port). It ends with the test.
func NewLine(tb testing.TB, target string, o LineOptions) *Line {
	tb.Helper()
	l := &Line{target: target, options: o, closed: make(chan struct{}), live: map[*lineConn]bool{}}
	var err error
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatalf("open line: %v", err)
	}
	l.Addr = l.listener.Addr().String()
	l.wait.Go(l.accept)
	tb.Cleanup(func() {
		close(l.closed)
		l.listener.Close()
		l.Cut()
		l.wait.Wait()
	})
	return l
}

// Change gives connections made from now on other options, and counts them from
// the first again where the options speak of first ones. Those there are stay
// as they are.
func (l *Line) Change(o LineOptions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.options, l.connections = o, 0
}

// Cut resets all connections that there are.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.live {
		c.abort(true)
	}
}

// Octets returns how many octets were passed on each way.
func (l *Line) Octets() (up, down int64) { return l.up.Load(), l.down.Load() }

// Connections returns how many connections were passed on and how many refused.
func (l *Line) Connections() (passed, refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted, l.refused
}

// Commands returns the commands of all connections in the order in which they
// were complete. With TLS there are none to be read.
func (l *Line) Commands() []Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.commands)
}

// Count returns how many of the commands have one of the names.
func (l *Line) Count(names ...string) int {
	n := 0
	for _, c := range l.Commands() {
		if slices.Contains(names, c.Name) {
			n++
		}
	}
	return n
}

// Forget sets all counters to zero and drops the commands seen.
func (l *Line) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up.Store(0)
	l.down.Store(0)
	l.accepted, l.refused, l.commands = 0, 0, nil
}

// accept takes connections until the line is closed.
func (l *Line) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		client := conn.(*net.TCPConn)
		c := l.admit(client)
		if c == nil {
			_ = client.SetLinger(0) // a reset, as near as a listener comes to a refusal
			client.Close()
			continue
		}
		l.wait.Go(func() {
			defer l.leave(c)
			c.run()
		})
	}
}

// admit decides about a connection: nil is a refusal.
func (l *Line) admit(client *net.TCPConn) *lineConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed: // Cut has been or may be over: it must not be missed
		return nil
	default:
	}
	l.connections++
	o, k := l.options, l.connections
	share := func(k int) int { return int(o.RefuseShare * float64(k)) }
	if k <= o.RefuseFirst || share(k-o.RefuseFirst) > share(k-1-o.RefuseFirst) {
		l.refused++
		return nil
	}
	l.accepted++
	c := &lineConn{line: l, number: l.accepted, options: o, client: client, done: make(chan struct{})}
	c.options.Faults = slices.DeleteFunc(slices.Clone(o.Faults), func(f Fault) bool { return f.First > 0 && k > f.First })
	l.live[c] = true
	return c
}

func (l *Line) leave(c *lineConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, c)
}

// record keeps a command of a connection.
func (l *Line) record(connection int, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commands = append(l.commands, parseCommand(connection, line))
}
