package wire

import (
	"sync"
	"time"
)

// Limiter bounds the octets per second of all connections that share it. A nil
// Limiter bounds nothing.
type Limiter struct {
	rate int64
	mu   sync.Mutex
	free time.Time // when the octets that were let through are paid for
}

// NewLimiter returns a limiter of rate octets per second, nil when rate is not
// positive.
func NewLimiter(rate int64) *Limiter {
	if rate <= 0 {
		return nil
	}
	return &Limiter{rate: rate}
}

// clip shortens a read to a tenth of a second's octets, so that the line is
// used evenly.
func (l *Limiter) clip(p []byte) []byte {
	if l == nil {
		return p
	}
	return p[:min(int64(len(p)), max(1, l.rate/10))]
}

// wait sleeps until n octets are paid for.
func (l *Limiter) wait(n int) {
	if l == nil || n <= 0 {
		return
	}
	l.mu.Lock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(int64(n) * int64(time.Second) / l.rate))
	pause := l.free.Sub(now)
	l.mu.Unlock()
	time.Sleep(pause)
}
