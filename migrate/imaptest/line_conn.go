package imaptest

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lineChunk is how much is read at once, lineChunks how many chunks may be
	// on their way: 4 MiB, enough for 100 MB/s with 20 ms each way.
	lineChunk  = 16 << 10
	lineChunks = 256
)

// lineConn is one connection over a line.
type lineConn struct {
	line    *Line
	number  int
	options LineOptions
	client  *net.TCPConn
	stalled atomic.Bool // one way stands still for good
	over    atomic.Bool // both ends were told the end: what still comes is dropped

	mu     sync.Mutex
	server *net.TCPConn // nil until connected
	ended  bool
	done   chan struct{} // closed when ended
}

// chunk is a piece of what was read, with the time at which it arrives.
type chunk struct {
	octets []byte
	due    time.Time
}

// run passes the connection on until both ways have ended.
func (c *lineConn) run() {
	defer c.abort(false)
	if !c.until(time.Now().Add(2 * c.options.Delay)) { // the handshake's round trip
		return
	}
	conn, err := net.Dial("tcp", c.line.target)
	if err != nil {
		c.abort(true)
		return
	}
	c.mu.Lock()
	c.server = conn.(*net.TCPConn)
	ended := c.ended
	c.mu.Unlock()
	if ended {
		c.server.Close()
		return
	}
	var ways sync.WaitGroup
	ways.Go(func() { c.pass(Down, c.client, c.server) })
	ways.Go(func() { c.pass(Up, c.server, c.client) })
	ways.Wait()
}

// abort ends both ends at once, with a reset or in order. It may be called again.
func (c *lineConn) abort(reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	close(c.done)
	for _, conn := range []*net.TCPConn{c.client, c.server} {
		if conn == nil {
			continue
		}
		if reset {
			_ = conn.SetLinger(0)
		}
		conn.Close()
	}
}

// until waits for a moment and tells whether the connection still is.
func (c *lineConn) until(due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		select {
		case <-c.done:
			return false
		default:
			return true
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.done:
		return false
	case <-timer.C:
		return true
	}
}

// pass carries the octets of one way from src to dst.
func (c *lineConn) pass(way Way, dst, src *net.TCPConn) {
	chunks := make(chan chunk, lineChunks)
	var reader sync.WaitGroup
	reader.Go(func() { c.read(src, chunks) })
	defer reader.Wait()
	counter := &c.line.down
	var commands *commandReader
	if way == Up {
		counter = &c.line.up
		commands = &commandReader{each: func(line string) { c.line.record(c.number, line) }}
	}
	fault := c.fault(way)
	var passed int64
	for k := range chunks {
		if c.over.Load() || !c.until(k.due) {
			break
		}
		octets := k.octets
		broken := fault != nil && passed+int64(len(octets)) >= fault.After
		if broken {
			octets = octets[:fault.After-passed]
		}
		counter.Add(int64(len(octets))) // before the peer can have seen them
		passed += int64(len(octets))
		if commands != nil {
			_, _ = commands.Write(octets)
		}
		if err := c.write(dst, octets); err != nil {
			if !c.over.Load() {
				c.abort(true)
			}
			break
		}
		if broken {
			c.suffer(fault.Kind)
			break
		}
	}
	_ = dst.CloseWrite() // what the source has closed in order is closed in order
	for range chunks {   // so that the reader comes to its end
	}
}

// read reads from src, tells each chunk when it is due, and ends with src.
func (c *lineConn) read(src *net.TCPConn, chunks chan<- chunk) {
	defer close(chunks)
	free := time.Now() // when the line has carried all that was read so far
	for {
		octets := make([]byte, lineChunk)
		n, err := src.Read(octets)
		if n > 0 {
			now := time.Now()
			if free.Before(now) {
				free = now
			}
			if c.options.Rate > 0 {
				free = free.Add(time.Duration(int64(n) * int64(time.Second) / c.options.Rate))
			}
			select {
			case chunks <- chunk{octets[:n], free.Add(c.options.Delay)}:
			case <-c.done:
				return
			}
		}
		if err != nil {
			if c.stalled.Load() { // no one else will ever end a stalled connection
				c.abort(false)
			}
			return
		}
	}
}

// write hands octets on, one by one where that is asked for.
func (c *lineConn) write(dst *net.TCPConn, octets []byte) error {
	step := max(1, len(octets))
	if c.options.Chop {
		step = 1
	}
	for ; len(octets) > 0; octets = octets[step:] {
		step = min(step, len(octets))
		if _, err := dst.Write(octets[:step]); err != nil {
			return err
		}
	}
	return nil
}

// fault returns the fault that strikes first in one way, nil when there is none.
func (c *lineConn) fault(way Way) *Fault {
	var first *Fault
	for i, f := range c.options.Faults {
		if f.Way == way && (first == nil || f.After < first.After) {
			first = &c.options.Faults[i]
		}
	}
	return first
}

// suffer lets a fault happen. A stall lasts until the connection ends.
func (c *lineConn) suffer(kind Kind) {
	switch kind {
	case Reset:
		c.abort(true)
	case End:
		// Closing a socket that holds unread octets resets it: so only the end
		// is told, and what comes is read until the peers close as well.
		c.over.Store(true)
		_ = c.client.CloseWrite()
		_ = c.server.CloseWrite()
	case Stall:
		c.stalled.Store(true)
		<-c.done
	}
}
