package migrate_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// note makes a small message of its own.
func note(subject string, flags ...string) sample.Mail {
	return sample.Mail{Flags: flags, InternalDate: "17-Jul-1996 02:44:25 -0700",
		Body: fmt.Appendf(nil, "Message-ID: <%s@example.org>\r\nSubject: %s\r\n\r\nthe text of %s\r\n", subject, subject, subject)}
}

// notes are messages in INBOX of a fresh account.
func notes(t *testing.T, mails ...sample.Mail) (login, *imaptest.Client) {
	t.Helper()
	l := newLogin(t, imaptest.Dovecot(t))
	c := l.dial(t)
	check(t, c.Append("INBOX", mails...))
	return l, c
}

// flagsOf lists the flags of a folder's messages by UID, as another client sees
// them.
func flagsOf(t *testing.T, l login, folder string) string {
	t.Helper()
	var out []string
	for _, m := range l.letters(t)[folder] {
		_, flags, _ := strings.Cut(m.what, "[")
		flags, _, _ = strings.Cut(flags, "]")
		out = append(out, fmt.Sprintf("%d:%s", m.uid, flags))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestFlagsCarried: flags that change at the source change at the target, unless
// they were changed there, or nobody wants it.
func TestFlagsCarried(t *testing.T) {
	from, source := notes(t, note("one"), note("two", `\Seen`), note("three", "Work"), note("four"), note("five", `\Deleted`))
	p := from.to(t, nil, imaptest.Dovecot(t))
	s := p.must(t)
	p.same(t, s)
	target := p.to.dial(t)

	check(t, source.Store("INBOX", "1", "FLAGS", `\Seen`, `\Flagged`, "new"))
	check(t, source.Store("INBOX", "2,5", "FLAGS"))
	check(t, source.Store("INBOX", "3,4", "FLAGS", `\Answered`))
	check(t, target.Store("INBOX", "3", "+FLAGS", `\Flagged`))
	check(t, target.Store("INBOX", "4", "FLAGS", `\Answered`))
	p.options.NoFlags = true
	if s := p.must(t); s.FlagsChanged != 0 {
		t.Errorf("nobody wants flags: %+v", s.Counts)
	}
	if got := flagsOf(t, p.to, "INBOX"); got != `1:, 2:\Seen, 3:Work \Flagged, 4:\Answered, 5:\Deleted` {
		t.Errorf("nobody wants flags: %s", got)
	}
	p.options.NoFlags = false
	p.must(t)
	if got := flagsOf(t, p.to, "INBOX"); got != `1:\Flagged \Seen new, 2:, 3:Work \Flagged, 4:\Answered, 5:` {
		t.Errorf("carried: %s", got)
	}
	if s := p.must(t); s.FlagsChanged != 0 {
		t.Errorf("once more: %+v", s.Counts)
	}
	check(t, source.Store("INBOX", "1,4", "FLAGS"))
	p.must(t)
	if got := flagsOf(t, p.to, "INBOX"); got != `1:, 2:, 3:Work \Flagged, 4:, 5:` {
		t.Errorf("carried again: %s", got)
	}
}

// TestFlagsRefused: flags that the target does not want cost the flags and not
// the message, and are told; flags that it only forgets are set.
func TestFlagsRefused(t *testing.T) {
	const capability = "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS MULTIAPPEND"
	const none = `\Answered \Flagged \Deleted \Seen \Draft`
	for _, c := range []struct {
		name    string
		script  imaptest.Script
		altered string
		target  string
	}{
		{"forgets flagged", imaptest.Script{Quirks: []imaptest.Quirk{imaptest.ForgetsFlags(`\Flagged`)}}, "", `, $Forwarded \Draft work, \Answered work, \Deleted, \Flagged \Seen, \Seen work`},
		{"forgets keywords", imaptest.Script{Quirks: []imaptest.Quirk{imaptest.ForgetsFlags("*")}}, "", `, $Forwarded \Draft work, \Answered work, \Deleted, \Flagged \Seen, \Seen work`},
		{"refuses keywords", imaptest.Script{Quirks: []imaptest.Quirk{imaptest.RefusesKeywords()}}, "3 4 6", `, \Answered, \Deleted, \Draft, \Flagged \Seen, \Seen`},
		{"refuses keywords and says so", imaptest.Script{PermanentFlags: none, Quirks: []imaptest.Quirk{imaptest.RefusesKeywords()}}, "3 4 6", `, \Answered, \Deleted, \Draft, \Flagged \Seen, \Seen`},
		{"no MULTIAPPEND", imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN", Quirks: []imaptest.Quirk{imaptest.RefusesKeywords()}}, "3 4 6", `, \Answered, \Deleted, \Draft, \Flagged \Seen, \Seen`},
	} {
		t.Run(c.name, func(t *testing.T) {
			large := note("six", `\Answered`, "work")
			large.Body = append(large.Body, strings.Repeat("a line of the text\r\n", 40_000)...)
			from, _ := notes(t, note("one"), note("two", `\Seen`, `\Flagged`), note("three", `\Seen`, "work"), note("four", `\Draft`, "work", "$Forwarded"), note("five", `\Deleted`), large)
			if c.script.Capability == "" {
				c.script.Capability = capability
			}
			p, _ := from.toScript(t, nil, c.script)
			s := p.must(t)
			var altered []mailhaul.UID
			for _, a := range s.Altered {
				altered = append(altered, a.UID)
				if !strings.Contains(a.Reason, "flags") {
					t.Errorf("reason %q", a.Reason)
				}
			}
			slices.Sort(altered)
			if got := strings.Trim(fmt.Sprint(altered), "[]"); got != c.altered || s.New != 6 {
				t.Errorf("altered: %s of %+v", got, s)
			}
			got := regexp.MustCompile(`\d+:`).ReplaceAllString(flagsOf(t, p.to, "INBOX"), "") // what was refused comes later
			if list := slices.Sorted(slices.Values(strings.Split(got, ", "))); strings.Join(list, ", ") != c.target {
				t.Errorf("flags: %q\nwant:  %s", list, c.target)
			}
			if s := p.must(t); s.New+s.FlagsChanged != 0 || len(s.Altered) > 0 {
				t.Errorf("second run: %+v", s)
			}
		})
	}
}
