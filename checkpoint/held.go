package checkpoint

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/mailhaul/mailhaul"
)

const (
	selectFolderExists = `SELECT EXISTS (SELECT 1 FROM folder WHERE id = ?)`
	updateHeld         = `UPDATE folder SET at_name = ?2, at_raw = ?3, at_uidvalidity = ?4 WHERE id = ?1
		AND (at_name IS NOT ?2 OR at_raw <> ?3 OR at_uidvalidity <> ?4)`
	updatePlace = `UPDATE message SET place = ?4 ` + whereOne + ` AND place <> ?4`
)

// PutHeld remembers which folder of a target account takes the messages of each
// of folders: name, raw name and UIDVALIDITY of its At, in one transaction. An At
// that is nil is forgotten. Several folders may share one. It writes nothing for
// those that are known so already.
func (l *Ledger) PutHeld(ctx context.Context, folders ...*mailhaul.Folder) error {
	if len(folders) == 0 {
		return nil
	}
	return l.update(ctx, "remember folder of the target", func(w *writer) error {
		for _, f := range folders {
			if err := w.putHeld(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) putHeld(f *mailhaul.Folder) error {
	var name any
	var at mailhaul.Folder
	if f.At != nil {
		name, at = f.At.Name, *f.At
	}
	n, err := w.exec(updateHeld, f.ID, name, at.Raw, at.UIDValidity)
	if err != nil || n > 0 {
		return err
	}
	var found bool
	if err := w.row(selectFolderExists, []any{f.ID}, &found); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("folder %d: %w", f.ID, fs.ErrNotExist)
	}
	return nil
}

// SetPlaces says where messages of f, under its UIDVALIDITY, are at the target:
// those that are there and those gone. Messages that the ledger does not know
// are left out, places that are the same already are no change.
func (l *Ledger) SetPlaces(ctx context.Context, f *mailhaul.Folder, places map[mailhaul.UID]string) error {
	if len(places) == 0 {
		return nil
	}
	uids := slices.SortedFunc(maps.Keys(places), cmp.Compare) // in the order of the rows
	return l.update(ctx, "set places", func(w *writer) error {
		for _, u := range uids {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := w.exec(updatePlace, f.ID, f.UIDValidity, u, places[u]); err != nil {
				return fmt.Errorf("UID %d: %w", u, err)
			}
		}
		return nil
	})
}
