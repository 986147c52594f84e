package foreign_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// TestMarks: flags are taken from the fields that mail programs write, and those
// fields, and no others, are taken off.
func TestMarks(t *testing.T) {
	for name, c := range map[string]struct {
		header, left string
		flags        mailhaul.Flags
	}{
		"none":                {"Subject: x\n", "Subject: x\n", ""},
		"seen":                {"Status: RO\nSubject: x\n", "Subject: x\n", `\Seen`},
		"old":                 {"Subject: x\nStatus: O\n", "Subject: x\n", ""},
		"empty":               {"Status: \nX-Status:\nSubject: x\n", "Subject: x\n", ""},
		"all letters":         {"Status: RO\nX-Status: AFTD\n", "", `\Answered \Deleted \Draft \Flagged \Seen`},
		"any case of names":   {"STATUS: R\nx-status: F\nA: b\n", "A: b\n", `\Flagged \Seen`},
		"folded":              {"X-Status:\n A\nA: b\n", "A: b\n", `\Answered`},
		"a status of its own": {"Status: resolved\nX-Status: open\n", "Status: resolved\nX-Status: open\n", ""},
		"numbers":             {"X-IMAPbase: 1700000000 0000000042 $Junk work\nX-UID: 42            \nA: b\n", "A: b\n", ""},
		"no numbers":          {"X-IMAPbase: yes\nX-UID: 4711-x\nX-IMAP: 1\n", "X-IMAPbase: yes\nX-UID: 4711-x\nX-IMAP: 1\n", ""},
		"keywords":            {"X-UID: 1\nX-Keywords: $Junk work (bad) \xff               \nA: b\n", "A: b\n", "$Junk work"},
		"keywords first":      {"X-Keywords: work\nA: b\nX-IMAP: 1 2\n", "A: b\n", "work"},
		"keywords of its own": {"X-Keywords: work\nStatus: R\n", "X-Keywords: work\n", `\Seen`},
		"Thunderbird":         {"X-Account-Key: account1\nX-UIDL: 7\nX-Mozilla-Status: 1007\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: $label1 nonjunk                     \nA: b\n", "X-Account-Key: account1\nX-UIDL: 7\nA: b\n", `$Forwarded $label1 \Answered \Flagged \Seen nonjunk`},
		"IMAP deleted":        {"X-Mozilla-Status: 0000\nX-Mozilla-Status2: 00200000\nA: b\n", "A: b\n", `\Deleted`},
		"old label":           {"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 06000000\nA: b\n", "A: b\n", `$label3 \Seen`},
		"the first counts":    {"X-Mozilla-Status: 0001\nX-Mozilla-Status: 0004\nA: b\n", "A: b\n", `\Seen`},
		"a sender's":          {"Received: x\nX-Mozilla-Status: 0008\nX-Mozilla-Keys: evil\n", "Received: x\nX-Mozilla-Status: 0008\nX-Mozilla-Keys: evil\n", ""},
		"nothing else":        {"Lines: 7\nX-Evolution: 1\nX-Status-Of: R\nX-Mozilla: x\nReturn-Path: <a@example.org>\n Status: R\n", "Lines: 7\nX-Evolution: 1\nX-Status-Of: R\nX-Mozilla: x\nReturn-Path: <a@example.org>\n Status: R\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := fetchMbox(t, sep+c.header+"\nStatus: RO\n", foreign.Options{})
			same(t, got, []string{crlf(c.left + "\nStatus: RO\n")})
			if len(got) == 1 && got[0].flags != c.flags {
				t.Errorf("flags %q, want %q", got[0].flags, c.flags)
			}
		})
	}
}

// TestOmitted: what is no message is not given, and counted.
func TestOmitted(t *testing.T) {
	dir := t.TempDir()
	const internal = "From MAILER-DAEMON Tue Nov 14 22:13:20 2023\nDate: 14 Nov 2023 22:13:20 +0000\nFrom: Mail System Internal Data <MAILER-DAEMON@example.org>\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1700000000 0000000002 work\nStatus: RO\n\nThis text is part of the internal format of your mail folder.\n\n"
	const removed = "From - Tue Nov 14 22:13:20 2023\nX-Mozilla-Status: 0009\nX-Mozilla-Status2: 00000000\nSubject: removed\n\nx\n\n"
	write(t, dir, map[string]string{
		"uw":          internal + sep + "Subject: 1\n\nx\n",
		"thunderbird": removed + sep + "Subject: 1\n\nx\n\n" + removed,
		"later":       sep + "Subject: 1\n\nx\n\n" + internal,
		"pretended":   sep + "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\nx\n",
		"old.mbx":     "*mbx*\r\n1234",
		"Rmail":       "BABYL OPTIONS: -*- rmail -*-\n",
		"a.mbox.gz":   "\x1f\x8b",
	})
	s := open(t, foreign.Any, dir, foreign.Options{})
	all := fetch(t, s)
	for folder, n := range map[string]int{"uw": 1, "thunderbird": 1, "later": 2, "pretended": 1} {
		if len(all[folder]) != n {
			t.Errorf("%s: %q", folder, octets(all[folder]))
		}
	}
	want := map[foreign.Omission]bool{
		{Folder: "uw", Path: "uw", Count: 1, Reason: foreign.Internal}:                   true,
		{Folder: "thunderbird", Path: "thunderbird", Count: 2, Reason: foreign.Expunged}: true,
		{Path: "old.mbx", Count: 1, Reason: foreign.Format}:                              true,
		{Path: "Rmail", Count: 1, Reason: foreign.Format}:                                true,
		{Path: "a.mbox.gz", Count: 1, Reason: foreign.Format}:                            true,
	}
	for _, o := range s.Omissions() {
		if !want[o] || o.Reason.String() == foreign.Unreadable.String() {
			t.Errorf("%+v: %s", o, o.Reason)
		}
		delete(want, o)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}

// TestDates: what INTERNALDATE is taken from.
func TestDates(t *testing.T) {
	const (
		received = "Received: from x\n\tby y; Mon, 13 Nov 2023 10:00:00 +0100 (CET)\n"
		earlier  = "Received: from z by x; Mon, 13 Nov 2023 09:00:00 +0000\n"
		date     = "Date: Sun, 12 Nov 2023 08:00:00 -0500\n"
	)
	for name, c := range map[string]struct{ line, header, want string }{
		"asctime":           {"From a@b Tue Nov 14 22:13:20 2023", received, "2023-11-14T22:13:20Z"},
		"one digit":         {"From a@b Wed Nov  1 22:13:20 2023", "", "2023-11-01T22:13:20Z"},
		"zone first":        {"From a@b Tue Nov 14 22:13:20 +0130 2023", "", "2023-11-14T22:13:20+01:30"},
		"zone last":         {"From a@b Tue Nov 14 22:13:20 2023 -0800", "", "2023-11-14T22:13:20-08:00"},
		"named zone":        {"From a@b Tue Nov 14 22:13:20 MET 2023", "", "2023-11-14T22:13:20+01:00"},
		"unknown zone":      {"From a@b Tue Nov 14 22:13:20 XYZ 2023", "", "2023-11-14T22:13:20Z"},
		"no seconds":        {"From a@b Tue Nov 14 22:13 2023", "", "2023-11-14T22:13:00Z"},
		"RFC 5322":          {"From a@b Tue, 14 Nov 2023 22:13:20 +0100", "", "2023-11-14T22:13:20+01:00"},
		"UUCP":              {"From a!b Tue Nov 14 22:13:20 1995 remote from c", "", "1995-11-14T22:13:20Z"},
		"two digits":        {"From a Tue Nov 14 22:13:20 95", "", "1995-11-14T22:13:20Z"},
		"no address":        {"From Tue Nov 14 22:13:20 2023", "", "2023-11-14T22:13:20Z"},
		"blanks in address": {`From "a Mon b"@c Tue Nov 14 22:13:20 2023`, "", "2023-11-14T22:13:20Z"},
		"Takeout":           {"From 1782@xxx Tue Nov 14 22:13:20 +0000 2023", "", "2023-11-14T22:13:20Z"},
		"epoch":             {"From a@b Thu Jan  1 00:00:00 1970", received, "2023-11-13T10:00:00+01:00"},
		"Thunderbird":       {"From - Tue Nov 14 22:13:20 2023", received + earlier + date, "2023-11-13T10:00:00+01:00"},
		"Thunderbird, date": {"From - Tue Nov 14 22:13:20 2023", date, "2023-11-12T08:00:00-05:00"},
		"Thunderbird, line": {"From - Tue Nov 14 22:13:20 2023", "", "2023-11-14T22:13:20Z"},
		"bare":              {"From ", date + received, "2023-11-13T10:00:00+01:00"},
		"bare, broken":      {"From ", "Received: yesterday\nDate: never\n", ""},
		"mailhaul":          {"From 1.2.-0330.6L@mailhaul Tue Nov 14 22:13:20 2023", date, "2023-11-14T18:43:20-03:30"},
		"mailhaul, no date": {"From 1.2.none.6L@mailhaul Thu Jan  1 00:00:00 1970", date, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := fetchMbox(t, c.line+"\n"+c.header+"A: b\n\nx\n", foreign.Options{})
			if len(got) != 1 {
				t.Fatalf("%d messages", len(got))
			}
			date := ""
			if !got[0].date.IsZero() {
				date = got[0].date.Format(time.RFC3339)
			}
			if date != c.want {
				t.Errorf("%s, want %s", date, c.want)
			}
		})
	}
}

// TestSeparators: what looks like a separator and is none stays text.
func TestSeparators(t *testing.T) {
	for _, line := range []string{
		"From a@b Tue Nov 14 22:13:20 2023", "From a@b Tue Nov 14 22:13:20 CET 2023", "From - Tue Nov 14 22:13:20 2023",
		"From 1.2.none.6L@mailhaul Thu Jan  1 00:00:00 1970",
	} {
		if got := fetchMbox(t, sep+"A: b\n\nx\n\n"+line+"\nA: c\n\ny\n", foreign.Options{}); len(got) != 2 {
			t.Errorf("%q is a separator: %q", line, octets(got))
		}
	}
	for _, line := range []string{
		"From a@b Tue Nov 31 22:13:20 2023", "From a@b Tue Nov 14 22:13:20", "From a@b Tue Nov 14 2023", "From a@b Tue Now 14 22:13:20 2023",
		"From a@b Tue Nov 14 24:13:20 2023", "From a@b Tue Nov 14 22:13:20 2023 and so on", "From a@b Tue Nov 14 22:13:20 23456",
		"From a@b", "From ", "From -", "from a@b Tue Nov 14 22:13:20 2023", " From a@b Tue Nov 14 22:13:20 2023", "From: a@b Tue Nov 14 22:13:20 2023",
		">From a@b Tue Nov 14 22:13:20 2023", "From a@b Tuesday Nov 14 22:13:20 2023", "From a@b Nov 14 22:13:20 2023", "From a@b Tue Nov 14 22:13:20 +01000 2023",
	} {
		if got := fetchMbox(t, sep+"A: b\n\nx\n\n"+line+"\nA: c\n\ny\n", foreign.Options{}); len(got) != 1 {
			t.Errorf("%q is no separator: %q", line, octets(got))
		}
	}
}
