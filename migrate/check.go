package migrate

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
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
	n.unplaced = n.unplaced || r.Place == ""
	switch {
	case r.Doubt && len(n.doubtful) < doubtfulSample:
		n.doubtful = append(n.doubtful, r.UID)
	case !r.Doubt && len(n.sample) < plainSample && r.Size < 1<<20:
		n.sample = append(n.sample, r.UID)
	}
}

// check looks at what the account made of the messages that this run stored:
// flags that it forgot are set, and what it altered is told.
func (b *haul) check(ctx context.Context) error {
	for _, l := range b.listed {
		n := b.account.fresh[l.folder]
		if n == nil {
			continue
		}
		if n.unplaced {
			if err := b.settleFolder(ctx, l, false); err != nil {
				return err
			}
		}
		rows, err := b.placedRows(ctx, l.folder, n.uids)
		if err != nil {
			return err
		}
		if err := b.checkFlags(ctx, l.folder, rows); err != nil {
			return err
		}
		if err := b.readBack(ctx, l.folder, rows, append(n.sample, n.doubtful...)); err != nil {
			return err
		}
	}
	return nil
}

// placedRows returns the rows of messages whose UID in the account is known, by
// that UID.
func (b *haul) placedRows(ctx context.Context, f *mailhaul.Folder, uids mailhaul.UIDSet) (map[mailhaul.UID]checkpoint.Message, error) {
	rows := map[mailhaul.UID]checkpoint.Message{}
	for m, err := range b.led.Messages(ctx, f.ID) {
		if err != nil {
			return nil, err
		}
		if at := uidOf(m.Place); at != 0 && m.UIDValidity == f.UIDValidity && uids.Contains(m.UID) {
			rows[at] = m
		}
	}
	return rows, nil
}

// checkFlags sets flags that the account did not take over, once, and tells of
// those that it will not keep.
func (b *haul) checkFlags(ctx context.Context, f *mailhaul.Folder, rows map[mailhaul.UID]checkpoint.Message) error {
	differ, err := b.flagsThatDifferAt(ctx, f, rows)
	if err != nil || len(differ) == 0 {
		return err
	}
	if err := b.holder.SetFlags(ctx, f, differ); err != nil {
		if mailhaul.ScopeOf(err) > mailhaul.ScopeFolder {
			return err
		}
		b.events.notice("%v", err)
	}
	if differ, err = b.flagsThatDifferAt(ctx, f, rows); err != nil {
		return err
	}
	for _, c := range differ {
		b.alter(f, c.UID, fmt.Sprintf("the account keeps the flags %q of %q", string(c.Old), string(c.New)))
	}
	return nil
}

// flagsThatDifferAt asks for the flags that messages have in the account: New is
// what they should be.
func (b *haul) flagsThatDifferAt(ctx context.Context, f *mailhaul.Folder, rows map[mailhaul.UID]checkpoint.Message) (differ []mailhaul.FlagChange, err error) {
	request := mailhaul.ListRequest{Folder: f.At, Known: true, ModSeq: f.At.HighestModSeq}
	err = b.holder.List(ctx, []mailhaul.ListRequest{request}, func(l mailhaul.Listing) error {
		for _, at := range l.Flags {
			m, ours := rows[at.UID]
			if ours && !strings.EqualFold(string(at.Flags), string(m.Flags)) {
				differ = append(differ, mailhaul.FlagChange{UID: m.UID, Place: m.Place, Old: at.Flags, New: m.Flags})
			}
		}
		return l.Err
	})
	return differ, err
}

// readBack compares messages in the account with what was sent.
func (b *haul) readBack(ctx context.Context, f *mailhaul.Folder, rows map[mailhaul.UID]checkpoint.Message, uids []mailhaul.UID) error {
	wanted := mailhaul.UIDSetOf(uids...)
	var at []mailhaul.UID
	for place, m := range rows {
		if wanted.Contains(m.UID) {
			at = append(at, place)
		}
	}
	if len(at) == 0 {
		return nil
	}
	var mu sync.Mutex
	return b.holder.Fetch(ctx, []mailhaul.Work{{Folder: f.At, UIDs: mailhaul.UIDSetOf(at...)}}, func(m *mailhaul.Message) error {
		row, ours := rows[m.UID]
		if m.Err != nil || !ours {
			return nil // somebody removed it already, or it cannot be read: nothing was altered by us
		}
		h := sha256.New()
		if _, err := io.Copy(h, m.Body); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if digest := mailhaul.Digest(h.Sum(nil)); digest != row.Digest {
			b.alter(f, row.UID, fmt.Sprintf("the account altered it: %d octets were sent, it has %d", row.Size, m.Size))
		}
		if !row.InternalDate.IsZero() && !m.InternalDate.Equal(row.InternalDate) {
			b.alter(f, row.UID, fmt.Sprintf("the account gives it the date %s in place of %s", m.InternalDate.Format("2006-01-02 15:04:05 -0700"), row.InternalDate.Format("2006-01-02 15:04:05 -0700")))
		}
		return nil
	})
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
