package migrate_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// blind is a server that stores the first APPEND and does not answer it, and from
// then on does something else than before, once or more often.
type blind struct {
	appended bool
	stop     func()                 // ends the run that sent the message
	folder   *imaptest.ScriptFolder // which took the messages
	then     func(b *blind, c *imaptest.ScriptConn, command imaptest.Command) bool
	left     int // how often then may answer
}

func (b *blind) quirk() imaptest.Quirk {
	return imaptest.Quirk{
		Append: func(_ *imaptest.ScriptConn, a *imaptest.Appending) {
			if !b.appended {
				b.folder = a.Folder
			}
		},
		Stored: func(c *imaptest.ScriptConn, _ imaptest.Command, _ string) bool {
			first := !b.appended
			if b.appended = true; first {
				b.stop()
				c.Reset()
			}
			return first
		},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if !b.appended || b.left == 0 || !b.then(b, c, command) {
				return false
			}
			b.left--
			return true
		},
	}
}

// TestNotSeen: what was announced is not sent again as long as it cannot be seen
// whether it has arrived; a later run finds it.
func TestNotSeen(t *testing.T) {
	from, put := twins(t, 60)
	for name, b := range map[string]*blind{
		"UIDVALIDITY changes": {left: 1, then: func(b *blind, _ *imaptest.ScriptConn, command imaptest.Command) bool {
			if !strings.HasPrefix(command.Name, "EXAMINE") {
				return false
			}
			b.folder.UIDValidity++
			for i := range b.folder.Messages {
				b.folder.Messages[i].UID += 1000
			}
			b.left = 1
			b.then = func(*blind, *imaptest.ScriptConn, imaptest.Command) bool { return false }
			return false
		}},
		"no STATUS": {left: 3, then: func(b *blind, c *imaptest.ScriptConn, command imaptest.Command) bool {
			if command.Name != "STATUS" || !strings.Contains(command.Args, b.folder.Name) {
				return false
			}
			c.Refuse(command, "NO [INUSE] the folder is locked")
			return true
		}},
		"no headers": {left: 4, then: func(b *blind, c *imaptest.ScriptConn, command imaptest.Command) bool {
			if command.Name != "UID FETCH" || c.Selected != b.folder || !strings.Contains(command.Args, "HEADER") {
				return false
			}
			c.Refuse(command, "NO [SERVERBUG] internal error")
			return true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := from.toScript(t, put, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS ESEARCH", Quirks: []imaptest.Quirk{b.quirk()}})
			ctx, stop := context.WithCancel(t.Context())
			b.stop = stop
			if _, err := p.migrateUntil(t, ctx); ctx.Err() == nil {
				t.Fatalf("the run came to its end: %v", err)
			}
			s, runs := p.untilDone(t)
			t.Logf("%d runs, %d answers left", runs, b.left)
			p.same(t, s)
			if s := p.must(t); s.New+s.Missing+s.FlagsChanged != 0 {
				t.Errorf("the run after: %+v", s)
			}
		})
	}
}
