package migrate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestCriteria: what the criteria leave out is told, and copied by a later run
// that wants it; nothing is copied twice.
func TestCriteria(t *testing.T) {
	var mails []sample.Mail
	for i := range 8 {
		m := note(fmt.Sprint(i))
		m.InternalDate = fmt.Sprintf("%02d-Mar-2020 12:00:00 +0000", i+1)
		m.Body = append(m.Body, strings.Repeat("0123456789\r\n", 100*i)...)
		mails = append(mails, m)
	}
	day := func(d int) time.Time { return time.Date(2020, 3, d, 0, 0, 0, 0, time.UTC) }
	from, _ := notes(t, mails...)
	put := from.letters(t)
	for _, c := range []struct {
		name             string
		criteria         mailhaul.Criteria
		copied           string // UIDs at the source
		large, notChosen int64
	}{
		{name: "since", criteria: mailhaul.Criteria{Since: day(4)}, copied: "4 5 6 7 8", notChosen: 3},
		{name: "before", criteria: mailhaul.Criteria{Before: day(4)}, copied: "1 2 3", notChosen: 5},
		{name: "since and before", criteria: mailhaul.Criteria{Since: day(3), Before: day(5)}, copied: "3 4", notChosen: 6},
		{name: "largest size", criteria: mailhaul.Criteria{MaxSize: 5000}, copied: "1 2 3 4 5", large: 3},
		{name: "UIDs", criteria: mailhaul.Criteria{UIDs: mailhaul.UIDSetOf(2, 7, 99)}, copied: "2 7", notChosen: 6},
		{name: "none", criteria: mailhaul.Criteria{Before: day(1)}, notChosen: 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := from.to(t, put, imaptest.Dovecot(t))
			p.options.Criteria = c.criteria
			s := p.must(t)
			var want []string
			for uid := range strings.FieldsSeq(c.copied) {
				for _, m := range put["INBOX"] {
					if fmt.Sprint(m.uid) == uid {
						want = append(want, m.what)
					}
				}
			}
			var got []string
			for _, m := range p.to.letters(t)["INBOX"] {
				got = append(got, m.what)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || s.New != int64(len(want)) {
				t.Errorf("%d messages copied, %d at the target, want %d, or others", s.New, len(got), len(want))
			}
			if r := s.Reports[0]; r.TooLarge != c.large || r.NotChosen != c.notChosen {
				t.Errorf("report %+v", r)
			}
			if s := p.must(t); s.New != 0 {
				t.Errorf("the same again: %+v", s.Counts)
			}
			p.options.Criteria = mailhaul.Criteria{}
			rest := p.must(t)
			if rest.New != int64(8-len(want)) || rest.Missing != 0 {
				t.Errorf("without criteria: %+v", rest.Counts)
			}
			p.same(t, rest)
			if s := p.must(t); s.New != 0 {
				t.Errorf("in the end: %+v", s.Counts)
			}
		})
	}
}

// TestMapping: folders go where the user says, below a folder, or all into one,
// on servers with and without a namespace, and stay there.
func TestMapping(t *testing.T) {
	from, source := notes(t, note("inbox"))
	for _, folder := range []string{"Work", "Work/Old", "Sent", "Büro"} {
		if err := source.Create(folder); err != nil {
			t.Fatal(err)
		}
		check(t, source.Append(folder, note(folder)))
	}
	for _, c := range []struct {
		name         string
		maps         []string
		prefix, into string
		want         string // folder:messages at the target
	}{
		{"one and what lies below", []string{"Work=Archiv/Job"}, "", "", "Archiv/Job/Old:1 Archiv/Job:1 B&APw-ro:1 INBOX:1 Sent:1"},
		{"merged by the user", []string{"Work=Alles", "Sent=Alles"}, "", "", "Alles/Old:1 Alles:2 B&APw-ro:1 INBOX:1"},
		{"below a folder", nil, "Old account", "", "Old account/B&APw-ro:1 Old account/INBOX:1 Old account/Sent:1 Old account/Work/Old:1 Old account/Work:1"},
		{"mapped and below a folder", []string{"INBOX=INBOX"}, "Old", "", "INBOX:1 Old/B&APw-ro:1 Old/Sent:1 Old/Work/Old:1 Old/Work:1"},
		{"all into one", nil, "", "Everything/in it", "Everything/in it:5"},
		{"all into INBOX", nil, "", "INBOX", "INBOX:5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, server := range []*imaptest.Server{imaptest.Dovecot(t), imaptest.Courier(t)} {
				p := from.to(t, nil, server)
				var err error
				p.options.Mapping, err = filter.ParseMapping(c.maps, c.prefix, c.into)
				check(t, err)
				if s := p.must(t); s.New != 5 {
					t.Errorf("%s: %+v", server.Name, s.Counts)
				}
				if got := p.folders(t, server.Name == "courier"); got != c.want {
					t.Errorf("%s:\n%s, want\n%s", server.Name, got, c.want)
				}
				if s := p.must(t); s.New+s.Missing != 0 {
					t.Errorf("%s, second run: %+v, %d missing", server.Name, s.Counts, s.Missing)
				}
			}
		})
	}
}

// folders tells the target's folders that hold mail, and how much, by their names
// without a namespace and with "/".
func (p *pair) folders(t *testing.T, courier bool) string {
	t.Helper()
	var out []string
	for folder, messages := range p.to.letters(t) {
		if courier {
			folder = strings.ReplaceAll(strings.TrimPrefix(folder, "INBOX."), ".", "/")
		}
		out = append(out, fmt.Sprintf("%s:%d", folder, len(messages)))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestUses: folders of a special use go to the target's folder of that use,
// whatever the names; one that the target lacks is made with its use where the
// server can.
func TestUses(t *testing.T) {
	folder := func(name, use string, validity uint32) *imaptest.ScriptFolder {
		f := &imaptest.ScriptFolder{Name: name, UIDValidity: validity, Messages: []imaptest.ScriptMessage{message(1, name, "x")}}
		if use != "" {
			f.Attributes = []string{use}
		}
		return f
	}
	source := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN SPECIAL-USE", Folders: []*imaptest.ScriptFolder{
		folder("INBOX", "", 1), folder("Gesendet", `\Sent`, 2), folder("Papierkorb", `\Trash`, 3), folder("Archiv", `\Archive`, 4), folder("Sent", "", 5)}})
	empty := func(name, use string, validity uint32) *imaptest.ScriptFolder {
		f := folder(name, use, validity)
		f.Messages = nil
		return f
	}
	target := imaptest.NewScript(t, imaptest.Script{Capability: richCapability + " SPECIAL-USE CREATE-SPECIAL-USE", Folders: []*imaptest.ScriptFolder{
		empty("INBOX", "", 1), empty("Envoyés", `\Sent`, 2)}})
	target.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders[1].Name = imaptest.EncodeName(folders[1].Name)
		return folders
	})
	p := login{source.Addr, "me", "x"}.to(t, nil, imaptest.Dovecot(t))
	p.to = login{target.Addr, "me", "x"}
	s := p.must(t)
	p.same(t, s)
	p.sameFolders(t, s, true)
	at := places(s)
	for from, to := range map[string]string{"Gesendet": imaptest.EncodeName("Envoyés"), "Papierkorb": "Papierkorb", "Archiv": "Archiv", "Sent": "Sent"} {
		if at(from) != to {
			t.Errorf("%s goes to %s", from, at(from))
		}
	}
	for name, use := range map[string]string{"Papierkorb": `\Trash`, "Archiv": `\Archive`} {
		if f := target.Folder(name); f == nil || !slices.Equal(f.Attributes, []string{use}) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
