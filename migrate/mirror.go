package migrate

import (
	"context"

	"github.com/mailhaul/mailhaul"
)

// mirror removes from a target account what was copied there and is gone from
// the source. Nothing else is ever removed: not mail that others put there, also
// when it was recognised as the source's.
func (b *haul) mirror(ctx context.Context) error {
	if b.holder == nil || !b.o.Mirror {
		return nil
	}
	rows, err := b.led.Folders(ctx)
	if err != nil {
		return err
	}
	there, err := b.holder.Folders(ctx)
	if err != nil {
		return err
	}
	type work struct {
		folder *mailhaul.Folder
		places map[uint32]map[mailhaul.UID]string // to be forgotten, by UIDVALIDITY and UID of the source
		uids   mailhaul.UIDSet                    // in the account
	}
	var todo []work
	var removals []Removal
	for i := range rows {
		f := &rows[i].Folder
		if f.At == nil || !b.o.Filter.Match(f) || !sameFolder(there, f.At) {
			continue
		}
		w := work{folder: f, places: map[uint32]map[mailhaul.UID]string{}}
		for m, err := range b.led.Messages(ctx, f.ID) {
			if err != nil {
				return err
			}
			at := mailhaul.UIDAt(m.Place)
			if at == 0 || m.GoneRun == 0 || m.Stored == 0 && m.Size > 0 {
				continue // not there, still at the source, or put there by others and recognised
			}
			w.uids.AddRange(mailhaul.UIDRange{First: at, Last: at})
			if w.places[m.UIDValidity] == nil {
				w.places[m.UIDValidity] = map[mailhaul.UID]string{}
			}
			w.places[m.UIDValidity][m.UID] = ""
		}
		if !w.uids.Empty() {
			todo = append(todo, w)
			removals = append(removals, Removal{Folder: f.At.Name, Messages: int64(w.uids.Len())})
		}
	}
	if len(todo) == 0 {
		return nil
	}
	yes, err := b.o.Confirm(ctx, removals)
	if err != nil || !yes {
		return err
	}
	for _, w := range todo {
		if err := b.holder.Remove(ctx, w.folder, w.uids); err != nil {
			if mailhaul.ScopeOf(err) > mailhaul.ScopeFolder {
				return err
			}
			b.fail(w.folder, 0, err)
			continue
		}
		for validity, places := range w.places {
			under := *w.folder
			under.UIDValidity = validity
			if err := b.led.SetPlaces(ctx, &under, places); err != nil {
				return err
			}
		}
		b.summary.Removed += int64(w.uids.Len())
	}
	return nil
}

// sameFolder tells whether the account's folder is still the one that the
// ledger speaks of.
func sameFolder(there []*mailhaul.Folder, at *mailhaul.Folder) bool {
	for _, f := range there {
		if f.Raw == at.Raw {
			return f.UIDValidity == at.UIDValidity
		}
	}
	return false
}
