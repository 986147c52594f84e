package export_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/migrate/export"
)

// TestPlaces: where folders lie, written down.
func TestPlaces(t *testing.T) {
	tests := map[string]struct {
		folder  mailhaul.Folder
		maildir string
		mbox    string
	}{
		"inbox":             {mailhaul.Folder{Name: "INBOX", Delimiter: "/"}, ".", "INBOX.mbox"},
		"inbox, small":      {mailhaul.Folder{Name: "inbox", Delimiter: "/"}, ".", "INBOX.mbox"},
		"inbox, Courier":    {mailhaul.Folder{Name: "INBOX", Delimiter: ".", Namespace: "INBOX."}, ".", "INBOX.mbox"},
		"levels":            {mailhaul.Folder{Name: "Work/2020/a b", Delimiter: "/"}, ".Work.2020.a b", "Work/2020/a b.mbox"},
		"namespace":         {mailhaul.Folder{Name: "INBOX.Sent.2020", Delimiter: ".", Namespace: "INBOX."}, ".Sent.2020", "Sent/2020.mbox"},
		"below inbox":       {mailhaul.Folder{Name: "INBOX/x", Delimiter: "/"}, ".INBOX.x", "INBOX/x.mbox"},
		"inbox within":      {mailhaul.Folder{Name: "INBOX.INBOX", Delimiter: ".", Namespace: "INBOX."}, ".INBOX~2", "INBOX.mbox"},
		"flat":              {mailhaul.Folder{Name: "a/b.c"}, `.a\2fb\2ec`, "a%2Fb.c.mbox"},
		"not ASCII":         {mailhaul.Folder{Name: "Entwürfe/日本語 😀", Delimiter: "/"}, ".Entw&APw-rfe.&ZeVnLIqe- &2D3eAA-", "Entwürfe/日本語 😀.mbox"},
		"ampersand":         {mailhaul.Folder{Name: "R&D &-", Delimiter: "/"}, ".R&-D &--", "R&D &-.mbox"},
		"dots":              {mailhaul.Folder{Name: "../..", Delimiter: "/"}, `.\2e\2e.\2e\2e`, "%2E%2E/%2E%2E.mbox"},
		"absolute":          {mailhaul.Folder{Name: "/etc/passwd", Delimiter: "/"}, "._.etc.passwd", "%/etc/passwd.mbox"},
		"empty":             {mailhaul.Folder{Name: "", Delimiter: "/"}, "._", "%.mbox"},
		"tilde":             {mailhaul.Folder{Name: "~root/a~", Delimiter: "/"}, `.\7eroot.a~`, "~root/a~.mbox"},
		"separators":        {mailhaul.Folder{Name: `a\b/c`, Delimiter: "."}, `.a\5cb\2fc`, "a%5Cb%2Fc.mbox"},
		"windows":           {mailhaul.Folder{Name: `<>:"|?*%`, Delimiter: "/"}, `.<>:"|?*%`, "%3C%3E%3A%22%7C%3F%2A%25.mbox"},
		"control":           {mailhaul.Folder{Name: "a\x00\n\x7f\u0085\u202e", Delimiter: "/"}, ".a&AAAACgB,AIUgLg-", "a%00%0A%7F%C2%85%E2%80%AE.mbox"},
		"not UTF-8":         {mailhaul.Folder{Name: "a\xff", Delimiter: "/"}, ".a&,,0-", "a%FF.mbox"},
		"device":            {mailhaul.Folder{Name: "CON/lpt1.x/com10", Delimiter: "/"}, `.CON.lpt1\2ex.com10`, "%43ON/%6Cpt1.x/com10.mbox"},
		"extension":         {mailhaul.Folder{Name: "a.mbox/b", Delimiter: "/"}, `.a\2embox.b`, "a%2Embox/b.mbox"},
		"blanks":            {mailhaul.Folder{Name: " a /b.", Delimiter: "/"}, `. a .b\2e`, "%20a%20/b%2E.mbox"},
		"Maildir's own":     {mailhaul.Folder{Name: "cur", Delimiter: "/"}, ".cur", "cur.mbox"},
		"emoji of several":  {mailhaul.Folder{Name: "👩\u200d💻", Delimiter: "/"}, ".&2D3caSAN2D3cuw-", "👩\u200d💻.mbox"},
		"a namespace alone": {mailhaul.Folder{Name: "INBOX.", Delimiter: ".", Namespace: "INBOX."}, "._", "%.mbox"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			for format, want := range map[export.Format]string{export.Maildir: test.maildir, export.Mbox: test.mbox} {
				w := begin(t, format)
				f := test.folder
				w.prepare(&f)
				if f.Place != want {
					t.Errorf("%s: %q, want %q", format, f.Place, want)
				}
				w.end()
				if _, there := w.files()[path.Clean(want)]; !there && want != "." {
					t.Errorf("%s: there is no %q among %q", format, want, slices.Sorted(maps.Keys(w.files())))
				}
			}
		})
	}
}

// TestPlacesAlike: names that a file system may take for one are told apart, and
// hostile ones stay short and inside.
func TestPlacesAlike(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, strings.ToUpper("abcdefghijklmnopqrst"[:i])+"abcdefghijklmnopqrst"[i:])
	}
	names = append(names, "inBox", "INBOX~2", "caf\u00e9", "cafe\u0301", "Straße", "STRASSE", "a/b", "A/b", "a/B", "work~2", "work", "Work", "WORK",
		strings.Repeat("x", 5000), strings.Repeat("x", 5001), strings.Repeat("日", 300)+"1", strings.Repeat("日", 300)+"2",
		strings.Repeat("d/", 200), strings.Repeat("d/", 201), strings.Repeat("\xff", 3000), strings.Repeat("../", 20)+"x",
		strings.Repeat(strings.Repeat("y", 100)+"/", 9)+"z")
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		var folders []*mailhaul.Folder
		for _, name := range names {
			folders = append(folders, &mailhaul.Folder{Name: name, Delimiter: "/", UIDValidity: 1})
		}
		w.prepare(folders...)
		taken := map[string]string{}
		for i, f := range folders {
			if other, is := taken[strings.ToLower(f.Place)]; is {
				t.Errorf("%.50q and %.50q are both at %q", other, f.Name, f.Place)
			}
			taken[strings.ToLower(f.Place)] = f.Name
			for part := range strings.SplitSeq(f.Place, "/") {
				if len(part) > 250 || part == ".." {
					t.Errorf("%.50q is at %q", f.Name, f.Place)
				}
			}
			w.store(f, mailhaul.UID(i+1), "", header)
		}
		w.end()
		if len(w.receipts) != len(names) {
			t.Errorf("%d receipts, want %d", len(w.receipts), len(names))
		}
		for _, r := range w.receipts {
			if got, err := readBack(format, w.dir, r); err != nil || string(got) != header {
				t.Errorf("%.50q: %q, %v", r.Folder.Name, got, err)
			}
		}
	})
}

// TestNoSelect: a name that cannot hold messages gets nothing made for it.
func TestNoSelect(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		w.folder("INBOX")
		before := len(w.files())
		f := &mailhaul.Folder{Name: "Top", Delimiter: "/", NoSelect: true}
		w.prepare(f)
		if f.Place == "" || len(w.files()) != before {
			t.Errorf("place %q, %d files, before %d", f.Place, len(w.files()), before)
		}
		m := &mailhaul.Message{Folder: f, UID: 1, Body: strings.NewReader("")}
		if err := w.e.Store(t.Context(), m); mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
			t.Errorf("Store into it: %v", err)
		}
		w.end()
	})
}

// TestMaildirFiles: the whole tree, written down.
func TestMaildirFiles(t *testing.T) {
	w := begin(t, export.Maildir)
	inbox, sent := &mailhaul.Folder{Name: "INBOX", Delimiter: "/", UIDValidity: 7, Subscribed: true}, &mailhaul.Folder{Name: "Sent/ü", Delimiter: "/", UIDValidity: 8}
	w.prepare(inbox, sent)
	w.store(inbox, 1, "", "Subject: a\r\n\r\nb\r\n")
	w.store(inbox, 2, `$Forwarded NonJunk \Answered \Deleted \Draft \Flagged \Seen`, "Subject: a\n\nb\n")
	w.store(inbox, 3, `nonjunk work`, "")
	sent.Subscribed = true
	w.prepare(inbox, sent)
	w.end()
	want := map[string]string{
		"cur": "", "new": "", "tmp": "", "subscriptions": "INBOX\nSent.&APw-\n", "courierimapsubscribed": "INBOX\nINBOX.Sent.&APw-\n",
		"dovecot-keywords": "0 $Forwarded\n1 NonJunk\n2 work\n",
		"cur/1700012600.V7U1Z-0330H" + digestOf("Subject: a\r\n\r\nb\r\n") + ".mailhaul,S=14,W=17:2,": "Subject: a\n\nb\n",
		"cur/1700012600.V7U2Z-0330H" + digestOf("Subject: a\n\nb\n") + ".mailhaul,S=14:2,DFPRSTab":    "Subject: a\n\nb\n",
		"cur/1700012600.V7U3Z-0330H" + digestOf("") + ".mailhaul,S=0:2,bc":                            "",
		".Sent.&APw-": "", ".Sent.&APw-/cur": "", ".Sent.&APw-/new": "", ".Sent.&APw-/tmp": "", ".Sent.&APw-/maildirfolder": "",
	}
	if got := w.files(); !maps.Equal(got, want) {
		t.Errorf("the tree is %q, want %q", got, want)
	}
}

// TestMboxFile: a whole file, written down.
func TestMboxFile(t *testing.T) {
	w := begin(t, export.Mbox)
	f := &mailhaul.Folder{Name: "Sent", Delimiter: "/", UIDValidity: 8, UIDNext: 10}
	w.prepare(f)
	w.store(f, 2, `\Seen work \Flagged`, "Subject: a\r\nStatus: X\r\n\r\nFrom b\r\n")
	w.store(f, 4, ``, "Subject: a\n\nno end")
	w.store(f, 3, `\Answered \Deleted \Draft later`, "")
	w.end()
	base := "X-IMAPbase: 0000000008 0000000009 work later" + strings.Repeat(" ", 900-32) + "\n"
	want := "From 8.2.-0330.33L@mailhaul Wed Nov 15 01:43:20 2023\nSubject: a\nX-Mailhaul-Status: X\n" + base +
		"X-UID: 2\nStatus: RO\nX-Status: F\nX-Keywords: work\n\n>From b\n\n" +
		"From 8.4.-0330.18V@mailhaul Wed Nov 15 01:43:20 2023\nSubject: a\nX-UID: 4\nStatus: O\n\nno end\n\n" +
		"From 8.3.-0330.0V@mailhaul Wed Nov 15 01:43:20 2023\nX-UID: 3\nStatus: O\nX-Status: ATD\nX-Keywords: later\n\n"
	if got := w.files(); len(got) != 1 || got["Sent.mbox"] != want {
		t.Errorf("the file has\n%q\nwant\n%q", got, want)
	}
	if want := []string{`Sent 2 with "X-Mailhaul-" before the field names status`}; !slices.Equal(w.notes, want) {
		t.Errorf("notes %q, want %q", w.notes, want)
	}
}

// TestKeywords: a folder has 26 letters, and what is no keyword has none.
func TestKeywords(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("INBOX")
		var many []string
		for i := range 27 {
			many = append(many, fmt.Sprintf("k%02d", i))
		}
		w.store(f, 1, mailhaul.MakeFlags(many...), header)
		w.store(f, 2, mailhaul.MakeFlags("$Forwarded", "k05"), header+"2")
		w.store(f, 3, mailhaul.MakeFlags(`\Other`, "a(b", "ü", `\Seen`), header+"3")
		w.store(w.folder("Other"), 4, "k26", header+"4")
		w.end()
		want := []string{`INBOX 3 without \Other a(b ü`}
		if format == export.Maildir {
			want = []string{"INBOX 1 without k26", want[0]}
			infos := map[mailhaul.UID]string{}
			for name := range w.files() {
				if n, ok := maildir.Parse(path.Base(name)); ok {
					_, infos[n.UID] = maildir.Split(name)
				}
			}
			if infos[1] != ":2,abcdefghijklmnopqrstuvwxyz" || infos[2] != ":2,Pf" || infos[3] != ":2,S" || infos[4] != ":2,a" {
				t.Errorf("info parts %v", infos)
			}
		}
		if !slices.Equal(w.notes, want) {
			t.Errorf("notes %q, want %q", w.notes, want)
		}
	})
}

// digestOf is what a name has of a message's digest.
func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16] }
