package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/compare"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// mail makes a message that its number identifies.
func mail(n int, body string) string {
	return fmt.Sprintf("From: a@example.org\r\nMessage-ID: <%d@example.org>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nSubject: number %d\r\n\r\n%s\r\n", n, n, body)
}

// inbox is an INBOX with messages of UIDs 1, 2, 3...
func inbox(letters ...letter) box {
	b := box{Folder: mailhaul.Folder{Name: "INBOX", Raw: "INBOX", Delimiter: "/"}, mail: map[mailhaul.UID]letter{}}
	for i, l := range letters {
		b.mail[mailhaul.UID(i+1)] = l
	}
	return b
}

// run compares two sources and returns what was told, a line each.
func run(t *testing.T, a, b mailhaul.Source, o compare.Options) ([]compare.Difference, compare.Summary) {
	t.Helper()
	var told []compare.Difference
	o.Tell = func(d compare.Difference) { told = append(told, d) }
	s, err := compare.Run(t.Context(), a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Differences != int64(len(told)) || s.Same() != (len(told) == 0) {
		t.Errorf("%d differences counted, %d told", s.Differences, len(told))
	}
	return told, s
}

func lines(told []compare.Difference) (list []string) {
	for _, d := range told {
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%s %s/%d %s/%d: %s", d.Kind, d.FolderA, d.UIDA, d.FolderB, d.UIDB, d.Text), ": "))
	}
	return list
}

func TestMessages(t *testing.T) {
	one, two, three := mail(1, "x"), mail(2, "x"), mail(3, "x")
	at := func(text string) letter { return letter{text: text, date: noon} }
	berlin := time.FixedZone("", 3600)
	for _, c := range []struct {
		name   string
		a, b   box
		o      compare.Options
		want   []string
		counts compare.Counts
	}{
		{name: "nothing", a: inbox(), b: inbox()},
		{name: "alike in another order", a: inbox(at(one), at(two)), b: inbox(at(two), at(one)), counts: compare.Counts{A: 2, B: 2, Identical: 2}},
		{name: "missing and extra", a: inbox(at(one), at(two)), b: inbox(at(two), at(three)),
			want: []string{"missing INBOX/1 INBOX/0", "extra INBOX/0 INBOX/2"}, counts: compare.Counts{A: 2, B: 2, Identical: 1, Missing: 1, Extra: 1}},
		{name: "three of a kind, and two", a: inbox(at(one), at(one), at(one)), b: inbox(at(one), at(one)),
			want: []string{"missing INBOX/3 INBOX/0"}, counts: compare.Counts{A: 3, B: 2, Identical: 2, Missing: 1}},
		{name: "altered body of equal size", a: inbox(at(mail(1, "x"))), b: inbox(at(mail(1, "y"))),
			want: []string{"altered INBOX/1 INBOX/1: A has 113 octets (SHA-256 2268f907cdad640c...), B has 113 (0a803ccdbdbb80a3...)"}, counts: compare.Counts{A: 1, B: 1, Altered: 1}},
		{name: "of twins one is altered", a: inbox(at(mail(1, "x")), at(mail(1, "y"))), b: inbox(at(mail(1, "z")), at(mail(1, "x"))),
			want: []string{"altered INBOX/2 INBOX/1: A has 113 octets (SHA-256 0a803ccdbdbb80a3...), B has 113 (a6e4d67f56768861...)"}, counts: compare.Counts{A: 2, B: 2, Identical: 1, Altered: 1}},
		{name: "altered subject", a: inbox(at(one)), b: inbox(at(strings.Replace(one, "number", "numb", 1))),
			want:   []string{"altered INBOX/1 INBOX/1: A has 113 octets, B has 111; the identifying header fields differ"},
			counts: compare.Counts{A: 1, B: 1, Altered: 1}},
		{name: "equal octets, headers read otherwise", a: inbox(letter{text: one, date: noon, header: "Subject: other"}), b: inbox(at(one)), counts: compare.Counts{A: 1, B: 1, Identical: 1}},
		{name: "no header at all", a: inbox(at("x"), at("")), b: inbox(at(""), at("x")), counts: compare.Counts{A: 2, B: 2, Identical: 2}},
		{name: "flags", a: inbox(letter{text: one, flags: `\Seen \Recent Work`}), b: inbox(letter{text: one, flags: `\Flagged work`}),
			want: []string{`flags INBOX/1 INBOX/1: only A has \Seen, only B has \Flagged`}, counts: compare.Counts{A: 1, B: 1, Identical: 1, Flags: 1}},
		{name: "keywords in another case", a: inbox(letter{text: one, flags: `$Forwarded`}), b: inbox(letter{text: one, flags: `\recent $forwarded`}), counts: compare.Counts{A: 1, B: 1, Identical: 1}},
		{name: "keywords are spelled as they are", a: inbox(letter{text: one, flags: `Work \Seen`}), b: inbox(letter{text: one, flags: `\Seen`}),
			want: []string{`flags INBOX/1 INBOX/1: only A has Work`}, counts: compare.Counts{A: 1, B: 1, Identical: 1, Flags: 1}},
		{name: "flags do not count", a: inbox(letter{text: one, flags: `\Seen`}), b: inbox(letter{text: one}), o: compare.Options{IgnoreFlags: true}, counts: compare.Counts{A: 1, B: 1, Identical: 1}},
		{name: "twins by their flags", a: inbox(letter{text: one, flags: `\Seen`, date: noon}, letter{text: one, date: noon}), b: inbox(letter{text: one, date: noon}, letter{text: one, flags: `\Seen`, date: noon}), counts: compare.Counts{A: 2, B: 2, Identical: 2}},
		{name: "date", a: inbox(letter{text: one, date: noon}), b: inbox(letter{text: one, date: noon.Add(time.Second)}),
			want: []string{"date INBOX/1 INBOX/1: A has 2026-11-24 12:00:00 +0000, B has 2026-11-24 12:00:01 +0000"}, counts: compare.Counts{A: 1, B: 1, Identical: 1, Dates: 1}},
		{name: "no date", a: inbox(letter{text: one, date: noon}), b: inbox(letter{text: one}),
			want: []string{"date INBOX/1 INBOX/1: A has 2026-11-24 12:00:00 +0000, B has no date"}, counts: compare.Counts{A: 1, B: 1, Identical: 1, Dates: 1}},
		{name: "dates do not count", a: inbox(letter{text: one, date: noon}), b: inbox(letter{text: one}), o: compare.Options{IgnoreDates: true}, counts: compare.Counts{A: 1, B: 1, Identical: 1}},
		{name: "zone alone", a: inbox(letter{text: one, date: noon}), b: inbox(letter{text: one, date: noon.In(berlin)}), counts: compare.Counts{A: 1, B: 1, Identical: 1}},
		{name: "zones count", a: inbox(letter{text: one, date: noon}), b: inbox(letter{text: one, date: noon.In(berlin)}), o: compare.Options{Zones: true},
			want: []string{"date INBOX/1 INBOX/1: A has 2026-11-24 12:00:00 +0000, B has 2026-11-24 13:00:00 +0100"}, counts: compare.Counts{A: 1, B: 1, Identical: 1, Dates: 1}},
		{name: "altered in every way", a: inbox(letter{text: one, date: noon, flags: `\Seen`}), b: inbox(letter{text: one + "z", date: noon.Add(time.Hour)}),
			want: []string{"altered INBOX/1 INBOX/1: A has 113 octets (SHA-256 2268f907cdad640c...), B has 114 (a8849ede68dae151...)", `flags INBOX/1 INBOX/1: only A has \Seen`,
				"date INBOX/1 INBOX/1: A has 2026-11-24 12:00:00 +0000, B has 2026-11-24 13:00:00 +0000"}, counts: compare.Counts{A: 1, B: 1, Altered: 1, Flags: 1, Dates: 1}},
		{name: "quick", a: inbox(at(mail(1, "x")), at(two)), b: inbox(at(mail(1, "y")), at(two+"z")), o: compare.Options{Quick: true},
			want: []string{"altered INBOX/2 INBOX/2: A has 113 octets, B has 114"}, counts: compare.Counts{A: 2, B: 2, Identical: 1, Altered: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := &fake{boxes: []box{c.a}}, &fake{boxes: []box{c.b}}
			told, s := run(t, a, b, c.o)
			if got := lines(told); !slices.Equal(got, c.want) {
				t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if s.Counts != c.counts {
				t.Errorf("%+v, want %+v", s.Counts, c.counts)
			}
			if c.o.Quick && len(a.bodies)+len(b.bodies) > 0 {
				t.Errorf("bodies were read: %v, %v", a.bodies, b.bodies)
			}
		})
	}
}

// TestFields: a person finds the message by what is told of it, whichever side
// has it, however long its header is.
func TestFields(t *testing.T) {
	long := "From: A\r\n\t <a@example.org>\r\nsubject:" + strings.Repeat(" long", 1000) + "\r\nSubject: second\r\nno field\r\n: none\r\nMessage-Id: <a@b>\r\nDate: now\r\n\r\nSubject: body\r\n"
	a, b := &fake{boxes: []box{inbox(letter{text: long})}}, &fake{boxes: []box{inbox(letter{text: mail(7, "x")})}}
	told, _ := run(t, a, b, compare.Options{})
	if len(told) != 2 {
		t.Fatal(lines(told))
	}
	m, x := told[0], told[1]
	if m.From != "A <a@example.org>" || len(m.Subject) != 500 || !strings.HasPrefix(m.Subject, "long long") || m.MessageID != "<a@b>" || m.Date != "now" {
		t.Errorf("missing: %+v", m)
	}
	if x.From != "a@example.org" || x.Subject != "number 7" || x.MessageID != "<7@example.org>" || x.Date != "Tue, 24 Nov 2026 12:00:00 +0000" {
		t.Errorf("extra: %+v", x)
	}
}

// TestBodiesRead: bodies are read only where they can decide something.
func TestBodiesRead(t *testing.T) {
	a := &fake{boxes: []box{inbox(letter{text: mail(1, "x")}, letter{text: mail(2, "long")}, letter{text: mail(3, "longer")})}}
	b := &fake{boxes: []box{inbox(letter{text: mail(1, "x")}, letter{text: mail(4, "longer")}, letter{text: mail(5, "the longest")})}}
	run(t, a, b, compare.Options{})
	slices.Sort(a.bodies)
	slices.Sort(b.bodies)
	if !slices.Equal(a.bodies, []string{"INBOX/1", "INBOX/3"}) || !slices.Equal(b.bodies, []string{"INBOX/1", "INBOX/2"}) {
		t.Errorf("read: %v and %v", a.bodies, b.bodies)
	}
}

// TestProgress: it ends at the total, which never rises.
func TestProgress(t *testing.T) {
	for _, quick := range []bool{false, true} {
		a := &fake{boxes: []box{inbox(letter{text: mail(1, "x")}, letter{text: mail(2, "long")})}}
		b := &fake{boxes: []box{inbox(letter{text: mail(1, "x")}, letter{text: mail(2, "long"), fault: "gone"})}}
		var done, total int64
		run(t, a, b, compare.Options{Quick: quick, Progress: func(d, n int64) {
			if d != done+1 || total != 0 && n > total {
				t.Errorf("%d of %d after %d of %d", d, n, done, total)
			}
			done, total = d, n
		}})
		if want := map[bool]int64{false: 6, true: 4}[quick]; done != want || total != want {
			t.Errorf("quick %v: %d of %d, want %d", quick, done, total, want)
		}
	}
}
