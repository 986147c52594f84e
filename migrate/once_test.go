package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// twins is an account with so many messages that are hard to tell apart, and
// what another client sees there.
func twins(t *testing.T, n int) (login, map[string][]letter) {
	t.Helper()
	l := newLogin(t, imaptest.Dovecot(t))
	imaptest.SeedTwins(t, l.dial(t), sample.Twins{Messages: n})
	return l, l.letters(t)
}

// to is a pair of the account and a fresh one on a server.
func (l login) to(t *testing.T, put map[string][]letter, server *imaptest.Server) *pair {
	t.Helper()
	return &pair{from: l, to: newLogin(t, server), put: put, ledger: filepath.Join(t.TempDir(), "ledger.db")}
}

// toScript is a pair of the account and a scripted server.
func (l login) toScript(t *testing.T, put map[string][]letter, script imaptest.Script) (*pair, *imaptest.ScriptServer) {
	t.Helper()
	server := imaptest.NewScript(t, script)
	return &pair{from: l, to: login{server.Addr, "me", "x"}, put: put, ledger: filepath.Join(t.TempDir(), "ledger.db")}, server
}

// TestOnce: ten thousand messages with doubles, and without Message-ID, are each
// copied once; a second run copies nothing; a third one what is new; what is
// deleted at the source stays.
func TestOnce(t *testing.T) {
	from, put := twins(t, 10_000)
	p := from.to(t, put, imaptest.Dovecot(t))
	s := p.must(t)
	if s.New != 10_000 {
		t.Errorf("%+v", s.Counts)
	}
	p.same(t, s)
	if s := p.must(t); s.New+s.FlagsChanged+s.Matched+s.Missing != 0 {
		t.Errorf("second run: %+v", s)
	}
	client := from.dial(t)
	first := sample.Mail{Flags: []string{`\Seen`}, Body: []byte("Subject: new\r\n\r\nwithout a Message-ID\r\n")}
	check(t, client.Append("INBOX", first, first, sample.Mail{Body: []byte("X: y\r\n\r\nno header to know it by\r\n")}))
	check(t, client.Append("Sent", first))
	p.put = nil
	s = p.must(t)
	if s.New != 4 {
		t.Errorf("four new messages: %+v", s.Counts)
	}
	p.same(t, s)
	uids, err := client.UIDs("Sent")
	check(t, err)
	check(t, client.Delete("Sent", fmt.Sprintf("%d,%d", uids[0], uids[5])))
	if s := p.must(t); s.New != 0 || s.Gone != 2 || s.Removed != 0 {
		t.Errorf("two deleted at the source: %+v", s)
	}
	if n := len(p.to.letters(t)["Sent"]); n != len(uids) {
		t.Errorf("%d of %d messages are still in Sent", n, len(uids))
	}
}

// poverty are the ways in which servers lack what makes storing fast and sure.
func poverty(t *testing.T) map[string]*imaptest.Server {
	t.Helper()
	return map[string]*imaptest.Server{
		"rich":           imaptest.Dovecot(t),
		"no UIDPLUS":     imaptest.Dovecot(t, imaptest.Without("UIDPLUS")),
		"no MULTIAPPEND": imaptest.Dovecot(t, imaptest.Without("MULTIAPPEND")),
		"no CONDSTORE":   imaptest.Dovecot(t, imaptest.Without("CONDSTORE")),
		"poor":           imaptest.Dovecot(t, imaptest.Poor()),
	}
}

// TestCut: the line is lost at many instants, those between a message that was
// sent and its OK among them; in the end each message is there once.
func TestCut(t *testing.T) {
	from, put := twins(t, 300)
	for name, server := range poverty(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lost := 0
			for _, fault := range []imaptest.Fault{
				{Way: imaptest.Down, After: 1300}, {Way: imaptest.Down, After: 1701}, {Way: imaptest.Down, After: 2203, Kind: imaptest.End},
				{Way: imaptest.Down, After: 3001}, {Way: imaptest.Down, After: 4507}, {Way: imaptest.Up, After: 9011}, {Way: imaptest.Up, After: 20_011},
			} {
				p := from.to(t, put, server)
				fault.First = 6
				line := imaptest.NewLine(t, p.to.address, imaptest.LineOptions{Faults: []imaptest.Fault{fault}})
				direct := p.to
				p.to.address = line.Addr
				s, runs := p.untilDone(t)
				p.to = direct
				p.same(t, s)
				n := int(p.retries.Load())
				t.Logf("cut after %d: lost %d times, %d runs", fault.After, n, runs)
				if n > 0 || runs > 1 {
					lost++
				}
			}
			if lost < 5 {
				t.Errorf("the line was lost in %d cases only", lost)
			}
		})
	}
}

// untilDone runs until a run ends well and returns its summary, with the reports
// of all.
func (p *pair) untilDone(t *testing.T) (migrate.Summary, int) {
	t.Helper()
	var reports []migrate.FolderReport
	for run := 1; ; run++ {
		s, err := p.migrate(t)
		reports = append(reports, s.Reports...)
		if err == nil && len(s.Failures) == 0 {
			s.Reports = reports
			return s, run
		}
		if run == 10 {
			t.Fatalf("run %d: %v, failures %v", run, err, s.Failures)
		}
	}
}

// TestUnanswered: a server stores what it is sent and never says so, or does not
// store it and never says so, or says so without a UID.
func TestUnanswered(t *testing.T) {
	from, put := twins(t, 300)
	const rich = "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS MULTIAPPEND ESEARCH"
	for _, capability := range []string{rich, "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS", "IMAP4rev1 AUTH=PLAIN LITERAL+ MULTIAPPEND", "IMAP4rev1 AUTH=PLAIN LITERAL- UIDPLUS", "IMAP4rev1 AUTH=PLAIN"} {
		for name, quirk := range map[string]imaptest.Quirk{
			"stored":     imaptest.CutsBeforeOK(5, 3),
			"not stored": imaptest.CutsBeforeStoring(5, 3),
			"stalled":    imaptest.StallsBeforeOK(6, 2),
			"no UID":     imaptest.HidesUIDs(),
			"other UIDs": imaptest.SwapsUIDs(),
		} {
			t.Run(strings.TrimPrefix(capability, "IMAP4rev1 AUTH=PLAIN")+" "+name, func(t *testing.T) {
				t.Parallel()
				p, _ := from.toScript(t, put, imaptest.Script{Capability: capability, Quirks: []imaptest.Quirk{quirk}})
				p.timeout = time.Second
				s, _ := p.untilDone(t)
				p.timeout = 0
				p.same(t, s)
				if s := p.must(t); s.New+s.Missing+s.FlagsChanged != 0 {
					t.Errorf("the run after: %+v", s)
				}
			})
		}
	}
}

// TestInterruptedTransfer: a run that is told to stop ends in order, and the
// next one does the rest.
func TestInterruptedTransfer(t *testing.T) {
	from := newLogin(t, imaptest.Dovecot(t))
	imaptest.Seed(t, from.dial(t), sample.Set{Messages: 1500, Octets: 60 << 20})
	p := from.to(t, nil, imaptest.Dovecot(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := int64(0)
	p.events = func(e migrate.Event) {
		if e.Kind == migrate.EventProgress {
			told = e.Messages
			if told > 200 {
				cancel()
			}
		}
	}
	s, err := p.migrateUntil(t, ctx)
	if !errors.Is(err, context.Canceled) || !s.Interrupted || s.New == 0 || s.New == 1500 || told != s.New {
		t.Fatalf("interrupted run: %v, %+v, told of %d", err, s.Counts, told)
	}
	p.events = nil
	rest := p.must(t)
	if rest.New+s.New != 1500 || rest.Missing != 0 {
		t.Errorf("%d messages, then %d", s.New, rest.New)
	}
	p.same(t, rest)
}
