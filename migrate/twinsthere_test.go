package migrate_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestTwinsThere: messages of the same octets are in the account already when a run
// that sends more of them is cut off: the next run takes none of those for one that
// was sent and did not arrive, also when the server tells no UIDs.
func TestTwinsThere(t *testing.T) {
	twins := func(n uint32) (all []imaptest.ScriptMessage) {
		for uid := range n {
			m := message(uid+1, "twin", "the same")
			all = append(all, m)
		}
		return all
	}
	for name, c := range map[string]struct {
		options     migrate.Options
		there, want int
	}{
		"the same account": {migrate.Options{Match: true, Again: true, Same: true}, 3, 6},
		"not matched":      {migrate.Options{}, 2, 8},
	} {
		t.Run(name, func(t *testing.T) {
			var stop func()
			var appended atomic.Int64
			var folder *imaptest.ScriptFolder
			lost := imaptest.Quirk{
				Append: func(_ *imaptest.ScriptConn, a *imaptest.Appending) { folder = a.Folder },
				Stored: func(c *imaptest.ScriptConn, _ imaptest.Command, _ string) bool {
					if appended.Add(1) != 2 {
						return false
					}
					folder.Messages = folder.Messages[:len(folder.Messages)-1] // it never arrived
					stop()
					c.Reset()
					return true
				},
			}
			w, server := scripted(t, archive.Maildir, imaptest.Script{Capability: "IMAP4rev1", Quirks: []imaptest.Quirk{lost},
				Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7, Messages: twins(6)}}})
			w.must(t)
			server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
				folders[0].Messages = folders[0].Messages[:c.there]
				folders[0].UIDNext = 7
				return folders
			})
			p := &pair{archive: w.dir, to: login{server.Addr, "me", "x"}, ledger: filepath.Join(t.TempDir(), "ledger.db"), options: c.options}
			ctx, cancel := context.WithCancel(t.Context())
			stop = cancel
			if _, err := p.migrateUntil(t, ctx); ctx.Err() == nil {
				t.Fatalf("the run came to its end: %v", err)
			}
			s := p.must(t)
			if n := len(folder.Messages); n != c.want || s.Missing != 0 {
				t.Errorf("%d messages are there, want %d: %+v", n, c.want, s.Counts)
			}
		})
	}
}
