package migrate

import (
	"context"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// look is what a look into one folder gave.
type look struct {
	folder  *mailhaul.Folder
	live    mailhaul.UIDSet
	fetch   mailhaul.UIDSet
	moved   bool            // the ledger knows the folder under another UIDVALIDITY
	chosen  mailhaul.UIDSet // of live, what the criteria choose
	partial bool            // messages were left out: the next run must look again
	known   *plan.Known     // the folder as the ledger has it, nil when it has not
	changed mailhaul.UIDSet // where labels are kept: of live, what the source says changed
}

// look opens the folders that may have changed, and brings flags and presence
// of the messages in the ledger up to date.
func (b *haul) look(ctx context.Context) error {
	var requests []mailhaul.ListRequest
	byFolder := map[*mailhaul.Folder]plan.Folder{}
	for _, f := range b.folders {
		if f.Action != plan.Unchanged {
			q := f.Request()
			q.Criteria = b.o.Criteria
			requests = append(requests, q)
			byFolder[q.Folder] = f
		}
	}
	next := 0
	return b.src.List(ctx, requests, func(l mailhaul.Listing) error {
		f := byFolder[requests[next].Folder]
		known := requests[next].Known
		next++
		return b.lookedInto(ctx, f, known, l)
	})
}

// lookedInto takes one listing.
func (b *haul) lookedInto(ctx context.Context, f plan.Folder, flagsAsked bool, l mailhaul.Listing) error {
	id, place, held := f.ID, f.Place, f.At
	*f.Folder = *l.Folder // its counters are those of the moment it was opened
	f.ID, f.Place, f.At = id, place, held
	if l.Err != nil {
		b.fail(f.Folder, 0, l.Err)
		if l.Live.Empty() {
			return nil
		}
	}
	at := &look{folder: f.Folder, live: l.Live, chosen: l.Chosen, known: f.Known}
	b.listed = append(b.listed, at)
	defer func() { b.choose(at, l) }()
	if f.Known == nil {
		at.fetch = l.Live
		return nil
	}
	if f.Known.Gone { // it is there again: its row must say so before its messages' do
		if err := b.led.PutFolders(ctx, b.runID, []*mailhaul.Folder{f.Folder}); err != nil {
			return err
		}
	}
	if f.Known.UIDValidity != f.UIDValidity {
		at.moved = true
		return nil
	}
	live, gone, err := b.led.UIDs(ctx, f.ID, f.UIDValidity)
	if err != nil {
		return err
	}
	todo := plan.Decide(l.Live, live, gone, l.Err == nil)
	todo.Gone = visible(todo.Gone, l.Floor)
	at.fetch = todo.Fetch
	if _, err := b.led.Revive(ctx, b.runID, f.Folder, todo.Revive); err != nil {
		return err
	}
	if flagsAsked {
		if b.labeller() != nil {
			for _, f := range l.Flags {
				at.changed.Add(f.UID)
			}
		}
		if err := b.setFlags(ctx, f.Folder, l.Flags); err != nil {
			return err
		}
	}
	n, err := b.led.MarkGone(ctx, b.runID, f.Folder, todo.Gone)
	if err != nil {
		return err
	}
	b.summary.Gone += n
	if l.Err != nil {
		return nil
	}
	return b.led.DropFailures(ctx, f.Folder, l.Live)
}

// visible leaves out what is below the lowest UID that an account shows: out of
// sight is not gone.
func visible(uids mailhaul.UIDSet, floor mailhaul.UID) mailhaul.UIDSet {
	if floor <= 1 {
		return uids
	}
	var below mailhaul.UIDSet
	below.AddRange(mailhaul.UIDRange{First: 1, Last: floor - 1})
	return uids.Minus(below)
}

// choose leaves out what the criteria do not choose. What is new and left out
// is for another run to fetch.
func (b *haul) choose(at *look, l mailhaul.Listing) {
	if b.o.Criteria.All() {
		return
	}
	large := at.fetch.Both(l.TooLarge)
	other := at.fetch.Minus(l.Chosen).Minus(large)
	at.fetch = at.fetch.Both(l.Chosen)
	at.partial = at.partial || !large.Empty() || !other.Empty()
	if !at.moved {
		r := b.report(at.folder)
		r.TooLarge += int64(large.Len())
		r.NotChosen += int64(other.Len())
	}
}

// setFlags records changed flags and shows them where the target can.
func (b *haul) setFlags(ctx context.Context, f *mailhaul.Folder, flags []mailhaul.UIDFlags) error {
	if b.holder != nil { // the ledger says what the account was given: it comes second
		if len(flags) == 0 {
			return nil
		}
		if !b.o.NoFlags {
			b.account.flags = append(b.account.flags, folderFlags{f, flags})
			return nil
		}
		changes, err := b.led.FlagChanges(ctx, f, flags)
		if len(changes) > 0 {
			b.account.heldBack[f] = true
		}
		return err
	}
	changes, err := b.led.SetFlags(ctx, b.runID, f, flags)
	if err != nil || len(changes) == 0 {
		return err
	}
	b.summary.FlagsChanged += int64(len(changes))
	if setter, ok := b.dst.(mailhaul.FlagSetter); ok {
		return setter.SetFlags(ctx, f, changes)
	}
	return nil
}
