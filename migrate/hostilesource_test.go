package migrate_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// patience is how long a run waits for a server that says nothing.
const patience = 500 * time.Millisecond

// mostMemory is what all attacks together may make the process take, the
// scripted servers included.
const mostMemory = 256 << 20

// bounded fails the test when it took too much memory, its parallel parts
// included.
func bounded(t *testing.T) {
	t.Helper()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	t.Cleanup(func() {
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		if taken := int64(after.Sys) - int64(before.Sys); taken > mostMemory {
			t.Errorf("%d MiB of memory taken", taken>>20)
		}
	})
}

// besieged is a scripted server with one attack, and whether it goes on.
type besieged struct {
	*imaptest.ScriptServer
	hostile, met atomic.Bool
	ever         []string // all messages that it has had, as seen
}

// besiege starts a server that is hostile to one command while it is told to be.
func besiege(t *testing.T, command string, attack imaptest.Attack, script imaptest.Script) *besieged {
	t.Helper()
	b := new(besieged)
	if command == "CAPABILITY" {
		script.Greeting = "* OK ready" // without them, so that they are asked for
	}
	script.Quirks = append(script.Quirks, attack.Against(command, func() bool {
		hostile := b.hostile.Load()
		b.met.Store(b.met.Load() || hostile)
		return hostile
	}))
	b.ScriptServer = imaptest.NewScript(t, script)
	return b
}

// TestHostileSource: whatever a server says to whichever command of a backup, the
// run ends or goes on correctly, what is in the archive is what the server has,
// and the next run, when the server has come to its senses, makes it complete,
// with each message there once. The archive is a new one or holds mail, in turn.
func TestHostileSource(t *testing.T) {
	bounded(t)
	commands := []string{imaptest.Greeting, "CAPABILITY", "AUTHENTICATE", "ID", "NAMESPACE", "LIST", "LSUB", "STATUS", "EXAMINE", "UID SEARCH", "UID FETCH", "LOGOUT"}
	for c, command := range commands {
		for i, attack := range imaptest.Attacks() {
			if !attack.For(command) {
				continue
			}
			format := []archive.Format{archive.Maildir, archive.Mbox}[i%2]
			t.Run(command+"/"+attack.Name, func(t *testing.T) {
				t.Parallel()
				attackSource(t, command, attack, format, (i/2+c)%2 == 0)
			})
		}
	}
}

func attackSource(t *testing.T, command string, attack imaptest.Attack, format archive.Format, holding bool) {
	work := &imaptest.ScriptFolder{Name: "Work", UIDValidity: 8, Subscribed: true}
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := uint32(1); uid <= 4; uid++ {
		inbox.Messages = append(inbox.Messages, letterOf(uid, "inbox"))
		work.Messages = append(work.Messages, letterOf(uid+10, "work"))
	}
	capability := "IMAP4rev1 SASL-IR AUTH=PLAIN ID NAMESPACE"
	if command == "UID SEARCH" {
		capability += " ESEARCH"
	}
	server := besiege(t, command, attack, imaptest.Script{Capability: capability, Folders: []*imaptest.ScriptFolder{inbox, work}})
	w := &world{address: server.Addr, user: "me", password: "x", dir: filepath.Join(t.TempDir(), "archive"), format: format}
	if holding {
		w.must(t)
		server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			server.remember(folders)
			folders[0].Messages = append(folders[0].Messages[1:], letterOf(5, "new"))
			folders[1].Messages[0].Flags = []string{`\Flagged`}
			return folders
		})
	}
	server.hostile.Store(true)
	w.timeout = patience
	s, err := w.backup(t)
	w.timeout = 0
	server.hostile.Store(false)
	w.holdsOnly(t, server, err == nil && len(s.Failures) == 0 && !attack.Lies)
	w.must(t)
	w.holdsOnly(t, server, true)
	if s := w.must(t); s.New+s.Gone+s.FlagsChanged != 0 {
		t.Errorf("the run after: %+v", s.Counts)
	}
	if !server.met.Load() && command != "LOGOUT" { // which is said in passing
		t.Errorf("%s was not asked", command)
	}
}

// remember returns what is in the folders, as seen, and keeps it as what was
// there once.
func (b *besieged) remember(folders []*imaptest.ScriptFolder) (there []string) {
	for _, f := range folders {
		for _, m := range f.Messages {
			there = append(there, seen{f.Name, m.UID, m.Flags, m.InternalDate, fmt.Sprintf("%x", sha256.Sum256(m.Body))}.String())
		}
	}
	b.ever = append(b.ever, there...)
	return there
}

// letterOf is a message of its own.
func letterOf(uid uint32, text string) imaptest.ScriptMessage {
	return imaptest.ScriptMessage{UID: uid, Flags: []string{`\Seen`}, InternalDate: "01-Feb-2003 04:05:06 +0530",
		Body: fmt.Appendf(nil, "Message-ID: <%d@%s>\r\nSubject: %s %d\r\n\r\nbody\r\n", uid, text, text, uid)}
}

// holdsOnly checks that what the archive holds as being on the server is or was
// there, and, when complete, that it is what is there now.
func (w *world) holdsOnly(t *testing.T, server *besieged, complete bool) {
	t.Helper()
	var there []string
	server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		there = server.remember(folders)
		return folders
	})
	slices.Sort(there)
	if _, err := os.Stat(w.dir); err != nil {
		if complete {
			t.Errorf("no archive: %v", err)
		}
		return
	}
	w.verify(t)
	held := w.archived(t)
	if complete {
		compareSeen(t, there, held)
		return
	}
	for _, s := range held {
		if !slices.ContainsFunc(server.ever, func(x string) bool { return sameOctets(x, s) }) {
			t.Errorf("the archive holds what was never there: %s", s)
		}
	}
}

// sameOctets tells whether two messages as seen agree in all that says which
// message they are: flags and dates are the server's word.
func sameOctets(a, b string) bool {
	first, last := func(s string) string { x, _, _ := strings.Cut(s, " ["); return x }, func(s string) string { return s[len(s)-12:] }
	return first(a) == first(b) && last(a) == last(b)
}
