package imapaccount

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// Account is an IMAP account, connected. It is a mailhaul.Source.
type Account struct {
	config     Config
	limiter    *wire.Limiter
	newTrace   func() *wire.Trace
	namespaces Namespaces // as of the last Folders, like the next two
	delimiter  string
	utf8       bool // names are UTF-8 on the wire
	limits     mailhaul.Limits
	id         map[string]string // of the server (RFC 2971)
	takesMail  bool              // a target: Folders asks for limits, too

	kind  atomic.Pointer[quirk.Server] // what the server is known for; not nil once connected
	gmail atomic.Bool                  // it announces X-GM-EXT-1
	probe *probe                       // watches the first connection; nil but within Probe

	mu   sync.Mutex
	idle []*session
}

// Interfaces that an account promises.
var (
	_ mailhaul.Source     = (*Account)(nil)
	_ mailhaul.Identifier = (*Account)(nil)
)

// newAccount returns an account that is not connected yet.
func newAccount(config Config) *Account {
	config = config.withDefaults()
	return &Account{
		config:   config,
		limiter:  wire.NewLimiter(config.LimitRate),
		newTrace: wire.NewTrace(config.Trace, config.Now),
	}
}

// Open connects and logs in. The error wraps mailhaul.ErrAuth or
// mailhaul.ErrConnect and says what to do.
func Open(ctx context.Context, config Config) (*Account, error) {
	a := newAccount(config)
	s, err := a.connect(ctx)
	// A server that is busy is asked again; one that is not there is not: who
	// mistypes a host must not wait.
	for r := (retry{a: a}); err != nil && refusedMore(err); {
		if err := r.again(ctx, err); err != nil {
			return nil, err
		}
		s, err = a.connect(ctx)
	}
	if err != nil {
		return nil, err
	}
	a.release(s)
	return a, nil
}

// connect makes one more session.
func (a *Account) connect(ctx context.Context) (*session, error) {
	return a.connectWith(ctx, "UTF8=ACCEPT", "UTF8=ONLY")
}

// connectPlain makes a session on which names are in modified UTF-7 unless the
// server knows UTF-8 only.
func (a *Account) connectPlain(ctx context.Context) (*session, error) {
	return a.connectWith(ctx, "UTF8=ONLY")
}

// connectWith makes a session that enables UTF-8 where the server has one of the
// capabilities.
func (a *Account) connectWith(ctx context.Context, utf8 ...imap.Cap) (*session, error) {
	s, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	s.kind = quirk.Find(a.config.Host, s.conn.Greeting(), nil)
	a.kind.Store(&s.kind)
	a.gmail.Store(s.caps.Has("X-GM-EXT-1"))
	if slices.ContainsFunc(utf8, s.caps.Has) {
		// Else the server may give us altered messages and names (RFC 6855, 3).
		tag := s.send("ENABLE UTF8=ACCEPT")
		if err := s.conn.Flush(); err != nil {
			return nil, a.lost(s, err)
		}
		if err := s.wait(tag, 100, maxLine, s.enabled); err != nil {
			return nil, a.lost(s, err)
		}
	}
	return s, nil
}

func (s *session) enabled(_ uint32, word string, r *response) error {
	if word == "ENABLED" {
		for len(r.rest) > 0 {
			if string(r.word()) == "UTF8=ACCEPT" {
				s.utf8 = true
			}
			if len(r.rest) > 0 && !r.eat(' ') {
				return r.syntax("a capability")
			}
		}
	}
	return nil
}

// acquire takes an idle session or makes one.
func (a *Account) acquire(ctx context.Context) (*session, error) {
	a.mu.Lock()
	if n := len(a.idle); n > 0 {
		s := a.idle[n-1]
		a.idle = a.idle[:n-1]
		a.mu.Unlock()
		return s, nil
	}
	a.mu.Unlock()
	return a.connect(ctx)
}

// release keeps a session for later.
func (a *Account) release(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = append(a.idle, s)
}

// lost closes a session whose line is of no use any more, and says so in an
// error that allows another try.
func (a *Account) lost(s *session, err error) error {
	s.conn.Close()
	s.client.Close() //nolint:errcheck // ends the library's goroutine
	return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Temporary: true, Op: fmt.Sprintf("talk to %s", a.config.Host),
		Hint: "what has arrived is safe: run the same command again and it goes on", Err: &connectFailure{err}}
}

// Close logs out and closes the connections.
func (a *Account) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.idle {
		s.close()
	}
	a.idle = nil
	return nil
}
