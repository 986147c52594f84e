package migrate_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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

func (l login) open(t *testing.T) (*imapaccount.Account, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(l.address)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	return imapaccount.Open(t.Context(), imapaccount.Config{Host: host, Port: number, User: l.user, Password: l.password,
		Security: imapaccount.PlainText, Timeout: 10 * time.Second, RetryPause: time.Millisecond, Retries: 3,
		Notice: func(text string) { t.Log("notice: " + text) }})
}

// seen reads the account with another client: what it holds in each folder.
func (l login) seen(t *testing.T) map[string][]string {
	t.Helper()
	folders := map[string][]string{}
	for _, m := range imaptest.Reference(t, l.address, l.user, l.password) {
		date, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate)
		if err != nil {
			t.Fatal(err)
		}
		flags := slices.Clone(m.Flags)
		slices.Sort(flags)
		name := m.Folder
		if strings.EqualFold(name, "INBOX") {
			name = "INBOX"
		}
		folders[name] = append(folders[name], fmt.Sprintf("%s %v %s", m.SHA256, flags, date.UTC().Format(time.DateTime)))
	}
	for _, list := range folders {
		slices.Sort(list)
	}
	return folders
}

// pair is an account that is migrated to another.
type pair struct {
	from, to login
	ledger   string
	options  migrate.Options
	notices  []string
}

func newPair(t *testing.T, from, to *imaptest.Server) *pair {
	t.Helper()
	return &pair{from: newLogin(t, from), to: newLogin(t, to), ledger: filepath.Join(t.TempDir(), "ledger.db")}
}

func (p *pair) migrate(t *testing.T) (migrate.Summary, error) {
	t.Helper()
	return p.migrateUntil(t, t.Context())
}

func (p *pair) migrateUntil(t *testing.T, ctx context.Context) (migrate.Summary, error) {
	t.Helper()
	from, err := p.from.open(t)
	if err != nil {
		return migrate.Summary{}, err
	}
	defer from.Close()
	to, err := p.to.open(t)
	if err != nil {
		return migrate.Summary{}, err
	}
	defer to.Close()
	led, err := checkpoint.Open(t.Context(), p.ledger)
	if err != nil {
		return migrate.Summary{}, err
	}
	p.options.Command = "migrate"
	p.notices = nil
	p.options.Events = func(e migrate.Event) {
		if e.Kind == migrate.EventNotice {
			p.notices = append(p.notices, e.Text)
		}
	}
	target := to.Target()
	if _, err := target.Limits(t.Context()); err != nil {
		t.Error(err)
	}
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

// equal compares two folders message by message, as another client sees them.
func equal(t *testing.T, folder string, want, got []string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	t.Errorf("folder %q: %d messages at the source, %d at the target, or they differ", folder, len(want), len(got))
	shown := 0
	for _, m := range got {
		if _, found := slices.BinarySearch(want, m); !found && shown < 5 {
			t.Logf("target: %s", m)
			shown++
		}
	}
	shown = 0
	for _, m := range want {
		if _, found := slices.BinarySearch(got, m); !found && shown < 5 {
			t.Logf("source: %s", m)
			shown++
		}
	}
}
