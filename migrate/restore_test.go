package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// archived is an archive of the notes, and a pair that restores it.
func archived(t *testing.T, format archive.Format, mails ...sample.Mail) (*pair, *imaptest.Client) {
	t.Helper()
	from, source := notes(t, mails...)
	w := &world{address: from.address, user: from.user, password: from.password, dir: t.TempDir(), format: format}
	w.must(t)
	p := from.to(t, nil, imaptest.Dovecot(t))
	p.archive, p.options = w.dir, migrate.Options{Match: true, Again: true}
	return p, source
}

// TestRestoreDamaged: a message that is damaged in the archive is named and not
// restored, each time; the others are.
func TestRestoreDamaged(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		p, _ := archived(t, format, several(5)...)
		damage(t, filepath.Join(p.archive, "mail"), "the text of number 2")
		for run, want := range []int64{4, 0} {
			s, err := p.migrate(t)
			if err != nil || s.New != want || len(s.Failures) != 1 || s.Failures[0].UID != 3 || s.Failures[0].Reason == "" {
				t.Fatalf("run %d: %v, %+v, failures %v", run, err, s.Counts, s.Failures)
			}
			if run == 0 {
				p.carried(t, s)
			}
		}
	})
}

// damage changes an octet of the text in the one file below dir that has it.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	found := 0
	check(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		octets, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(octets), text) {
			return err
		}
		found++
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(octets), text, strings.ToUpper(text))), 0o600)
	}))
	if found != 1 {
		t.Fatalf("%d files have %q", found, text)
	}
}

// TestRestoreDeleted: what was deleted by accident comes back with one run, once,
// with its flags; what is there stays as it is.
func TestRestoreDeleted(t *testing.T) {
	p, source := archived(t, archive.Maildir, append(several(6), note("flagged", `\Flagged`, "work"))...)
	p.to = p.from
	p.put = p.from.letters(t)
	check(t, source.Delete("INBOX", "2,4,7"))
	check(t, source.Store("INBOX", "1", "FLAGS", `\Answered`))
	s := p.must(t)
	if s.New != 3 || s.Matched != 4 {
		t.Errorf("%d matched, %+v", s.Matched, s.Counts)
	}
	if got := flagsOf(t, p.to, "INBOX"); strings.Count(got, `\Flagged work`) != 1 || !strings.Contains(got, `1:\Answered`) || strings.Count(got, ":") != 7 {
		t.Errorf("INBOX has %s", got)
	}
	if s := p.must(t); s.New+s.FlagsChanged+s.Missing != 0 {
		t.Errorf("once more: %+v", s)
	}
	uids, err := source.UIDs("INBOX")
	check(t, err)
	check(t, source.Delete("INBOX", fmt.Sprint(uids[len(uids)-1])))
	if s := p.must(t); s.New != 1 {
		t.Errorf("deleted again: %+v", s.Counts)
	}
}

// TestOddDates: a date that the server does not keep costs the date, and is told.
func TestOddDates(t *testing.T) {
	dated := func(subject, date string) sample.Mail {
		m := note(subject)
		m.InternalDate = date
		return m
	}
	source := scriptSource(t, note("usual"), dated("future", "31-Dec-2037 12:00:00 +1400"), dated("far future", "01-Jan-2150 00:00:00 +0000"),
		dated("before all", "31-Dec-1901 23:59:59 +0000"), dated("none", "no date at all"), dated("leap", "29-Feb-2004 23:59:59 +0545"))
	for _, server := range []string{"dovecot", "cyrus", "courier"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			p := source.to(t, nil, start(t, server))
			s := p.must(t)
			if s.New != 6 {
				t.Errorf("%+v", s.Counts)
			}
			got := p.to.letters(t)["INBOX"]
			if len(got) != 6 {
				t.Errorf("%d messages", len(got))
			}
			kept := 0
			for _, m := range got {
				for _, date := range []string{"1996-07-17 09:44:25", "2004-02-29 18:14:59"} {
					if strings.HasSuffix(m.what, date) {
						kept++
					}
				}
			}
			if kept != 2 {
				t.Errorf("%d of 2 usual dates were kept", kept)
			}
			for _, a := range s.Altered {
				if a.UID < 2 || a.UID > 4 || !strings.Contains(a.Reason, "date") {
					t.Errorf("altered: %+v", a)
				}
			}
			if server != "cyrus" && len(s.Altered) == 0 {
				t.Error("nothing was told")
			}
			if s := p.must(t); s.New != 0 {
				t.Errorf("second run: %+v", s.Counts)
			}
		})
	}
}
