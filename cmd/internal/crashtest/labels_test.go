//go:build linux

package crashtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// labels is how many messages there are, whatever folders they are in.
const labels = 9

// newLabels starts a server that shows a message in several folders, as Gmail does
// with labels, each time under another UID: a backup fetches it once, and stores it
// in the other folders out of the archive.
func newLabels(tb testing.TB) *account {
	tb.Helper()
	a := &account{gone: map[key]mail{}, folders: []*imaptest.ScriptFolder{
		{Name: "INBOX", UIDValidity: 7}, {Name: "Work", UIDValidity: 8},
		{Name: "[Gmail]/All Mail", UIDValidity: 9, Attributes: []string{`\All`}},
	}}
	add := func(f *imaptest.ScriptFolder, n, uid int) {
		m := message(uint32(uid), fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: %d\r\n\r\n%s", n, n, strings.Repeat("From me.\r\n", n*n)), `\Seen`)
		m.GmailID = 1<<60 + uint64(n)
		f.Messages = append(f.Messages, m)
	}
	for n := 1; n <= labels; n++ {
		if n <= 6 {
			add(a.folders[0], n, n)
		}
		if n >= 4 {
			add(a.folders[1], n, 100+n)
		}
		add(a.folders[2], n, 1000+n)
	}
	a.server = imaptest.NewScript(tb, imaptest.Script{
		User: user, Password: password, Folders: a.folders, Greeting: "* OK Gimap ready for requests from 192.0.2.1",
		Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN LIST-STATUS ESEARCH X-GM-EXT-1",
	})
	return a
}

// TestLabelsAreCopied: a backup of this account takes messages out of the archive.
func TestLabelsAreCopied(t *testing.T) {
	a := newLabels(t)
	s := a.backup(t, "maildir")
	if err := s.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	fetched := uint64(0)
	for _, c := range a.server.Commands() {
		if set, items, _ := strings.Cut(c.Args, " "); c.Name == "UID FETCH" && strings.Contains(items, "BODY.PEEK[]") {
			uids, err := mailhaul.ParseUIDSet(set)
			if err != nil {
				t.Fatal(err)
			}
			fetched += uids.Len()
		}
	}
	if fetched != labels {
		t.Errorf("bodies of %d messages were fetched, want %d", fetched, labels)
	}
}
