package migrate_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// yahoo greets as a server does that shows the newest 10,000 messages of a folder.
const (
	yahoo  = "* OK IMAP4rev1 imapgate-1.8.1_01.20166 imap.mail.yahoo.com"
	window = 10_000
)

// numbered are so many different messages.
func numbered(n uint32) []imaptest.ScriptMessage {
	all := make([]imaptest.ScriptMessage, n)
	for i := range all {
		all[i] = imaptest.ScriptMessage{UID: uint32(i + 1), InternalDate: "01-Feb-2003 04:05:06 +0000", Body: fmt.Appendf(nil, "Subject: %d\r\n\r\n", i+1)}
	}
	return all
}

// TestWindowOfTarget: what an account does not show any more of what was sent is
// not missing, and not sent again; nor is what may be there behind the window when
// an archive comes back into its own account.
func TestWindowOfTarget(t *testing.T) {
	const more = window + 20
	capability := "IMAP4rev1 LITERAL+ UIDPLUS MULTIAPPEND"
	w, source := scripted(t, archive.Mbox, imaptest.Script{Greeting: yahoo, Capability: capability, Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7, Messages: numbered(window)}}})
	w.must(t)
	grow := func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders[0].Messages = numbered(more)[more-window:]
		return folders
	}
	source.Change(grow)
	if s := w.must(t); s.New != more-window || s.Gone != 0 {
		t.Fatalf("%+v", s.Counts)
	}
	t.Run("another account", func(t *testing.T) {
		server := imaptest.NewScript(t, imaptest.Script{Greeting: yahoo, Capability: capability, Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 8}}})
		p := &pair{archive: w.dir, to: login{server.Addr, "me", "x"}, ledger: filepath.Join(t.TempDir(), "ledger.db"), options: migrate.Options{Match: true, Again: true}}
		if s := p.must(t); s.New != more {
			t.Fatalf("%+v", s.Counts)
		}
		server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			folders[0].Messages = folders[0].Messages[more-window:]
			return folders
		})
		if s := p.must(t); s.New+s.Missing != 0 {
			t.Errorf("the run after: %+v, %d missing", s.Counts, s.Missing)
		}
		server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			folders[0].Messages = folders[0].Messages[5:] // now that the window is not full
			return folders
		})
		if s := p.must(t); s.New != more-window+5 {
			t.Errorf("after a deletion: %+v", s.Counts)
		}
	})
	t.Run("its own account", func(t *testing.T) {
		p := &pair{archive: w.dir, to: login{source.Addr, "me", "x"}, ledger: filepath.Join(t.TempDir(), "ledger.db"), options: migrate.Options{Match: true, Again: true, Same: true}}
		s, err := p.migrate(t)
		if err != nil || s.New != 0 || s.Matched != window || len(s.Failures) != 1 {
			t.Errorf("%v, %+v, %d matched, failures %v", err, s.Counts, s.Matched, s.Failures)
		}
	})
}

// TestWindow: what a server that shows the newest 10,000 messages of a folder does
// not show any more is out of sight and not gone; what it lacks among them is.
func TestWindow(t *testing.T) {
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7, Messages: numbered(window)}
	server := imaptest.NewScript(t, imaptest.Script{Greeting: yahoo, Folders: []*imaptest.ScriptFolder{inbox}})
	w := &world{address: server.Addr, user: "me", password: "x", dir: filepath.Join(t.TempDir(), "archive"), format: archive.Mbox}
	if s := w.must(t); s.New != window {
		t.Fatalf("%d new", s.New)
	}
	server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		f := *folders[0]
		kept := f.Messages[6:] // out of sight; and one of the others is deleted
		f.Messages = append(append([]imaptest.ScriptMessage(nil), kept[:100]...), kept[101:]...)
		f.Messages = append(f.Messages, numbered(window + 7)[window:]...)
		return []*imaptest.ScriptFolder{&f}
	})
	if s := w.must(t); s.New != 7 || s.Gone != 1 {
		t.Errorf("%d new, %d gone; want 7 and the one that was deleted", s.New, s.Gone)
	}
}
