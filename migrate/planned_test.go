package migrate_test

import (
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestPlan: a dry run tells where folders go, how much is to be copied, what the
// account takes and has room for; it makes nothing there and no row.
func TestPlan(t *testing.T) {
	p := newPair(t, imaptest.Dovecot(t), imaptest.Courier(t))
	client := imaptest.Dial(t, imaptest.Dovecot(t), p.from.user, p.from.password)
	for _, folder := range []string{"a.b", "Work/Old"} {
		if err := client.Create(folder); err != nil {
			t.Fatal(err)
		}
	}
	small := sample.Mail{Body: []byte("Subject: small\r\n\r\nx\r\n")}
	large := sample.Mail{Body: []byte("Subject: large\r\n\r\n" + strings.Repeat("0123456789\r\n", 200))}
	for folder, mails := range map[string][]sample.Mail{"INBOX": {small, large}, "a.b": {small}, "Work/Old": {small, small}} {
		if err := client.Append(folder, mails...); err != nil {
			t.Fatal(err)
		}
	}
	mapping, err := filter.ParseMapping([]string{"Work=Archive"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	p.options = migrate.Options{DryRun: true, Mapping: mapping}
	p.options.Criteria.MaxSize = 1000
	s := p.must(t)
	plans := map[string]migrate.FolderPlan{}
	for _, f := range s.Plans {
		plans[f.Folder] = f
	}
	for folder, want := range map[string]migrate.FolderPlan{
		"INBOX":    {At: "INBOX", New: 1, TooLarge: 1},
		"a.b":      {At: "INBOX.a_b", New: 1},
		"Work/Old": {At: "INBOX.Archive.Old", New: 2},
	} {
		got := plans[folder]
		if got.At != want.At || got.New != want.New || got.TooLarge != want.TooLarge {
			t.Errorf("%s: %+v, want %+v", folder, got, want)
		}
	}
	if s.New != 4 {
		t.Errorf("%d new in all, want 4", s.New)
	}
	if there := imaptest.Reference(t, p.to.address, p.to.user, p.to.password); len(there) > 0 {
		t.Errorf("the account has mail: %v", there)
	}
}

// TestPlanLimits: what is larger than the account takes is told, and its quota.
func TestPlanLimits(t *testing.T) {
	from := newLogin(t, imaptest.Dovecot(t))
	check(t, from.dial(t).Append("INBOX", sample.Mail{Body: []byte("Subject: small\r\n\r\nx\r\n")},
		sample.Mail{Body: []byte("Subject: large\r\n\r\n" + strings.Repeat("0123456789\r\n", 200))}))
	p, server := from.toScript(t, nil,
		imaptest.Script{Capability: "IMAP4rev1 LITERAL+ UIDPLUS QUOTA APPENDLIMIT=1000", Quota: 5 << 20})
	p.options = migrate.Options{DryRun: true}
	s := p.must(t)
	if len(s.Plans) != 1 || s.Plans[0].TooLarge != 1 || s.Plans[0].New != 1 || !strings.Contains(s.Plans[0].Note, "too large") {
		t.Errorf("plans %+v", s.Plans)
	}
	if s.Limits.Message != 1000 || s.Limits.Total != 5<<20 {
		t.Errorf("limits %+v", s.Limits)
	}
	if n := server.Count("APPEND", "CREATE", "SUBSCRIBE", "SELECT"); n > 0 {
		t.Errorf("%d commands that change the account", n)
	}
}
