package migrate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

const allMail = "[Gmail]/All Mail"

// labelled is a scripted server that has labels as Gmail has, and its archive.
type labelled struct {
	*world
	server *imaptest.ScriptServer
	asked  int // commands that were looked at
}

// labelledMail is the n-th message; twice in one folder it has other UIDs.
func labelledMail(n int, uid uint32, date string) imaptest.ScriptMessage {
	body := fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: letter %d\r\n\r\n%s\r\n", n, n, strings.Repeat("text ", n%7*10))
	return imaptest.ScriptMessage{UID: uid, GmailID: 1<<63 + uint64(n), InternalDate: date, Flags: []string{`\Seen`}, Body: []byte(body)}
}

// gmailFolders are 300 messages in All Mail, the first 200 in INBOX, 100 to 250 in
// Work: under other UIDs and with another date.
func gmailFolders() []*imaptest.ScriptFolder {
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 11}
	work := &imaptest.ScriptFolder{Name: "Work", UIDValidity: 12}
	all := &imaptest.ScriptFolder{Name: allMail, UIDValidity: 13, Attributes: []string{`\All`}}
	for n := range 300 {
		if n < 200 {
			inbox.Messages = append(inbox.Messages, labelledMail(n, uint32(n+1), "01-Feb-2003 04:05:06 +0530"))
		}
		if n >= 100 && n < 250 {
			work.Messages = append(work.Messages, labelledMail(n, uint32(n+1001), "02-Feb-2003 04:05:06 +0000"))
		}
		all.Messages = append(all.Messages, labelledMail(n, uint32(n+5001), ""))
	}
	return []*imaptest.ScriptFolder{inbox, work, all}
}

func gmail(t *testing.T, format archive.Format, folders []*imaptest.ScriptFolder, quirks ...imaptest.Quirk) *labelled {
	t.Helper()
	server := imaptest.NewScript(t, imaptest.Script{Greeting: "* OK Gimap ready for requests from 192.0.2.1",
		Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN X-GM-EXT-1", Folders: folders, Quirks: quirks})
	return &labelled{server: server, world: &world{address: server.Addr, user: "me", password: "x", dir: t.TempDir(), format: format}}
}

// bodies counts the messages whose octets were asked for since the last call.
func (l *labelled) bodies(t *testing.T) (n uint64) {
	t.Helper()
	commands := l.server.Commands()
	for _, c := range commands[l.asked:] {
		if set, items, _ := strings.Cut(c.Args, " "); c.Name == "UID FETCH" && strings.Contains(items, "BODY.PEEK[]") {
			uids, err := mailhaul.ParseUIDSet(set)
			check(t, err)
			n += uids.Len()
		}
	}
	l.asked = len(commands)
	return n
}

// expect runs a backup and holds what it stored and fetched against what it should.
func (l *labelled) expect(t *testing.T, stored int64, fetched uint64) {
	t.Helper()
	l.asked = len(l.server.Commands())
	s := l.must(t)
	if n := l.bodies(t); s.New != stored || n != fetched {
		t.Errorf("%d stored and %d fetched, want %d and %d", s.New, n, stored, fetched)
	}
	if fetched == 0 && s.Octets != 0 {
		t.Errorf("%d octets are said to have been fetched", s.Octets)
	}
	l.same(t)
}

// TestLabels: a message that is in several folders is fetched once, in the first
// run and in later ones, whatever moves between labels.
func TestLabels(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		l := gmail(t, format, gmailFolders())
		l.expect(t, 650, 300)
		l.expect(t, 0, 0)
		l.server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			inbox, work := folders[0], folders[1]
			inbox.Messages = append(inbox.Messages, labelledMail(299, 900, ""))
			moved := inbox.Messages[0]
			inbox.Messages = inbox.Messages[1:]
			moved.UID = 2000
			work.Messages = append(work.Messages, moved)
			return append(folders, &imaptest.ScriptFolder{Name: "New label", UIDValidity: 14, Messages: []imaptest.ScriptMessage{labelledMail(5, 1, ""), labelledMail(298, 2, "")}})
		})
		l.expect(t, 4, 0)
		l.server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			folders[0].Messages = append(folders[0].Messages, labelledMail(400, 901, ""))
			folders[2].Messages = append(folders[2].Messages, labelledMail(400, 9000, ""))
			return folders
		})
		l.expect(t, 2, 1)
	})
}

// TestLabelsWithoutAllMail: where All Mail is hidden or left out, the other folders
// share among each other; when it is there again, it takes what they have.
func TestLabelsWithoutAllMail(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		folders := gmailFolders()
		l := gmail(t, format, folders[:2])
		l.expect(t, 350, 250)
		l.server.Change(func(now []*imaptest.ScriptFolder) []*imaptest.ScriptFolder { return append(now, folders[2]) })
		l.expect(t, 300, 50)
		l.dir, l.options.Filter = t.TempDir(), filter.Filter{Exclude: []string{allMail}}
		l.asked = len(l.server.Commands())
		if s := l.must(t); s.New != 350 || l.bodies(t) != 250 {
			t.Errorf("without All Mail: %+v", s.Counts)
		}
	})
}

// TestLabelsThatLie: one number for two messages, or none, costs a fetch and never
// gives a folder another message than its own.
func TestLabelsThatLie(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(inbox *imaptest.ScriptFolder)
		quirks  []imaptest.Quirk
		fetched uint64
	}{
		"other size": {change: func(inbox *imaptest.ScriptFolder) {
			inbox.Messages[3].Body = append(inbox.Messages[3].Body, "more\r\n"...)
		}, fetched: 301},
		"other header of the same size": {change: func(inbox *imaptest.ScriptFolder) {
			m := &inbox.Messages[3]
			m.Body = []byte(strings.Replace(string(m.Body), "letter", "LETTER", 1))
		}, fetched: 301},
		"all the same number": {change: func(inbox *imaptest.ScriptFolder) {
			for i := range inbox.Messages {
				inbox.Messages[i].GmailID = 7
			}
		}, fetched: 500},
		"no numbers": {change: func(inbox *imaptest.ScriptFolder) {
			for i := range inbox.Messages {
				inbox.Messages[i].GmailID = 0
			}
		}, fetched: 500},
		"refused": {change: func(*imaptest.ScriptFolder) {}, fetched: 650, quirks: []imaptest.Quirk{{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if !strings.Contains(command.Args, "X-GM-MSGID") {
				return false
			}
			c.Refuse(command, "BAD Could not parse command")
			return true
		}}}},
	} {
		t.Run(name, func(t *testing.T) {
			formats(t, func(t *testing.T, format archive.Format) {
				folders := gmailFolders()
				test.change(folders[0])
				l := gmail(t, format, folders, test.quirks...)
				l.expect(t, 650, test.fetched)
				l.expect(t, 0, 0)
			})
		})
	}
}

// TestLabelsDamaged: what is damaged in the archive is no source for a copy; the
// server is asked.
func TestLabelsDamaged(t *testing.T) {
	folders := gmailFolders()
	l := gmail(t, archive.Maildir, folders[2:])
	l.expect(t, 300, 300)
	files, err := filepath.Glob(filepath.Join(l.dir, "mail", "*", "*", "cur", "*"))
	if err != nil || len(files) != 300 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, name := range files[:10] {
		octets, err := os.ReadFile(name)
		check(t, err)
		octets[len(octets)-1] = '!'
		check(t, os.WriteFile(name, octets, 0o600))
	}
	label := &imaptest.ScriptFolder{Name: "Label", UIDValidity: 20}
	for n := range 300 {
		label.Messages = append(label.Messages, labelledMail(n, uint32(n+1), ""))
	}
	l.server.Change(func([]*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		return []*imaptest.ScriptFolder{folders[2], label}
	})
	l.asked = len(l.server.Commands())
	s, err := l.backup(t)
	if err != nil || s.New != 300 || len(s.Failures) > 0 {
		t.Fatalf("%+v, error %v", s, err)
	}
	if n := l.bodies(t); n != 10 {
		t.Errorf("%d fetched", n)
	}
}

// TestLabelsCutOff: a run that ends while messages are copied within the archive
// is gone on with, and nothing is fetched twice.
func TestLabelsCutOff(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		ctx, stop := context.WithCancel(t.Context())
		headers := 0
		l := gmail(t, format, gmailFolders(), imaptest.Quirk{Answer: func(_ *imaptest.ScriptConn, command imaptest.Command) bool {
			if strings.Contains(command.Args, "HEADER.FIELDS") {
				if headers++; headers == 4 {
					stop()
				}
			}
			return false
		}})
		s, err := l.backupUntil(t, ctx)
		if err == nil || s.New < 300 || s.New == 650 {
			t.Fatalf("%d stored, error %v", s.New, err)
		}
		if n := l.bodies(t); n != 300 {
			t.Errorf("%d fetched", n)
		}
		l.expect(t, 650-s.New, 0)
	})
}
