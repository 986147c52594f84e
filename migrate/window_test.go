package migrate_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestWindow: what a server that shows the newest 10,000 messages of a folder does
// not show any more is out of sight and not gone; what it lacks among them is.
func TestWindow(t *testing.T) {
	const window = 10_000
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	message := func(uid uint32) imaptest.ScriptMessage {
		return imaptest.ScriptMessage{UID: uid, InternalDate: "01-Feb-2003 04:05:06 +0000", Body: fmt.Appendf(nil, "Subject: %d\r\n\r\n", uid)}
	}
	for uid := range uint32(window) {
		inbox.Messages = append(inbox.Messages, message(uid+1))
	}
	server := imaptest.NewScript(t, imaptest.Script{Greeting: "* OK IMAP4rev1 imapgate-1.8.1_01.20166 imap.mail.yahoo.com", Folders: []*imaptest.ScriptFolder{inbox}})
	w := &world{address: server.Addr, user: "me", password: "x", dir: filepath.Join(t.TempDir(), "archive"), format: archive.Mbox}
	if s := w.must(t); s.New != window {
		t.Fatalf("%d new", s.New)
	}
	server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		f := *folders[0]
		kept := f.Messages[6:] // out of sight; and one of the others is deleted
		f.Messages = append(append([]imaptest.ScriptMessage(nil), kept[:100]...), kept[101:]...)
		for uid := uint32(window + 1); len(f.Messages) < window; uid++ {
			f.Messages = append(f.Messages, message(uid))
		}
		return []*imaptest.ScriptFolder{&f}
	})
	if s := w.must(t); s.New != 7 || s.Gone != 1 {
		t.Errorf("%d new, %d gone; want 7 and the one that was deleted", s.New, s.Gone)
	}
}
