package foreign

import (
	"context"
	"io"
	"slices"
	"sort"
	"time"

	"github.com/mailhaul/mailhaul"
)

// folder is a folder of the source.
type folder struct {
	name       string
	subscribed bool
	box        box
	table      table // nil until somebody looked into it
}

// box is a Maildir or an mbox file.
type box interface {
	// look tells what is in the box now.
	look(ctx context.Context) (table, error)
	// omissions tells what the last look left out.
	omissions() []Omission
}

// table is what was in a box when it was looked into: messages in the order in
// which they came, numbered from 0.
type table interface {
	validity() uint32
	len() int
	uid(i int) mailhaul.UID
	flags(i int) mailhaul.Flags
	// size is the sum of the sizes in octets, -1 when it is not known.
	size() int64
	// open makes the messages readable. fresh is false when the box is no longer
	// what the table says: it must be looked into again.
	open() (r reader, fresh bool, err error)
}

// reader reads the messages of a table, one at a time.
type reader interface {
	// exceeds tells whether message i has more octets than max.
	exceeds(i int, max int64) (bool, error)
	// date is INTERNALDATE, zero for none.
	date(i int) (time.Time, error)
	// body gives message i and its size. It is valid until the next call. The
	// error wraps [mailhaul.ErrGone] when the message is no longer there.
	body(i int) (body io.Reader, size int64, err error)
	close() error
}

// live returns the UIDs of a table.
func live(t table) mailhaul.UIDSet {
	uids := make([]mailhaul.UID, t.len())
	for i := range uids {
		uids[i] = t.uid(i)
	}
	return mailhaul.UIDSetOf(uids...)
}

// flagsOf returns the flags of a table's messages, ascending by UID.
func flagsOf(t table) []mailhaul.UIDFlags {
	all := make([]mailhaul.UIDFlags, t.len())
	for i := range all {
		all[i] = mailhaul.UIDFlags{UID: t.uid(i), Flags: t.flags(i)}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].UID < all[b].UID })
	return all
}

// describe returns the folder as the contract has it.
func (f *folder) describe() *mailhaul.Folder {
	d := &mailhaul.Folder{Name: f.name, Delimiter: "/", Subscribed: f.subscribed, Size: -1}
	if f.table == nil {
		return d
	}
	d.HasCounters = true
	d.UIDValidity, d.UIDNext = f.table.validity(), 1
	d.Messages, d.Size = uint32(f.table.len()), f.table.size()
	for i := range f.table.len() {
		d.UIDNext = max(d.UIDNext, f.table.uid(i)+1)
	}
	return d
}

// look looks into the folder.
func (f *folder) look(ctx context.Context) error {
	t, err := f.box.look(ctx)
	if err == nil {
		f.table = t
	}
	return err
}

// open makes the folder's messages readable, and looks into it before where
// that is needed. Other messages keep their UIDs.
func (f *folder) open(ctx context.Context) (reader, error) {
	if f.table != nil {
		r, fresh, err := f.table.open()
		if err != nil || fresh {
			return r, err
		}
	}
	if err := f.look(ctx); err != nil {
		return nil, err
	}
	r, fresh, err := f.table.open()
	if err == nil && !fresh {
		return nil, errBusy
	}
	return r, err
}

// choose returns the messages that criteria choose, and those that only the
// size leaves out. A message without a date is chosen whatever the days: rather
// one too many than one too few.
func choose(ctx context.Context, t table, r reader, c mailhaul.Criteria) (chosen, large mailhaul.UIDSet, err error) {
	var in, out []mailhaul.UID
	for i := range t.len() {
		if err := ctx.Err(); err != nil {
			return chosen, large, err
		}
		uid := t.uid(i)
		if !c.UIDs.Empty() && !c.UIDs.Contains(uid) {
			continue
		}
		if !c.Since.IsZero() || !c.Before.IsZero() {
			date, err := r.date(i)
			if err != nil {
				return chosen, large, err
			}
			if !date.IsZero() && (!c.Since.IsZero() && day(date) < day(c.Since) || !c.Before.IsZero() && day(date) >= day(c.Before)) {
				continue
			}
		}
		if c.MaxSize > 0 {
			exceeds, err := r.exceeds(i, c.MaxSize)
			if err != nil {
				return chosen, large, err
			}
			if exceeds {
				out = append(out, uid)
				continue
			}
		}
		in = append(in, uid)
	}
	return mailhaul.UIDSetOf(in...), mailhaul.UIDSetOf(out...), nil
}

// day numbers days, whatever the zone.
func day(t time.Time) int {
	y, m, d := t.Date()
	return (y*100+int(m))*100 + d
}

// inOrder returns the messages of uids in the order of the table, and the UIDs
// that are not there.
func inOrder(t table, uids mailhaul.UIDSet) (order []int, gone mailhaul.UIDSet) {
	for i := range t.len() {
		if uids.Contains(t.uid(i)) {
			order = append(order, i)
		}
	}
	return slices.Clip(order), uids.Minus(live(t))
}
