//go:build linux

package crashtest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// haulCalls are the system calls before which a copy is killed, and at each
// so-manieth of them when tests do not look closely: those by which the ledger is
// written and made durable, and those by which the program speaks with the
// servers. Before one is behind the one before.
func haulCalls() map[string]int {
	return map[string]int{"fsync,fdatasync": 1, "pwrite64": 5, "write": 7, "read": 9}
}

// leastHaulPoints is what the points are together at the least.
const leastHaulPoints = 40

// TestHaulKillPoints kills a copy before its system calls, one run for each, and
// lets the next run finish.
func TestHaulKillPoints(t *testing.T) {
	var points atomic.Int64
	c := newCrowd(t)
	for name, capability := range map[string]string{
		"rich": "IMAP4rev1 LITERAL+ AUTH=PLAIN LIST-STATUS ESEARCH UIDPLUS MULTIAPPEND",
		"poor": "IMAP4rev1 AUTH=PLAIN",
	} {
		for calls, step := range haulCalls() {
			c.run(name+"/"+calls, func(t *testing.T) {
				h, target := newScriptHaul(t, capability)
				n := h.killAtCalls(t, target, calls, step)
				t.Logf("%d points", n)
				points.Add(int64(n))
			})
		}
	}
	c.wait.Wait()
	if n := points.Load(); n < leastHaulPoints {
		t.Errorf("killed at %d points, want at least %d", n, leastHaulPoints)
	}
}

// killAtCalls returns at how many calls the program was killed.
func (h *haul) killAtCalls(t *testing.T, target *imaptest.ScriptServer, calls string, step int) (points int) {
	t.Helper()
	if chances() > 1 {
		step = 1
	}
	for n := 1 + rand.N(step); n <= mostPoints; n += step {
		if err := os.RemoveAll(filepath.Join(h.state, "mailhaul")); err != nil {
			t.Fatal(err)
		}
		target.Change(func([]*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			return []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7}}
		})
		h.via.set(trap{})
		// strace counts the calls of each thread: the fewer there are the better.
		o := executeWith(t, append(h.env(), "GOMAXPROCS=1"), append([]string{
			"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls,
			"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n),
		}, h.args()...))
		if !o.killed {
			if _, err := summaryOf(o); err != nil {
				t.Fatalf("not killed at call %d: %v", n, err)
			}
			return points
		}
		points++
		if _, err := h.recorded(t.Context(), o.acked); err != nil {
			t.Errorf("killed at call %d: %v", n, err)
		}
		if err := h.finish(t); err != nil {
			t.Errorf("killed at call %d: %v", n, err)
		}
	}
	t.Fatalf("still killed at call %d", mostPoints)
	return 0
}

// scriptTwins is how many messages scripted accounts have.
const scriptTwins = 20

// newScriptHaul is a copy of twins between scripted servers: what another client
// would count is seen at once.
func newScriptHaul(t *testing.T, capability string) (*haul, *imaptest.ScriptServer) {
	t.Helper()
	var folders []*imaptest.ScriptFolder
	have := mailbag{}
	for k, name := range sample.TwinFolders() {
		f := &imaptest.ScriptFolder{Name: imaptest.EncodeName(name), UIDValidity: uint32(k + 1)}
		for m := range (sample.Twins{Messages: scriptTwins}).Folder(k) {
			f.Messages = append(f.Messages, imaptest.ScriptMessage{
				UID: uint32(len(f.Messages) + 1), Flags: m.Flags, InternalDate: m.InternalDate, Body: m.Body,
			})
		}
		if k == 0 || len(f.Messages) > 0 {
			folders = append(folders, f)
			have.addFolder(t, f)
		}
	}
	source := imaptest.NewScript(t, imaptest.Script{
		User: user, Password: password, Folders: folders, Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN LIST-STATUS ESEARCH",
	})
	target := imaptest.NewScript(t, imaptest.Script{User: user, Password: password, Capability: capability})
	h := &haul{
		from:  &origin{login: login{source.Addr, user, password}, messages: have.len(), have: have},
		to:    login{target.Addr, user, password},
		via:   newTap(t, target.Addr),
		state: scratch(t),
	}
	h.mail = func(t *testing.T) mailbag {
		t.Helper()
		b := mailbag{}
		for _, f := range folders {
			if there := target.Folder(f.Name); there != nil {
				b.addFolder(t, there)
			}
		}
		return b
	}
	return h, target
}

// addFolder counts the messages of a scripted server's folder.
func (b mailbag) addFolder(tb testing.TB, f *imaptest.ScriptFolder) {
	tb.Helper()
	for _, m := range f.Messages {
		date, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate)
		if err != nil {
			tb.Fatal(err)
		}
		sum := sha256.Sum256(m.Body)
		b.add(f.Name, m.Flags, date, hex.EncodeToString(sum[:]))
	}
}
