package migrate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// historyRuns is how many backups the history has.
const historyRuns = 50

// TestHistory backs an account up that another client changes at random, 50 times,
// and goes back to each of these runs: folders, UIDs, flags, dates and octets are
// those that the other client saw then.
func TestHistory(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		server := imaptest.Dovecot(t)
		user, password := server.User(t)
		w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: format}
		c := &changer{t: t, Client: imaptest.Dial(t, server, user, password), r: rand.New(rand.NewPCG(1, 50)), folders: []string{"INBOX"}}
		saw := map[checkpoint.RunID][]string{}
		for range historyRuns {
			for range 1 + c.r.IntN(4) {
				c.change()
			}
			s, err := w.backup(t)
			check(t, err)
			saw[s.Run] = w.reference(t)
		}
		for run, want := range saw {
			compareSeen(t, want, w.archivedAt(t, run))
			if t.Failed() {
				t.Fatalf("as of run %d", run)
			}
		}
		w.verify(t)
		if c.kinds[renamed] == 0 || c.kinds[revalidated] == 0 || c.kinds[moved] == 0 || c.kinds[removed] == 0 {
			t.Errorf("changes were %v: not all kinds", c.kinds)
		}
	})
}

// The kinds of changes, by how often they are made.
const (
	added = iota
	flagged
	deleted
	moved
	created
	renamed
	removed
	revalidated
	kinds
)

// changer is a mail program that changes an account at random.
type changer struct {
	*imaptest.Client
	t       *testing.T
	r       *rand.Rand
	folders []string // INBOX first
	made    int      // messages and folders
	kinds   [kinds]int
}

// change makes one change.
func (c *changer) change() {
	c.t.Helper()
	kind := []int{added, added, added, flagged, flagged, deleted, moved, moved, created, renamed, removed, revalidated}[c.r.IntN(12)]
	folder := c.folders[c.r.IntN(len(c.folders))]
	uids, err := c.UIDs(folder)
	check(c.t, err)
	if len(uids) == 0 && kind != created && kind != renamed {
		kind = added
	}
	if folder == "INBOX" && kind >= renamed || kind == created && len(c.folders) > 5 {
		kind = added
	}
	c.kinds[kind]++
	switch kind {
	case added:
		for range 1 + c.r.IntN(3) {
			c.add(folder)
		}
	case flagged:
		op := []string{"+FLAGS", "-FLAGS", "FLAGS"}[c.r.IntN(3)]
		check(c.t, c.Store(folder, c.some(uids), op, []string{`\Seen`, `\Flagged`, "$work"}[c.r.IntN(3)]))
	case deleted:
		check(c.t, c.Delete(folder, c.some(uids)))
	case moved:
		to := c.folders[c.r.IntN(len(c.folders))]
		if to != folder {
			check(c.t, c.Move(folder, c.some(uids), to))
		}
	case created:
		name := c.name()
		check(c.t, c.Create(name))
		c.folders = append(c.folders, name)
	case renamed:
		name := c.name()
		check(c.t, c.Rename(folder, name))
		c.folders[slices.Index(c.folders, folder)] = name
	case removed:
		check(c.t, c.DeleteFolder(folder))
		c.folders = slices.Delete(c.folders, slices.Index(c.folders, folder), slices.Index(c.folders, folder)+1)
	case revalidated: // another folder of that name with the same messages
		old := c.name()
		check(c.t, c.Rename(folder, old))
		check(c.t, c.Create(folder))
		check(c.t, c.Move(old, "1:*", folder))
		check(c.t, c.DeleteFolder(old))
	}
}

// add puts a message into a folder; now and then one that is there already.
func (c *changer) add(folder string) {
	c.t.Helper()
	if c.r.IntN(6) > 0 {
		c.made++
	}
	n := strconv.Itoa(c.made)
	check(c.t, c.Append(folder, sample.Mail{
		InternalDate: fmt.Sprintf("%02d-Feb-2024 10:00:00 +0100", 1+c.made%28),
		Body:         []byte("Message-ID: <" + n + "@example.org>\r\nSubject: " + n + "\r\n\r\nText " + n + ".\r\n"),
	}))
}

// some chooses some of uids, at least one.
func (c *changer) some(uids []uint32) string {
	set := fmt.Sprint(uids[c.r.IntN(len(uids))])
	for _, u := range uids {
		if c.r.IntN(3) == 0 {
			set += fmt.Sprintf(",%d", u)
		}
	}
	return set
}

func (c *changer) name() string {
	c.made++
	return fmt.Sprintf("Folder %d", c.made)
}
