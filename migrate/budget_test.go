package migrate_test

import (
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestBudgetBackup: runs that may fetch so many octets each bring, one after the
// other, all there is; what earlier runs have spent counts; a message that is
// larger than the budget comes alone.
func TestBudgetBackup(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	imaptest.Seed(t, client, sample.Set{Messages: 200, Octets: 1 << 20})
	large := append([]byte("Subject: large\r\n\r\n"), make([]byte, 400_000)...)
	for i := range large[18:] {
		large[18+i] = "0123456789abcdef\r\n"[i%18]
	}
	check(t, client.Append("INBOX", sample.Mail{Body: large}))
	w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: archive.Maildir}
	const most = 300_000
	w.options.Budget = migrate.Budget{Most: most, Spent: most - 1}
	if s := w.must(t); !s.Spent || s.Octets > 1 {
		t.Errorf("with one octet left: %+v", s)
	}
	w.options.Budget.Spent = 0
	var fetched int64
	for run := 1; ; run++ {
		s := w.must(t)
		fetched += s.New
		if s.Octets > most && s.New > 1 {
			t.Errorf("run %d: %d messages of %d octets", run, s.New, s.Octets)
		}
		if !s.Spent {
			break
		}
		if s.New == 0 {
			t.Fatalf("run %d fetched nothing: %+v", run, s)
		}
	}
	if fetched != 201 {
		t.Errorf("%d messages were fetched", fetched)
	}
	w.same(t)
	if s := w.must(t); s.New != 0 || s.Spent {
		t.Errorf("the run after: %+v", s)
	}
}

// TestBudgetMigrate: the same into an account.
func TestBudgetMigrate(t *testing.T) {
	from, put := twins(t, 300)
	p := from.to(t, put, imaptest.Dovecot(t))
	p.options.Budget = migrate.Budget{Most: 40_000}
	var reports []migrate.FolderReport
	for {
		s := p.must(t)
		reports = append(reports, s.Reports...)
		if s.Octets > 40_000 || s.New == 0 {
			t.Fatalf("%d messages of %d octets", s.New, s.Octets)
		}
		if !s.Spent {
			s.Reports = reports
			p.same(t, s)
			break
		}
	}
	if s := p.must(t); s.New+s.Missing+s.FlagsChanged != 0 {
		t.Errorf("the run after: %+v", s)
	}
}
