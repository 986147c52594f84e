package migrate_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// scripted is an account on a scripted server and its archive.
func scripted(t *testing.T, format archive.Format, script imaptest.Script) (*world, *imaptest.ScriptServer) {
	t.Helper()
	server := imaptest.NewScript(t, script)
	return &world{address: server.Addr, user: "me", password: "x", dir: t.TempDir(), format: format}, server
}

func message(uid uint32, subject, body string, flags ...string) imaptest.ScriptMessage {
	return imaptest.ScriptMessage{UID: uid, Flags: flags, Body: fmt.Appendf(nil, "Message-ID: <%s@example.org>\r\nSubject: %s\r\n\r\n%s\r\n", subject, subject, body)}
}

// fetched counts the messages whose bodies were asked for.
func fetched(server *imaptest.ScriptServer, from int) (n int) {
	for _, c := range server.Commands()[from:] {
		if c.Name == "UID FETCH" && strings.Contains(c.Args, "BODY.PEEK[]") {
			n++
		}
	}
	return n
}

// TestUIDValidity: when a folder's UIDs mean nothing any more, its messages are
// recognised; only what is new, or cannot be told apart, is fetched; nothing is
// doubled, also when the UIDVALIDITY changes back.
func TestUIDValidity(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1, Messages: []imaptest.ScriptMessage{
			message(1, "one", "1"), message(2, "two", "2", `\Seen`), message(3, "twin", "same"), message(4, "twin", "same"), message(5, "gone soon", "5"),
		}}
		w, server := scripted(t, format, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
		if s := w.must(t); s.New != 5 {
			t.Fatalf("%+v", s.Counts)
		}
		first := folder.Messages

		folder.UIDValidity = 2
		folder.Messages = []imaptest.ScriptMessage{message(11, "two", "2", `\Flagged`), message(12, "twin", "same"), message(13, "one", "1"), message(14, "new", "n"), message(15, "twin", "same")}
		from := len(server.Commands())
		s := w.must(t)
		if s.New != 1 || s.Gone != 1 || s.FlagsChanged != 1 || s.Messages != 5 {
			t.Errorf("UIDVALIDITY 2: %+v", s)
		}
		if n := fetched(server, from); n != 1 {
			t.Errorf("UIDVALIDITY 2: %d commands fetched bodies", n)
		}
		w.same(t)

		folder.UIDValidity, folder.Messages = 1, first
		from = len(server.Commands())
		if s := w.must(t); s.New != 0 || s.Messages != 5 || fetched(server, from) != 0 {
			t.Errorf("UIDVALIDITY 1 again: %+v, %d commands fetched bodies", s, fetched(server, from))
		}
		w.same(t)
	})
}

// TestUIDValidityAlike: messages that only their bodies tell apart are told
// apart by them.
func TestUIDValidityAlike(t *testing.T) {
	folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1, Messages: []imaptest.ScriptMessage{
		message(1, "alike", "a"), message(2, "alike", "b"), message(3, "alike", "c"),
	}}
	w, _ := scripted(t, archive.Maildir, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
	w.must(t)
	folder.UIDValidity = 2
	folder.Messages = []imaptest.ScriptMessage{message(1, "alike", "c"), message(2, "alike", "d"), message(3, "alike", "a")}
	if s := w.must(t); s.New != 1 || s.Gone != 1 || s.Messages != 3 {
		t.Errorf("%+v", s)
	}
	w.same(t)
}

// TestBadMessage: a message that the server cannot give is named with its
// reason, the others are fetched; the next run tries it again.
func TestBadMessage(t *testing.T) {
	folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1, HighestModSeq: 9, Messages: []imaptest.ScriptMessage{
		message(1, "one", "1"), message(2, "bad", "2"), message(3, "three", "3"),
	}}
	var bad atomic.Bool
	bad.Store(true)
	w, _ := scripted(t, archive.Maildir, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}, Capability: "IMAP4rev1 AUTH=PLAIN CONDSTORE ESEARCH",
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if bad.Load() && command.Name == "UID FETCH" && strings.Contains(command.Args, "BODY") && (strings.HasPrefix(command.Args, "1:3 ") || strings.HasPrefix(command.Args, "2")) {
				c.Say(command.Tag + " NO [SERVERBUG] cannot read it")
				return true
			}
			return false
		}})
	for run := range 2 {
		s, err := w.backup(t)
		if err != nil || len(s.Failures) != 1 || s.Failures[0].UID != 2 || !strings.Contains(s.Failures[0].Reason, "cannot read it") || s.Failed != 1 {
			t.Fatalf("run %d: %v, %+v", run, err, s)
		}
		w.verify(t)
	}
	bad.Store(false)
	if s := w.must(t); s.New != 1 || s.Messages != 3 {
		t.Errorf("once it can be read: %+v", s)
	}
	w.same(t)
}

// TestDates: a date that is missing, or of the year 1, is kept as it is, and
// zones as the server gave them.
func TestDates(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		dates := []string{"01-Jan-0001 00:00:01 +0000", "31-Dec-9999 23:59:59 +1400", "29-Feb-2004 23:59:59 +0545", "17-Jul-1996 02:44:25 -0930", "no date at all"}
		folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1}
		for i, d := range dates {
			m := message(uint32(i+1), "m", d)
			m.InternalDate = d
			folder.Messages = append(folder.Messages, m)
		}
		w, _ := scripted(t, format, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
		w.must(t)
		for i, line := range w.archived(t) {
			want := dates[i]
			if i == 4 {
				want = "[]  " // none
			}
			if !strings.Contains(line, want) {
				t.Errorf("%s lacks %q", line, want)
			}
		}
	})
}

// TestManyFolders: thousands of folders, none of them with mail; and none at all,
// which is not believed.
func TestManyFolders(t *testing.T) {
	var folders []*imaptest.ScriptFolder
	for i := range 5000 {
		folders = append(folders, &imaptest.ScriptFolder{Name: fmt.Sprintf("f%d", i), UIDValidity: 1})
	}
	w, _ := scripted(t, archive.Mbox, imaptest.Script{Folders: folders})
	if s := w.must(t); s.Folders != 5000 {
		t.Errorf("%+v", s)
	}
	w, _ = scripted(t, archive.Maildir, imaptest.Script{Folders: []*imaptest.ScriptFolder{}})
	if s, err := w.backup(t); err == nil || s.Folders != 0 {
		t.Errorf("no folders: %+v, %v", s, err)
	}
}
