package migrate_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

const richCapability = "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS MULTIAPPEND"

// several are n messages of their own.
func several(n int) (out []sample.Mail) {
	for i := range n {
		out = append(out, note(fmt.Sprintf("number %d", i)))
	}
	return out
}

// scriptSource is an account on a scripted server, which holds any octets.
func scriptSource(t *testing.T, mails ...sample.Mail) login {
	t.Helper()
	folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1}
	for i, m := range mails {
		folder.Messages = append(folder.Messages, imaptest.ScriptMessage{UID: uint32(i + 1), Flags: m.Flags, InternalDate: m.InternalDate, Body: m.Body})
	}
	return login{imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}}).Addr, "me", "x"}
}

// TestRefusedMessages: messages that the target does not take are named with its
// reason and cost nothing else, whatever the server does to those who are refused
// often; the next run asks for those only.
func TestRefusedMessages(t *testing.T) {
	odd := imaptest.RefusesMessages("not this one", func(m imaptest.ScriptMessage) bool {
		return strings.Contains(string(m.Body), "5@example.org")
	})
	for _, c := range []struct {
		name   string
		limit  string
		quirks []imaptest.Quirk
		mail   sample.Mail // beside the others
		failed int
		reason string
	}{
		{"closes after 10 refusals", "", []imaptest.Quirk{odd, imaptest.ClosesAfterRefusals(10)}, note("harmless"), 10, "not this one"},
		{"closes after each refusal", "", []imaptest.Quirk{odd, imaptest.ClosesAfterRefusals(1)}, note("harmless"), 10, "not this one"},
		{"larger than APPENDLIMIT", " APPENDLIMIT=2000", nil, sample.Mail{Body: append(note("large").Body, strings.Repeat("text\r\n", 500)...)}, 1, "APPENDLIMIT"},
		{"larger than a limit not told", "", []imaptest.Quirk{imaptest.TooBig(2000)}, sample.Mail{Body: append(note("large").Body, strings.Repeat("text\r\n", 500)...)}, 1, "TOOBIG"},
		{"large and streamed", "", []imaptest.Quirk{imaptest.TooBig(2000)}, sample.Mail{Body: append(note("large").Body, strings.Repeat("text\r\n", 200_000)...)}, 1, "TOOBIG"},
		{"NUL", "", []imaptest.Quirk{imaptest.RefusesNUL()}, sample.Mail{Body: []byte("Subject: x\r\n\r\na\x00b\r\n")}, 1, "NUL"},
		{"8 bits in the header", "", []imaptest.Quirk{imaptest.Refuses8BitHeaders()}, sample.Mail{Body: []byte("Subject: Gr\xfc\xdfe\r\n\r\na\r\n")}, 1, "non-ASCII"},
	} {
		from := scriptSource(t, append(several(100), c.mail)...)
		put := from.letters(t)
		for _, capability := range []string{richCapability, "IMAP4rev1 AUTH=PLAIN LITERAL+", "IMAP4rev1 AUTH=PLAIN"} {
			t.Run(c.name+strings.TrimPrefix(capability, "IMAP4rev1 AUTH=PLAIN"), func(t *testing.T) {
				t.Parallel()
				p, server := from.toScript(t, put, imaptest.Script{Capability: capability + c.limit, Quirks: c.quirks})
				s, err := p.migrate(t)
				if err != nil || len(s.Failures) != c.failed || s.New != int64(101-c.failed) {
					t.Fatalf("%v, %+v, failures %v", err, s.Counts, s.Failures)
				}
				for _, f := range s.Failures {
					if !strings.Contains(f.Reason, c.reason) || f.Subject == "" {
						t.Errorf("%+v lacks %q", f, c.reason)
					}
				}
				p.carried(t, s)
				before := server.Count("APPEND")
				again, err := p.migrate(t)
				if err != nil || len(again.Failures) != c.failed || again.New != 0 {
					t.Errorf("second run: %v, %+v", err, again.Counts)
				}
				if n := server.Count("APPEND") - before; n > 4*c.failed {
					t.Errorf("second run: %d APPENDs", n)
				}
			})
		}
	}
}

// TestFull: an account that has no room for more ends the run with what to do;
// when there is room the next run goes on.
func TestFull(t *testing.T) {
	text := strings.Repeat("a line of the text\r\n", 500)
	var mails []sample.Mail
	for _, m := range several(60) {
		m.Body = append(m.Body, text...)
		mails = append(mails, m)
	}
	from, _ := notes(t, mails...)
	for name, server := range map[string]*imaptest.Server{"dovecot": imaptest.Dovecot(t, imaptest.Quota(1<<20))} {
		t.Run(name, func(t *testing.T) {
			p := from.to(t, nil, server)
			target := p.to.dial(t)
			check(t, target.Create("Other"))
			check(t, target.Append("Other", sample.Mail{Body: []byte("Subject: in the way\r\n\r\n" + strings.Repeat(text, 60))}))
			s, err := p.migrate(t)
			if e, ok := errors.AsType[*mailhaul.Error](err); !errors.Is(err, mailhaul.ErrFull) || !ok || e.Hint == "" || s.New == 0 || s.New > 59 {
				t.Fatalf("full account: %v, %+v", err, s.Counts)
			}
			check(t, target.DeleteFolder("Other"))
			rest := p.must(t)
			if rest.New+s.New != 60 || rest.Missing != 0 {
				t.Errorf("%d, then %d messages", s.New, rest.New)
			}
			p.same(t, rest)
		})
	}
	t.Run("no quota told", func(t *testing.T) {
		p, server := from.toScript(t, nil, imaptest.Script{Capability: richCapability, Quirks: []imaptest.Quirk{imaptest.Overquota(300_000)},
			Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1}, {Name: "Other", UIDValidity: 2, Messages: []imaptest.ScriptMessage{{UID: 1, Body: []byte(strings.Repeat(text, 60))}}}}})
		s, err := p.migrate(t)
		if !errors.Is(err, mailhaul.ErrFull) || s.New == 0 || s.New > 59 {
			t.Fatalf("full account: %v, %+v", err, s.Counts)
		}
		server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder { return folders[:1] })
		rest := p.must(t)
		if rest.New+s.New != 60 {
			t.Errorf("%d, then %d messages", s.New, rest.New)
		}
		p.same(t, rest)
	})
}

// TestReadOnly: a folder of the target that takes nothing fails alone, once.
func TestReadOnly(t *testing.T) {
	from, source := notes(t, several(10)...)
	check(t, source.Create("Shared"))
	check(t, source.Append("Shared", several(30)...))
	p := from.to(t, nil, imaptest.Dovecot(t, imaptest.ReadOnlyFolders("Shared")))
	for run, want := range []int64{10, 0} {
		s, err := p.migrate(t)
		if err != nil || s.New != want || len(s.Failures) == 0 {
			t.Fatalf("run %d: %v, %+v, failures %v", run, err, s.Counts, s.Failures)
		}
		for _, f := range s.Failures {
			if f.Folder != "Shared" || !strings.Contains(f.Reason, "NOPERM") {
				t.Errorf("run %d: %+v", run, f)
			}
		}
	}
	if n := len(p.to.letters(t)["INBOX"]); n != 10 {
		t.Errorf("%d messages in INBOX", n)
	}
}

// TestFolderLost: a folder of the target that somebody deletes meanwhile fails
// alone; the next run makes it again and copies what was not copied; what was,
// and is lost with it, is told.
func TestFolderLost(t *testing.T) {
	from, source := notes(t, several(10)...)
	check(t, source.Create("Work"))
	check(t, source.Append("Work", several(30)...))
	for name, c := range map[string]struct {
		capability string
		nth        int
	}{"one by one": {"IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS", 10}, "in batches": {richCapability, 1}, "without UIDs": {"IMAP4rev1 AUTH=PLAIN", 10}} {
		t.Run(name, func(t *testing.T) {
			p, _ := from.toScript(t, nil, imaptest.Script{Capability: c.capability, Quirks: []imaptest.Quirk{imaptest.LosesFolder("Work", c.nth)}})
			s, err := p.migrate(t)
			if err != nil || len(s.Failures) == 0 || s.New < 10 || s.New == 40 {
				t.Fatalf("%v, %+v, failures %v", err, s.Counts, s.Failures)
			}
			for _, f := range s.Failures {
				if f.Folder != "Work" || !strings.Contains(f.Reason, "deleted") && !strings.Contains(f.Reason, "NONEXISTENT") {
					t.Errorf("%+v", f)
				}
			}
			lost := s.New - 10
			s = p.must(t)
			if s.New != 30-lost || s.Missing != lost {
				t.Errorf("second run: %+v, %d missing; %d were lost", s.Counts, s.Missing, lost)
			}
			p.options.Again = true
			s = p.must(t)
			if s.New != lost {
				t.Errorf("again: %+v", s.Counts)
			}
			p.same(t, s)
		})
	}
}

// TestBadSourceMessage: a message that the source cannot give is named, the
// others are copied; once it can be given it is copied.
func TestBadSourceMessage(t *testing.T) {
	var bad atomic.Bool
	bad.Store(true)
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1, Messages: []imaptest.ScriptMessage{
		message(1, "one", "1"), message(2, "bad", "2"), message(3, "three", "3")}}},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if bad.Load() && command.Name == "UID FETCH" && strings.Contains(command.Args, "BODY.PEEK[]") && (strings.HasPrefix(command.Args, "1:3 ") || strings.HasPrefix(command.Args, "2")) {
				c.Say(command.Tag + " NO [SERVERBUG] cannot read it")
				return true
			}
			return false
		}})
	p := login{server.Addr, "me", "x"}.to(t, nil, imaptest.Dovecot(t))
	for run, want := range []int64{2, 0} {
		s, err := p.migrate(t)
		if err != nil || s.New != want || len(s.Failures) != 1 || s.Failures[0].UID != 2 || !strings.Contains(s.Failures[0].Reason, "cannot read it") {
			t.Fatalf("run %d: %v, %+v, failures %v", run, err, s.Counts, s.Failures)
		}
	}
	bad.Store(false)
	s := p.must(t)
	if s.New != 1 {
		t.Errorf("once it can be read: %+v", s.Counts)
	}
	p.same(t, s)
}

// TestStubbornServers: servers that say OK and do something else: what differs is
// told where it can be found out, and no run sends again what was sent.
func TestStubbornServers(t *testing.T) {
	twin := note("twin", `\Seen`)
	from, _ := notes(t, note("one"), twin, twin, twin, note("two"))
	for _, c := range []struct {
		name   string
		quirks []imaptest.Quirk
		held   int // messages at the target
		told   bool
	}{
		{"drops duplicates, tells new UIDs", []imaptest.Quirk{imaptest.DropsDuplicates(imaptest.ToldNew)}, 3, true},
		{"drops duplicates, tells the old UID", []imaptest.Quirk{imaptest.DropsDuplicates(imaptest.ToldOld)}, 3, false},
		{"drops duplicates, tells no UID", []imaptest.Quirk{imaptest.DropsDuplicates(imaptest.ToldNone)}, 3, false},
		{"rewrites headers", []imaptest.Quirk{imaptest.RewritesHeaders("X-Added: by the server")}, 5, true},
		{"rewrites headers, tells no UID", []imaptest.Quirk{imaptest.RewritesHeaders("X-Added: by the server"), imaptest.HidesUIDs()}, 5, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, server := from.toScript(t, nil, imaptest.Script{Capability: richCapability, Quirks: c.quirks})
			s := p.must(t)
			if n := len(server.Folder("INBOX").Messages); s.New != 5 || n != c.held {
				t.Errorf("%+v, %d at the target", s.Counts, n)
			}
			told := len(s.Altered) > 0
			for run := range 2 {
				before := server.Count("APPEND")
				s := p.must(t)
				if s.New != 0 || server.Count("APPEND") != before {
					t.Errorf("run %d: %+v", run+2, s.Counts)
				}
				told = told || s.Missing > 0
			}
			if told != c.told {
				t.Errorf("told %v: %v", told, s.Altered)
			}
			p.options = migrate.Options{Again: true, Match: true}
			p.must(t)
			if n := len(server.Folder("INBOX").Messages); n != c.held {
				t.Errorf("again: %d at the target", n)
			}
		})
	}
}

// TestNamesAlike: where the target does not tell names apart by case, the folders
// are merged, and that is told.
func TestNamesAlike(t *testing.T) {
	from, source := notes(t, note("one"))
	for _, name := range []string{"UPPER", "upper", "Upper/below"} {
		check(t, source.Create(name))
		check(t, source.Append(name, note("in "+name)))
	}
	p, server := from.toScript(t, nil, imaptest.Script{Capability: richCapability, FoldCase: true})
	s := p.must(t)
	if s.New != 4 || !strings.Contains(strings.Join(p.notices, "\n"), "merged") {
		t.Errorf("%+v, notices %q", s.Counts, p.notices)
	}
	if f := server.Folder("upper"); f == nil || len(f.Messages) != 2 {
		t.Errorf("merged: %+v", f)
	}
	if s := p.must(t); s.New+s.Missing != 0 {
		t.Errorf("second run: %+v, %d missing", s.Counts, s.Missing)
	}
	p.options.Again = true
	if s := p.must(t); s.New+s.Missing != 0 {
		t.Errorf("again: %+v, %d missing", s.Counts, s.Missing)
	}
}
