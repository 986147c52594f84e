package foreign_test

import (
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// TestPrograms reads what other programs wrote.
func TestPrograms(t *testing.T) {
	const (
		head = "From: a@example.org\r\nSubject: one\r\nDate: Tue, 14 Nov 2023 22:13:20 +0100\r\n\r\n"
		text = "body\r\n\r\nFrom a@example.org Tue Nov 14 22:13:20 2023\r\nSubject: not a message\r\n"
	)
	for file, want := range map[string][]mail{
		"dovecot": {
			{octets: head + "From the start\r\n>From quoted\r\n" + text, flags: `$Forwarded \Flagged \Seen work`},
			{octets: "Subject: two\r\n\r\nno end\r\n", flags: `\Answered \Deleted \Draft`},
			{octets: "Subject: three\r\n\r\nx\r\n\r\n\r\n"},
		},
		"mutt": {{octets: "Subject: two\r\nLines: 3\r\n\r\nx\r\n\r\n\r\n"}},
		// Python does not quote ">From ", so nobody can tell it from "From ".
		"python": {
			{octets: head + "From the start\r\nFrom quoted\r\n" + text, flags: `\Flagged \Seen`},
			{octets: "Subject: two\r\n\r\nno end\r\n", flags: `\Answered`},
			{octets: "Subject: three\r\nX-Keywords: own\r\n\r\nx\r\n\r\n\r\n", flags: `\Deleted`},
		},
	} {
		t.Run(file, func(t *testing.T) {
			got := fetch(t, open(t, foreign.Mbox, filepath.Join("testdata", file+".mbox"), foreign.Options{}))[file]
			if len(got) != len(want) {
				t.Fatalf("%q", octets(got))
			}
			for i, m := range got {
				if m.octets != want[i].octets || m.flags != want[i].flags {
					t.Errorf("%d: %q %q, want %q %q", i, m.octets, m.flags, want[i].octets, want[i].flags)
				}
			}
		})
	}
}

// TestDovecotMaildir reads a Maildir++ tree as Dovecot 2.3.19 wrote it: mail in
// new, marked already, with sizes in the names, and a list of subscriptions.
func TestDovecotMaildir(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"maildirfolder": "", "cur/": "", "tmp/": "", "dovecot-uidlist": "3 V1795547332 N3\n", "dovecot.index.log": "\x01",
		"new/1795547330.M233163P19264.vm,S=15,W=18:2,FSab": letter,
		"new/1795547330.M267561P19265.vm,S=15,W=18:2,DRTc": letter,
		"dovecot-keywords": "0 $Forwarded\n1 work\n2 $Junk\n",
		"subscriptions":    "V\t2\n\nEntw&APw-rfe\t2020\n",
		".A&-B/cur/":       "", ".A&-B/maildirfolder": "",
		".Entw&APw-rfe.2020/new/1795547330.M308260P19267.vm,S=15,W=18": letter, ".Entw&APw-rfe.2020/cur/": "", ".Entw&APw-rfe.2020/maildirfolder": "",
	})
	s := open(t, foreign.Any, dir, foreign.Options{})
	for _, l := range list(t, s, mailhaul.Criteria{}) {
		if want := l.Folder.Name != "A&B"; l.Folder.Subscribed != want {
			t.Errorf("%s is subscribed: %v", l.Folder.Name, l.Folder.Subscribed)
		}
	}
	all := fetch(t, s)
	if inbox := all["INBOX"]; len(inbox) != 2 || inbox[0].flags != `$Forwarded \Flagged \Seen work` || inbox[1].flags != `$Junk \Answered \Deleted \Draft` {
		t.Errorf("%+v", inbox)
	}
	if len(all) != 3 || len(all["Entwürfe/2020"]) != 1 || len(all["A&B"]) != 0 {
		t.Errorf("%v", all)
	}
}
