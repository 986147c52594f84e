package migrate_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestHostileTarget: whatever a server says to whichever command of a migration
// into it, the run ends or goes on correctly, and runs into the same account, when
// the server has come to its senses, leave each message of the source there once
// and nothing else. The run after sends nothing twice, also where the server lied.
func TestHostileTarget(t *testing.T) {
	bounded(t)
	commands := []string{"LIST", "GETQUOTAROOT", "EXAMINE", "SELECT", "CREATE", "SUBSCRIBE", "APPEND", "UID STORE", "UID EXPUNGE", "UID FETCH", "LOGOUT"}
	for _, command := range commands {
		for i, attack := range imaptest.Attacks() {
			if !attack.For(command) {
				continue
			}
			capability := []string{"IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS QUOTA MULTIAPPEND", "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS QUOTA"}[i%2]
			t.Run(command+"/"+attack.Name, func(t *testing.T) {
				t.Parallel()
				attackTarget(t, command, attack, capability)
			})
		}
	}
}

func attackTarget(t *testing.T, command string, attack imaptest.Attack, capability string) {
	work := &imaptest.ScriptFolder{Name: "Work", UIDValidity: 8, Subscribed: true}
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := uint32(1); uid <= 4; uid++ {
		inbox.Messages = append(inbox.Messages, letterOf(uid, "inbox"))
		work.Messages = append(work.Messages, letterOf(uid+10, "work"))
	}
	source := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{inbox, work}})
	server := besiege(t, command, attack, imaptest.Script{Capability: capability, Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1}}})
	p := &pair{from: login{source.Addr, "me", "x"}, to: login{server.Addr, "me", "x"}, ledger: filepath.Join(t.TempDir(), "ledger.db")}
	p.options.Mirror = true
	p.options.Confirm = func(context.Context, []migrate.Removal) (bool, error) { return true, nil }
	for range 2 { // into an empty account, and into one that holds what was copied before
		server.hostile.Store(true)
		p.timeout = patience
		s, err := p.migrate(t)
		p.timeout = 0
		server.hostile.Store(false)
		if err == nil && len(s.Failures)+len(s.Altered) == 0 && s.Missing == 0 && !attack.Lies {
			onceEach(t, source, server, false)
		}
		s = p.must(t)
		if !attack.Lies { // a server that says OK and does nothing is believed: compare finds out
			if s.Missing > 0 {
				t.Errorf("%d messages were taken for stored", s.Missing)
			}
			onceEach(t, source, server, command != "UID FETCH")
		}
		if s := p.must(t); s.New+s.Removed != 0 {
			t.Errorf("the run after: %+v", s)
		}
		source.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			folders[0].Messages = append(folders[0].Messages[1:], letterOf(5, "new"))
			folders[1].Messages[0].Flags = []string{`\Flagged`}
			return folders
		})
	}
	if !server.met.Load() && command != "LOGOUT" { // which is said in passing
		t.Errorf("%s was not asked", command)
	}
}

// onceEach checks that the target holds each message of the source once, and no
// others; flags, too, when told.
func onceEach(t *testing.T, source *imaptest.ScriptServer, target *besieged, flags bool) {
	t.Helper()
	for _, name := range []string{"INBOX", "Work"} {
		list := func(f *imaptest.ScriptFolder) (out []string) {
			if f == nil {
				return nil
			}
			for _, m := range f.Messages {
				subject := strings.Fields(string(m.Body))[0:5]
				line := fmt.Sprint(subject, len(m.Body))
				if flags {
					line += fmt.Sprint(m.Flags)
				}
				out = append(out, line)
			}
			slices.Sort(out)
			return out
		}
		want, got := list(source.Folder(name)), list(target.Folder(name))
		if !slices.Equal(want, got) {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}
