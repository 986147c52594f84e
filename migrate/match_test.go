package migrate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// octets lists the digests of a folder's messages, sorted.
func octets(t *testing.T, l login, folder string) []string {
	t.Helper()
	var out []string
	for _, m := range l.letters(t)[folder] {
		digest, _, _ := strings.Cut(m.what, " ")
		out = append(out, digest)
	}
	slices.Sort(out)
	return out
}

// TestMatch: what a target holds already, put there by hand, is recognised and
// not copied; doubles stay as many as they are at the source; equal headers with
// different bodies are told apart; flags there stay as they are.
func TestMatch(t *testing.T) {
	alike := func(text string) sample.Mail {
		return sample.Mail{Body: []byte("Message-ID: <alike@example.org>\r\nSubject: alike\r\n\r\n" + text + "\r\n")}
	}
	bare := sample.Mail{Body: []byte("X-Nothing: at all\r\n\r\nno header to know it by\r\n")}
	twin := note("twin")
	all := []sample.Mail{note("one"), note("two", `\Seen`), twin, twin, twin, alike("aa"), alike("bb"), alike("cc"), bare, bare, note("last")}
	from, _ := notes(t, all...)
	for name, server := range map[string]*imaptest.Server{"dovecot": imaptest.Dovecot(t), "poor": imaptest.Dovecot(t, imaptest.Poor())} {
		t.Run(name, func(t *testing.T) {
			p := from.to(t, nil, server)
			target := p.to.dial(t)
			two := note("two", `\Flagged`)
			check(t, target.Append("INBOX", note("of another"), two, twin, alike("bb"), alike("dd"), bare))
			p.options.Match = true
			s := p.must(t)
			if s.Matched != 4 || s.New != int64(len(all))-4 {
				t.Errorf("%d matched, %+v", s.Matched, s.Counts)
			}
			want := append(octets(t, from, "INBOX"), octetsOf(note("of another")), octetsOf(alike("dd")))
			slices.Sort(want)
			if got := octets(t, p.to, "INBOX"); !slices.Equal(got, want) {
				t.Errorf("the target has %d messages, want %d, or they differ", len(got), len(want))
			}
			if got := flagsOf(t, p.to, "INBOX"); !strings.Contains(got, `2:\Flagged`) {
				t.Errorf("flags: %s", got)
			}
			if s := p.must(t); s.New+s.Matched+s.Missing+s.FlagsChanged != 0 {
				t.Errorf("second run: %+v", s)
			}
		})
	}
}

func octetsOf(m sample.Mail) string {
	return strings.Split(imaptest.ReferenceKey("", m), "|")[4]
}

// TestMissing: what was copied and is no longer at the target is told, and copied
// once more on request only.
func TestMissing(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(t *testing.T, target *imaptest.Client)
		lost int64
	}{
		"some deleted": {func(t *testing.T, target *imaptest.Client) { check(t, target.Delete("Work", "2,4")) }, 2},
		"emptied":      {func(t *testing.T, target *imaptest.Client) { check(t, target.Empty("Work")) }, 5},
		"folder gone":  {func(t *testing.T, target *imaptest.Client) { check(t, target.DeleteFolder("Work")) }, 5},
		"another folder of the name": {func(t *testing.T, target *imaptest.Client) {
			check(t, target.DeleteFolder("Work"))
			check(t, target.Create("Work"))
			check(t, target.Append("Work", note("2"), note("of another")))
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			from, source := notes(t, note("one"))
			check(t, source.Create("Work"))
			for i := range 5 {
				check(t, source.Append("Work", note(fmt.Sprint(i))))
			}
			p := from.to(t, nil, imaptest.Dovecot(t))
			p.must(t)
			target := p.to.dial(t)
			c.lose(t, target)
			check(t, source.Append("Work", note("new")))
			for run, isNew := range []int64{1, 0} {
				if s := p.must(t); s.Missing != c.lost || s.New != isNew || !strings.Contains(strings.Join(p.notices, "\n"), "--again") {
					t.Errorf("run %d: %d missing, %+v, notices %q", run, s.Missing, s.Counts, p.notices)
				}
			}
			p.options.Again = true
			s := p.must(t)
			if s.Missing != 0 || s.New != c.lost {
				t.Errorf("again: %d missing, %+v", s.Missing, s.Counts)
			}
			if name == "another folder of the name" {
				check(t, target.Delete("Work", "2"))
			}
			p.same(t, s)
			p.options.Again = false
			if s := p.must(t); s.New+s.Missing != 0 {
				t.Errorf("in the end: %+v", s)
			}
		})
	}
}

// TestTargetUIDValidity: a target whose UIDs mean nothing any more is matched
// with what was copied: nothing is copied twice, and flags still find their
// messages.
func TestTargetUIDValidity(t *testing.T) {
	from, source := notes(t, note("one"), note("two"), note("twin"), note("twin"))
	p, server := from.toScript(t, nil, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS MULTIAPPEND"})
	p.must(t)
	server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		f := folders[0]
		f.UIDValidity += 7
		for i := range f.Messages {
			f.Messages[i].UID += 100
		}
		f.UIDNext = 0
		return folders
	})
	check(t, source.Append("INBOX", note("three")))
	check(t, source.Store("INBOX", "2", "FLAGS", `\Flagged`))
	s := p.must(t)
	if s.New != 1 || s.Missing != 0 {
		t.Errorf("%+v, %d missing", s.Counts, s.Missing)
	}
	p.same(t, s)
	if s := p.must(t); s.New+s.Missing+s.FlagsChanged != 0 || len(p.notices) > 0 {
		t.Errorf("in the end: %+v, notices %q", s, p.notices)
	}
}

// TestSourceUIDValidity: the same at the source.
func TestSourceUIDValidity(t *testing.T) {
	folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1, Messages: []imaptest.ScriptMessage{
		message(1, "one", "1"), message(2, "two", "2", `\Seen`), message(3, "twin", "same"), message(4, "twin", "same"), message(5, "alike", "a"), message(6, "alike", "b"),
	}}
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
	p := login{server.Addr, "me", "x"}.to(t, nil, imaptest.Dovecot(t))
	p.same(t, p.must(t))
	folder.UIDValidity = 2
	folder.Messages = []imaptest.ScriptMessage{
		message(11, "alike", "b"), message(12, "twin", "same"), message(13, "one", "1", `\Flagged`), message(14, "twin", "same"), message(15, "new", "n"), message(16, "alike", "a"), message(17, "two", "2", `\Seen`),
	}
	s := p.must(t)
	if s.New != 1 {
		t.Errorf("%+v", s.Counts)
	}
	p.same(t, s)
	folder.Messages[0].Flags = []string{`\Answered`}
	s = p.must(t)
	p.same(t, s)
}
