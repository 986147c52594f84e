package migrate_test

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// login is an account on a server.
type login struct{ address, user, password string }

func newLogin(t *testing.T, server *imaptest.Server) login {
	t.Helper()
	user, password := server.User(t)
	return login{server.Addr, user, password}
}

func (l login) open(t *testing.T, timeout time.Duration, notice func(string)) (*imapaccount.Account, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(l.address)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	return imapaccount.Open(t.Context(), imapaccount.Config{Host: host, Port: number, User: l.user, Password: l.password,
		Security: imapaccount.PlainText, Timeout: timeout, RetryPause: time.Millisecond, Retries: 3,
		Notice: notice})
}

// dial connects a raw client.
func (l login) dial(t *testing.T) *imaptest.Client {
	t.Helper()
	return imaptest.DialAddr(t, l.address, l.user, l.password)
}

// pair is an account that is migrated to another, or an archive that is
// restored to one.
type pair struct {
	from, to login
	archive  string // the source, when it is not from
	ledger   string
	options  migrate.Options
	events   func(migrate.Event)
	timeout  time.Duration       // without an octet, 0 for long
	notices  []string            // of the last run
	put      map[string][]letter // what the source holds, when it was read before
	retries  atomic.Int64        // of lost connections
}

func newPair(t *testing.T, from, to *imaptest.Server) *pair {
	t.Helper()
	return &pair{from: newLogin(t, from), to: newLogin(t, to), ledger: filepath.Join(t.TempDir(), "ledger.db")}
}

func (p *pair) migrate(t *testing.T) (migrate.Summary, error) {
	t.Helper()
	return p.migrateUntil(t, t.Context())
}

// notice takes what an account tells.
func (p *pair) notice(t *testing.T) func(string) {
	return func(text string) {
		t.Log("notice: " + text)
		if strings.Contains(text, "trying again") {
			p.retries.Add(1)
		}
	}
}

// source opens what is migrated.
func (p *pair) source(t *testing.T, timeout time.Duration) (mailhaul.Source, func() error, error) {
	t.Helper()
	if p.archive == "" {
		a, err := p.from.open(t, timeout, p.notice(t))
		if err != nil {
			return nil, nil, err
		}
		return a, a.Close, nil
	}
	a, err := archive.OpenReadOnly(t.Context(), p.archive)
	if err != nil {
		return nil, nil, err
	}
	return a.Source(archive.SourceOptions{}), a.Close, nil
}

func (p *pair) migrateUntil(t *testing.T, ctx context.Context) (migrate.Summary, error) {
	t.Helper()
	timeout := p.timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	from, closeSource, err := p.source(t, timeout)
	if err != nil {
		return migrate.Summary{}, err
	}
	defer func() { check(t, closeSource()) }()
	to, err := p.to.open(t, timeout, p.notice(t))
	if err != nil {
		return migrate.Summary{}, err
	}
	defer to.Close()
	led, err := checkpoint.Open(t.Context(), p.ledger)
	if err != nil {
		return migrate.Summary{}, err
	}
	p.options.Command, p.options.Quiet = "migrate", 20*time.Millisecond
	p.notices = nil
	p.options.Events = func(e migrate.Event) {
		if e.Kind == migrate.EventNotice {
			p.notices = append(p.notices, e.Text)
		}
		if p.events != nil {
			p.events(e)
		}
	}
	target := to.Target()
	s, err := migrate.Haul(ctx, from, target, led, p.options)
	if err := led.Close(); err != nil {
		t.Errorf("close ledger: %v", err)
	}
	return s, err
}

// must is a migration that succeeds without failures.
func (p *pair) must(t *testing.T) migrate.Summary {
	t.Helper()
	s, err := p.migrate(t)
	if err != nil || len(s.Failures) > 0 {
		t.Fatalf("migrate: %v, failures %v", err, s.Failures)
	}
	return s
}
