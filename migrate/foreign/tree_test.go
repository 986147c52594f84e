package foreign_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

const letter = "Subject: x\n\nx\n"

// boxes are mbox files of one message.
func boxes(names ...string) map[string]string {
	files := map[string]string{}
	for _, name := range names {
		files[name] = sep + letter
	}
	return files
}

// maildirs are Maildirs of one message; the names end in "/".
func maildirs(names ...string) map[string]string {
	files := map[string]string{}
	for _, name := range names {
		files[name+"cur/1.a:2,S"] = letter
		files[name+"new/"], files[name+"tmp/"] = "", ""
	}
	return files
}

func with(files, more map[string]string) map[string]string {
	maps.Copy(files, more)
	return files
}

// TestTrees: which folders are found, and how many messages are in them.
func TestTrees(t *testing.T) {
	for name, c := range map[string]struct {
		kind  foreign.Kind
		path  string
		files map[string]string
		want  string // NAME:MESSAGES, sorted
	}{
		"a Maildir":               {foreign.Maildir, "", maildirs(""), "INBOX:1"},
		"a Maildir, new and tmp":  {foreign.Any, "", map[string]string{"new/1.a": letter, "tmp/2.b": letter}, "INBOX:1"},
		"a Maildir, cur only":     {foreign.Any, "", map[string]string{"cur/1.a:2,": letter, "cur/.hidden": "x", "cur/dir/x": "x"}, "INBOX:1"},
		"an empty Maildir":        {foreign.Any, "", map[string]string{"cur/": ""}, "INBOX:0"},
		"Maildir++":               {foreign.Maildir, "", with(maildirs("", ".Sent.2020/", ".Entw&APw-rfe/", ".Sent/"), map[string]string{".Sent/maildirfolder": "", ".cache/x": sep, "dovecot-uidlist": "3 V1"}), "Entwürfe:1 INBOX:1 Sent/2020:1 Sent:1"},
		"Maildir++ without INBOX": {foreign.Any, "", maildirs(".a/", ".a.b/"), "a/b:1 a:1"},
		"Maildir++ with INBOX":    {foreign.Any, "", maildirs("", ".INBOX.a/", ".inbox/"), "INBOX (2):1 INBOX/a:1 INBOX:1"},
		"a tree of Maildirs":      {foreign.Maildir, "", with(maildirs("INBOX/", "Work/2020/", "Work/2021/", "Entw&APw-rfe/"), boxes("box")), "Entwürfe:1 INBOX:1 Work/2020:1 Work/2021:1"},
		"Maildirs in a Maildir":   {foreign.Any, "", maildirs("", "a/", "a/b/", "a/.c/"), "INBOX:1 a/b:1 a/c:1 a:1"},
		"an mbox file":            {foreign.Mbox, "mail/Archive.mbox", boxes("mail/Archive.mbox", "mail/other"), "Archive:1"},
		"an mbox file, any":       {foreign.Any, "inbox", boxes("inbox"), "INBOX:1"},
		"an mbox file, no date":   {foreign.Mbox, "x", map[string]string{"x": "From me\nto you\n"}, "x:1"},
		"mbox files":              {foreign.Mbox, "", with(boxes("Inbox", "a.mbx", "b.MBOX", "sub/c", "sub/inbox", "cur/d"), map[string]string{"letter": "From here to\n\neternity", "x.txt": "x", "e.mbox": "", "empty": "", ".hidden": sep + letter, ".hid/den": sep + letter}), "INBOX:1 a:1 b:1 e:0 sub/c:1 sub/inbox:1"},
		"same names":              {foreign.Any, "", with(boxes("a", "a.mbox", "INBOX", "inbox"), maildirs("a.sbd/")), "INBOX (2):1 INBOX:1 a (2):1 a (3):1 a:1"},
		"Thunderbird": {foreign.Any, "", with(boxes("Inbox", "Inbox.sbd/Work", "Archives.sbd/2020", "Archives.sbd/2021.sbd/June"), map[string]string{
			"Inbox.msf": "// <!-- <mdb:mork", "Archives": "", "Archives.msf": "// <!--", "Trash": "", "Trash.msf": "", "Unsent Messages.msf": "//", "msgFilterRules.dat": `version="9"`, "Archives.sbd/2021": ""}),
			"Archives/2020:1 Archives/2021/June:1 Archives/2021:0 Archives:0 INBOX/Work:1 INBOX:1 Trash:0"},
		"Thunderbird's profile":  {foreign.Any, "", boxes("Mail/Local Folders/Inbox", "Mail/pop.example.org/Inbox", "ImapMail/imap.example.org/INBOX"), "ImapMail/imap.example.org/INBOX:1 Mail/Local Folders/Inbox:1 Mail/pop.example.org/Inbox:1"},
		"Thunderbird's Maildirs": {foreign.Any, "", with(maildirs("Inbox/", "Inbox.sbd/Work/"), map[string]string{"Inbox.msf": "//"}), "INBOX/Work:1 INBOX:1"},
		"Apple Mail":             {foreign.Any, "", with(boxes("Sent.mbox/mbox", "Work.mbox/2020.mbox/mbox"), map[string]string{"Sent.mbox/table_of_contents": "\x00"}), "Sent:1 Work/2020:1"},
		"mailhaul's export":      {foreign.Any, "", map[string]string{`100%.mbox`: sep + letter, `a%3Ab.mbox`: "From 1.2.none.1L@mailhaul Thu Jan  1 00:00:00 1970\nx\n\n", `50%25/c%2Fd.mbox`: "From 1.2.none.1L@mailhaul Thu Jan  1 00:00:00 1970\nx\n\n"}, "100%:1 50%/c%2Fd:1 a:b:1"},
		"escaped by Dovecot":     {foreign.Any, "", maildirs(`.a\2eb/`, ""), `INBOX:1 a.b:1`},
		"a mix":                  {foreign.Any, "", with(boxes("old/letters"), maildirs("", ".Sent/", "work/")), "INBOX:1 Sent:1 old/letters:1 work:1"},
		"a mix, mbox only":       {foreign.Mbox, "", with(boxes("old/letters"), maildirs("", ".Sent/")), "old/letters:1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.files)
			before := snapshot(t, dir)
			var got []string
			for folder, all := range fetch(t, open(t, c.kind, filepath.Join(dir, c.path), foreign.Options{})) {
				got = append(got, folder+":"+string(rune('0'+len(all))))
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("the tree was changed: %s, before: %s", after, before)
			}
		})
	}
}

// snapshot describes a tree.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			all.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestNoMail: where there is none it is said, with a hint.
func TestNoMail(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"empty/": "", "text/x": "hello\nFrom me\n", "box": sep + letter, "md/cur/1.a": letter})
	for _, c := range []struct {
		kind foreign.Kind
		path string
	}{
		{foreign.Any, "nowhere"}, {foreign.Any, "empty"}, {foreign.Any, "text"}, {foreign.Any, "text/x"}, {foreign.Mbox, "text/x"}, {foreign.Mbox, "md"},
		{foreign.Maildir, "box"}, {foreign.Maildir, "empty"}, {foreign.Maildir, "text"},
	} {
		_, err := foreign.Open(t.Context(), c.kind, filepath.Join(dir, c.path))
		e, is := errors.AsType[*mailhaul.Error](err)
		if !errors.Is(err, mailhaul.ErrUsage) || !is || e.Hint == "" {
			t.Errorf("%s: %v", c.path, err)
		}
	}
}

// TestLinks: no symbolic link in the tree is followed, and each is told.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"outside/box": sep + letter, "outside/md/cur/1.a": letter, "outside/1.b": letter, "mail/cur/1.c": letter})
	for link, to := range map[string]string{"mail/box": "../outside/box", "mail/md": "../outside/md", "mail/cur/1.b": "../../outside/1.b", "mail/loop": ".", "here": "mail"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, foreign.Any, filepath.Join(dir, "here"), foreign.Options{}) // the user's own link
	all := fetch(t, s)
	if len(all) != 1 || len(all["INBOX"]) != 1 {
		t.Errorf("%v", all)
	}
	links := 0
	for _, o := range s.Omissions() {
		if o.Reason == foreign.Link {
			links += o.Count
		}
	}
	if links != 4 {
		t.Errorf("%+v", s.Omissions())
	}
}

// TestSubscriptions: the lists of servers are read where there are any.
func TestSubscriptions(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"none":      {"other", "", "INBOX a a/b c"},
		"Dovecot":   {"subscriptions", "a.b\n", "INBOX a/b"},
		"version 2": {"subscriptions", "V\t2\n\na\tb\nc\n", "INBOX a/b c"},
		"Courier":   {"courierimapsubscribed", "INBOX\nINBOX.a\n", "INBOX a"},
		"UW":        {".mailboxlist", "a/b\r\nc\r\n", "INBOX a/b c"},
		"empty":     {"subscriptions", "", "INBOX"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{c.file: c.text, "cur/": "", ".a/cur/": "", ".a.b/cur/": "", ".c/cur/": ""})
			folders, err := open(t, foreign.Any, dir, foreign.Options{}).Folders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range folders {
				if f.Subscribed {
					got = append(got, f.Name)
				}
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestNames: modified UTF-7 is read where it is spelled as it has to be.
func TestNames(t *testing.T) {
	for raw, want := range map[string]string{
		"Entw&APw-rfe": "Entwürfe", "&ZeVnLIqe-": "日本語", "&2D3eAA-": "😀", "A&-B": "A&B", "Sent": "Sent", "Entwürfe": "Entwürfe",
		"R&D": "R&D", "&": "&", "&-": "&", "&AGE-": "&AGE-", "&APw": "&APw", "&APx-": "&APx-", "&2D0-": "&2D0-", "&APw-&APw-": "&APw-&APw-", "&APw-&-": "ü&", "\xff": "\uFFFD", "": "",
	} {
		if got := foreign.DecodeName(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
