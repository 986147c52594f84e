package wire

import (
	"net"
	"os"
	"sync"
	"time"
)

// meter is the network connection itself, beneath TLS: it rolls the time limit
// with each octet of progress and obeys the rate limit.
type meter struct {
	net.Conn
	timeout  time.Duration
	limiter  *Limiter
	mu       sync.Mutex
	stopRead bool // a read must return at once: the connection is being borrowed
}

// writeChunk bounds one write, so that the time limit means "no progress" and
// not "a long message on a slow line".
const writeChunk = 64 << 10

func (m *meter) Read(p []byte) (int, error) {
	m.mu.Lock()
	if m.stopRead {
		m.mu.Unlock()
		return 0, os.ErrDeadlineExceeded
	}
	m.Conn.SetReadDeadline(time.Now().Add(m.timeout)) //nolint:errcheck // Read says what is wrong
	m.mu.Unlock()
	n, err := m.Conn.Read(m.limiter.clip(p))
	m.limiter.wait(n)
	return n, err
}

func (m *meter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		chunk := p[:min(len(p), writeChunk)]
		m.Conn.SetWriteDeadline(time.Now().Add(m.timeout)) //nolint:errcheck // Write says what is wrong
		n, err := m.Conn.Write(chunk)
		written += n
		if err != nil {
			return written, err
		}
		m.limiter.wait(n)
		p = p[n:]
	}
	return written, nil
}

// interrupt makes a blocked read return with os.ErrDeadlineExceeded, and each
// later one until resume.
func (m *meter) interrupt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopRead = true
	// A moment ago by the clock that only goes on: any date may be in the future of
	// the other one.
	m.Conn.SetReadDeadline(time.Now().Add(-time.Second)) //nolint:errcheck // a dead connection says so at the next read
}

func (m *meter) resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopRead = false
}

// Time limits are the meter's alone: the library's are absolute, and would cut
// a large message on a slow line or let a silent server hang for ever.
func (m *meter) SetDeadline(time.Time) error      { return nil }
func (m *meter) SetReadDeadline(time.Time) error  { return nil }
func (m *meter) SetWriteDeadline(time.Time) error { return nil }
