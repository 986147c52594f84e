package migrate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestInterrupt: a run that is told to stop ends in order, what it says is done
// is done, and the next run fetches the rest, each message once.
func TestInterrupt(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		server := imaptest.Dovecot(t)
		user, password := server.User(t)
		imaptest.Seed(t, imaptest.Dial(t, server, user, password), sample.Set{Messages: 1500, Octets: 60 << 20})
		w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: format}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		told := int64(0)
		w.options.Events = func(e migrate.Event) {
			if e.Kind == migrate.EventProgress {
				told = e.Messages
				cancel()
			}
		}
		s, err := w.backupUntil(t, ctx)
		if !errors.Is(err, context.Canceled) || !s.Interrupted || s.New == 0 || s.New == 1500 || told != s.New {
			t.Fatalf("interrupted run: %v, %+v, told of %d", err, s, told)
		}
		w.verify(t)
		w.options.Events = nil
		if rest := w.must(t); rest.New+s.New != 1500 {
			t.Errorf("%d messages, then %d", s.New, rest.New)
		}
		w.same(t)
	})
}
