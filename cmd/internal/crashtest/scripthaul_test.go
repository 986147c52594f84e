//go:build linux

package crashtest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// What scripted targets can do: take many messages at a time and tell their UIDs,
// or one after the other without a word.
const (
	richTarget = "IMAP4rev1 LITERAL+ AUTH=PLAIN LIST-STATUS ESEARCH UIDPLUS MULTIAPPEND"
	poorTarget = "IMAP4rev1 AUTH=PLAIN"
)

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
		state: filepath.Join(scratch(t), "state"),
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

// newScriptSubject is a copy of twins between scripted servers, or from an archive
// of a format, that is disturbed.
func newScriptSubject(t *testing.T, capability, format string) *subject {
	t.Helper()
	h, server := newScriptHaul(t, capability)
	h.options = []string{"--connections", "1"} // what is sent has one order
	if format != "" {
		h.archiveSource(t, format)
	}
	far := &remote{via: h.via, server: server}
	s := &subject{dir: h.state, line: h.args(), env: h.env(), remote: far}
	s.reset = func() error {
		far.put(snapshot{folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7}}})
		return errors.Join(os.RemoveAll(h.state), os.Mkdir(h.state, 0o700))
	}
	s.recorded = func(ctx context.Context, o outcome) error {
		_, err := h.recorded(ctx, o.acked)
		return err
	}
	s.again = func(ctx context.Context) error {
		h.via.set(trap{})
		sum, err := h.copy(ctx, runLimit)
		if err == nil && len(sum.Failures)+len(sum.Altered)+int(sum.Missing) > 0 {
			err = fmt.Errorf("failed %v, altered %v, missing %d", sum.Failures, sum.Altered, sum.Missing)
		}
		return err
	}
	s.complete = func(ctx context.Context) error {
		return errors.Join(h.settled(ctx, t), h.nothingAnnounced(ctx))
	}
	return s
}

// archiveSource lets an archive of the account be the source, under another name
// than the target's: an archive is told of what is put back into its own account.
func (h *haul) archiveSource(t *testing.T, format string) {
	t.Helper()
	_, port, err := net.SplitHostPort(h.from.addr)
	if err != nil {
		t.Fatal(err)
	}
	h.archive = filepath.Join(scratch(t), "archive")
	if _, err := backup(t.Context(), h.archive, net.JoinHostPort("localhost", port), archive.Format(format), runLimit); err != nil {
		t.Fatal(err)
	}
}

// settled holds an account against the source, and lets a further run find nothing
// to do.
func (h *haul) settled(ctx context.Context, t *testing.T) error {
	t.Helper()
	if err := h.from.have.compare(h.mail(t)); err != nil {
		return err
	}
	answers, _, _ := h.via.count()
	s, err := h.copy(ctx, runLimit)
	if now, _, _ := h.via.count(); err == nil && (now != answers || s.New+s.Matched+s.Missing+s.FlagsChanged != 0) {
		err = fmt.Errorf("a further run: %d answers to APPEND, %+v", now-answers, s)
	}
	return err
}

// remote is an account on a scripted server, which goes on when a client dies.
type remote struct {
	via    *tap
	server *imaptest.ScriptServer
	// taken is what it had, each time it answered a recorded run.
	taken []snapshot
}

// snapshot is what an account had once so many octets had been sent to it.
type snapshot struct {
	sent    int64
	folders []*imaptest.ScriptFolder
}

// watch takes snapshots from now on, and gives them up that were taken before.
func (r *remote) watch() {
	r.via.set(trap{})
	r.taken = []snapshot{{0, r.folders()}}
	r.via.watch(func(sent int64) { r.taken = append(r.taken, snapshot{sent, r.folders()}) })
}

func (r *remote) folders() (folders []*imaptest.ScriptFolder) {
	r.server.Change(func(now []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders = clone(now)
		return now
	})
	return folders
}

// put lets the account be as it was.
func (r *remote) put(s snapshot) {
	r.server.Change(func([]*imaptest.ScriptFolder) []*imaptest.ScriptFolder { return clone(s.folders) })
}

// clone copies folders. Flags of messages are replaced, never changed.
func clone(folders []*imaptest.ScriptFolder) (copies []*imaptest.ScriptFolder) {
	for _, f := range folders {
		c := *f
		c.Messages = slices.Clone(f.Messages)
		copies = append(copies, &c)
	}
	return copies
}

// at returns the number of the last snapshot that was taken before more than so
// many octets were sent.
func at(taken []snapshot, sent int64) (n int) {
	for n+1 < len(taken) && taken[n+1].sent <= sent {
		n++
	}
	return n
}
