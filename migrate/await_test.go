package migrate_test

import (
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// lateArrival cuts the connection when the first APPEND has come, and stores its
// messages only once the client has looked whether they are there: a server works
// on what it was sent when the client has gone.
func lateArrival() imaptest.Quirk {
	var late []*imaptest.Appending
	cut := false
	return imaptest.Quirk{
		Append: func(_ *imaptest.ScriptConn, a *imaptest.Appending) {
			if !cut {
				late = append(late, a)
				a.Drop = true
			}
		},
		Stored: func(c *imaptest.ScriptConn, _ imaptest.Command, _ string) bool {
			first := !cut
			if cut = true; first {
				c.Reset()
			}
			return first
		},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if !cut || len(late) == 0 || command.Name != "UID SEARCH" || c.Selected != late[0].Folder {
				return false
			}
			arriving := late
			late = nil
			c.Default(command)
			for _, a := range arriving {
				a.Folder.Messages = append(a.Folder.Messages, a.Message)
			}
			return true
		},
	}
}

// TestLateArrival: what arrives after it was looked for is not sent again.
func TestLateArrival(t *testing.T) {
	from, put := twins(t, 60)
	for name, capability := range map[string]string{
		"at once":    "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS MULTIAPPEND ESEARCH",
		"one by one": "IMAP4rev1 AUTH=PLAIN LITERAL+ UIDPLUS ESEARCH",
		"poor":       "IMAP4rev1 AUTH=PLAIN LITERAL+ ESEARCH",
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := from.toScript(t, put, imaptest.Script{Capability: capability, Quirks: []imaptest.Quirk{lateArrival()}})
			s, _ := p.untilDone(t)
			p.same(t, s)
			if s := p.must(t); s.New+s.Missing+s.FlagsChanged != 0 {
				t.Errorf("the run after: %+v", s)
			}
		})
	}
}
