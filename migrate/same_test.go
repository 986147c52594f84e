package migrate_test

import (
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestSame: an archive is restored into the account that it is of: UIDs tell
// what is there. Into another one, whose names and UIDVALIDITY are the same by
// chance, they tell nothing.
func TestSame(t *testing.T) {
	mail := []imaptest.ScriptMessage{message(1, "one", "1"), message(2, "two", "2"), message(3, "three", "3")}
	folder := func(mail ...imaptest.ScriptMessage) imaptest.Script {
		return imaptest.Script{Capability: "IMAP4rev1 LITERAL+ UIDPLUS",
			Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7, Messages: mail}}}
	}
	w, server := scripted(t, archive.Maildir, folder(mail...))
	w.must(t)
	restore := func(address string) migrate.Summary {
		p := &pair{archive: w.dir, to: login{address, "me", "x"}, ledger: filepath.Join(t.TempDir(), "ledger.db"),
			options: migrate.Options{Match: true, Again: true, Same: true}}
		return p.must(t)
	}
	if s := restore(server.Addr); s.New != 0 || s.Matched != 3 || !s.Same {
		t.Errorf("the same account: %d new, %d matched, same %v", s.New, s.Matched, s.Same)
	}
	other := imaptest.NewScript(t, folder(message(1, "other", "x"), message(2, "two", "2"), message(3, "else", "z")))
	if s := restore(other.Addr); s.New != 2 || s.Matched != 1 || s.Same {
		t.Errorf("another account: %d new, %d matched, same %v", s.New, s.Matched, s.Same)
	}
}
