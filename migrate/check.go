package migrate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// How many messages of a folder are read back: of those that servers are known
// to alter, and of the others.
const (
	doubtfulSample = 200
	plainSample    = 3
)

// flagsAtOnce is in how many folders flags are set at once: each needs a
// connection and waits for it several times.
const flagsAtOnce = 4

// fresh is what a run stored in one folder of an account.
type fresh struct {
	uids     mailhaul.UIDSet // the source's
	doubtful []mailhaul.UID
	sample   []mailhaul.UID
	unplaced bool // of some the UID in the account is not known
}

// remember notes a message for the check.
func (b *haul) remember(f *mailhaul.Folder, r mailhaul.Receipt) {
	b.reportMu.Lock()
	defer b.reportMu.Unlock()
	n := b.account.fresh[f]
	if n == nil {
		n = &fresh{}
		b.account.fresh[f] = n
	}
	n.uids.AddRange(mailhaul.UIDRange{First: r.UID, Last: r.UID})
	n.unplaced = n.unplaced || mailhaul.UIDAt(r.Place) == 0
	switch {
	case r.Doubt && len(n.doubtful) < doubtfulSample:
		n.doubtful = append(n.doubtful, r.UID)
	case !r.Doubt && len(n.sample) < plainSample && r.Size < 1<<20:
		n.sample = append(n.sample, r.UID)
	}
}

// checked is one folder that is checked.
type checked struct {
	folder *mailhaul.Folder
	rows   []flagged                           // ascending by the UID in the account
	sets   flagSets                            // of rows
	sample map[mailhaul.UID]checkpoint.Message // those to be read back, by the UID in the account
	// earlier says that some are there since before this run.
	earlier bool
}

// flagged is a message and the flags that it should have, small enough for a
// million of them.
type flagged struct {
	at, uid mailhaul.UID // the account's and the source's
	flags   uint32       // their number
	earlier bool         // a run stored it that did not come to its check
}

// row returns the message that has a UID in the account.
func (c *checked) row(at mailhaul.UID) (flagged, bool) {
	i, found := slices.BinarySearchFunc(c.rows, at, func(m flagged, at mailhaul.UID) int { return cmp.Compare(m.at, at) })
	if !found {
		return flagged{}, false
	}
	return c.rows[i], true
}

// forgettable tells of flags that a message may lack as long as it was not checked:
// \Deleted is not sent with it, nor are the keywords of a large one, and Exchange
// forgets \Flagged.
func forgettable(flag string) bool {
	return flag == `\Deleted` || flag == `\Flagged` || flag[0] != '\\'
}

// lacks tells whether a message has all the flags that it should have but for
// those that may be forgotten.
func lacks(has, should mailhaul.Flags) bool {
	rest := slices.DeleteFunc(should.List(), func(f string) bool { return forgettable(f) && !has.Has(f) })
	return has != should && strings.EqualFold(string(mailhaul.MakeFlags(rest...)), string(has))
}

// check looks at what the account made of the messages that this run stored, and
// of those of a run that was cut off: flags that it forgot are set, and what it
// altered is told.
func (b *haul) check(ctx context.Context) error {
	if b.holder == nil {
		return nil
	}
	var unplaced []*look
	for _, l := range b.listed {
		if n := b.account.fresh[l.folder]; n != nil && n.unplaced {
			unplaced = append(unplaced, l)
		}
	}
	if err := b.settleFolders(ctx, unplaced); err != nil {
		return err
	}
	var all []*checked
	for _, l := range b.listed {
		n := b.account.fresh[l.folder]
		if n == nil && (l.known == nil || l.known.Live == 0 || b.o.NoFlags || l.folder.At == nil) {
			continue
		}
		c, err := b.stored(ctx, l, n)
		if err != nil {
			return err
		}
		if len(c.rows) > 0 {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := b.checkFlags(ctx, all); err != nil {
		return err
	}
	return b.readBack(ctx, all)
}

// stored reads the rows of messages that this run stored and whose UID in the
// account is known, and of those of earlier runs that may lack a flag: what was
// stored since the folder was done last.
func (b *haul) stored(ctx context.Context, l *look, n *fresh) (*checked, error) {
	f := l.folder
	c := &checked{folder: f, sample: map[mailhaul.UID]checkpoint.Message{}}
	if n == nil {
		n = &fresh{}
	}
	sample := mailhaul.UIDSetOf(append(n.sample, n.doubtful...)...)
	undone := mailhaul.UID(math.MaxUint32)
	if l.known != nil && !b.o.NoFlags {
		undone = l.known.UIDNext
	}
	for m, err := range b.led.Messages(ctx, f.ID) {
		if err != nil {
			return nil, err
		}
		at := mailhaul.UIDAt(m.Place)
		if at == 0 || m.UIDValidity != f.UIDValidity {
			continue
		}
		if !n.uids.Contains(m.UID) {
			if m.UID >= undone && m.GoneRun == 0 && slices.ContainsFunc(m.Flags.List(), forgettable) {
				c.rows, c.earlier = append(c.rows, flagged{at, m.UID, c.sets.number(m.Flags), true}), true
			}
			continue
		}
		c.rows = append(c.rows, flagged{at, m.UID, c.sets.number(m.Flags), false})
		if sample.Contains(m.UID) {
			c.sample[at] = m
		}
	}
	slices.SortFunc(c.rows, func(a, b flagged) int { return cmp.Compare(a.at, b.at) })
	return c, nil
}

// checkFlags sets flags that the account did not take over, once, and tells of
// those that it will not keep.
func (b *haul) checkFlags(ctx context.Context, all []*checked) error {
	differ, err := b.flagsThatDifferAt(ctx, all)
	if err != nil || len(differ) == 0 {
		return err
	}
	var again []*checked
	for _, c := range all {
		if len(differ[c]) == 0 {
			continue
		}
		again = append(again, c)
	}
	errs := make([]error, len(again))
	slots := make(chan struct{}, flagsAtOnce)
	var setting sync.WaitGroup
	for i, c := range again {
		setting.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = b.holder.SetFlags(ctx, c.folder, differ[c])
		})
	}
	setting.Wait()
	for _, err := range errs {
		if err != nil {
			if mailhaul.ScopeOf(err) > mailhaul.ScopeFolder {
				return err
			}
			b.events.notice("%v", err)
		}
	}
	if differ, err = b.flagsThatDifferAt(ctx, again); err != nil {
		return err
	}
	for _, c := range again {
		for _, d := range differ[c] {
			b.alter(c.folder, d.UID, fmt.Sprintf("the account keeps the flags (%s) of (%s)", d.Old, d.New))
		}
	}
	return nil
}

// flagsThatDifferAt asks for the flags that messages have in the account, for all
// folders in one flight: New is what they should be.
func (b *haul) flagsThatDifferAt(ctx context.Context, all []*checked) (map[*checked][]mailhaul.FlagChange, error) {
	requests := make([]mailhaul.ListRequest, len(all))
	for i, c := range all {
		requests[i] = mailhaul.ListRequest{Folder: c.folder.At, Known: true, ModSeq: c.folder.At.HighestModSeq}
		if c.earlier {
			requests[i].ModSeq = 0
		}
	}
	differ := map[*checked][]mailhaul.FlagChange{}
	next := 0
	err := b.holder.List(ctx, requests, func(l mailhaul.Listing) error {
		c := all[next]
		next++
		for _, at := range l.Flags {
			m, ours := c.row(at.UID)
			if !ours {
				continue
			}
			flags := c.sets.list[m.flags]
			if !strings.EqualFold(string(at.Flags), string(flags)) && (!m.earlier || lacks(at.Flags, flags)) {
				differ[c] = append(differ[c], mailhaul.FlagChange{UID: m.uid, Place: at.UID.Place(), Old: at.Flags, New: flags})
			}
		}
		if l.Err != nil && mailhaul.ScopeOf(l.Err) == mailhaul.ScopeFolder { // somebody deleted it meanwhile
			b.failFolder(c.folder, l.Err)
			return nil
		}
		return l.Err
	})
	return differ, err
}

// readBack compares messages in the account with what was sent.
func (b *haul) readBack(ctx context.Context, all []*checked) error {
	var work []mailhaul.Work
	byFolder := map[*mailhaul.Folder]*checked{}
	for _, c := range all {
		var uids []mailhaul.UID
		for at := range c.sample {
			uids = append(uids, at)
		}
		if len(uids) > 0 {
			work = append(work, mailhaul.Work{Folder: c.folder.At, UIDs: mailhaul.UIDSetOf(uids...)})
			byFolder[c.folder.At] = c
		}
	}
	var mu sync.Mutex
	return b.holder.Fetch(ctx, work, func(m *mailhaul.Message) error {
		c := byFolder[m.Folder]
		row, ours := c.sample[m.UID]
		if m.Err != nil || !ours {
			return nil // somebody removed it already, or it cannot be read: nothing was altered by us
		}
		h := sha256.New()
		if _, err := io.Copy(h, m.Body); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		b.compare(c.folder, row, m, mailhaul.Digest(h.Sum(nil)))
		return nil
	})
}

// compare tells in what a message in the account differs from what was sent.
func (b *haul) compare(f *mailhaul.Folder, row checkpoint.Message, m *mailhaul.Message, digest mailhaul.Digest) {
	if row.Digest != (mailhaul.Digest{}) && digest != row.Digest {
		b.alter(f, row.UID, fmt.Sprintf("the account altered it: %d octets were sent, it has %d", row.Size, m.Size))
	}
	const layout = "2006-01-02 15:04:05 -0700"
	if !row.InternalDate.IsZero() && !m.InternalDate.Equal(row.InternalDate) {
		b.alter(f, row.UID, fmt.Sprintf("the account gives it the date %s in place of %s", m.InternalDate.Format(layout), row.InternalDate.Format(layout)))
	}
}

// alter tells of a message that the account keeps otherwise than it was sent.
func (b *haul) alter(f *mailhaul.Folder, uid mailhaul.UID, how string) {
	b.summary.Altered = append(b.summary.Altered, Failure{Folder: f.Name, UID: uid, Reason: how})
	b.events.send(EventAltered, func(ev *Event) { ev.Folder, ev.UID, ev.Text = f.Name, uid, how })
}

// carry brings flags that changed at the source to the account, then to the
// ledger: so a run that is cut off in between does it again.
func (b *haul) carry(ctx context.Context) error {
	for _, c := range b.account.flags {
		changes, err := b.led.FlagChanges(ctx, c.folder, c.flags)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			continue
		}
		if err := b.holder.SetFlags(ctx, c.folder, changes); err != nil {
			if mailhaul.ScopeOf(err) > mailhaul.ScopeFolder {
				return err
			}
			b.fail(c.folder, 0, err)
			continue
		}
		if _, err := b.led.SetFlags(ctx, b.runID, c.folder, c.flags); err != nil {
			return err
		}
		b.summary.FlagsChanged += int64(len(changes))
	}
	return nil
}
