package checkpoint

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

const (
	insertFolder = `INSERT INTO folder (name, raw, delimiter, special_use, subscribed, noselect, place,
		uidvalidity, first_run, namespace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
	updateFolder = `UPDATE folder SET name = ?, raw = ?, delimiter = ?, special_use = ?, subscribed = ?,
		noselect = ?, place = ?, uidvalidity = ?, uidnext = ?, highestmodseq = ?, messages = ?, namespace = ?,
		gone_run = 0 WHERE id = ?`
	// A folder that is gone does not hold its name.
	parkFolderName   = `UPDATE folder SET gone_run = -1 WHERE id = ?`
	insertFolderPast = `INSERT OR IGNORE INTO folder_past (folder, run, name, raw, delimiter, uidvalidity, gone_run,
		namespace, special_use, subscribed, noselect) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// PutFolders brings the ledger's folders up to date with folders: what is in it is
// there. Folders with an ID are updated; names may be exchanged among them. A
// folder without one gets the ID of the folder of that name, be it there or
// gone, or a new ID. A UIDVALIDITY that changed makes the counters unknown; a
// UIDVALIDITY of 0 is one that the source could not say and changes nothing.
//
// A Place, once known, is never forgotten: an empty one is filled in. A folder
// that had no ID and is known by its name keeps the place that it has, and
// f.Place is set to it: its messages lie there. At is not looked at: that is
// what PutHeld is for.
func (l *Ledger) PutFolders(ctx context.Context, run RunID, folders []*mailhaul.Folder) error {
	before := make([]mailhaul.Folder, len(folders))
	for i, f := range folders {
		before[i] = *f
	}
	err := l.update(ctx, "put folders", func(w *writer) error {
		if err := w.updateFolders(run, folders); err != nil {
			return err
		}
		for _, f := range folders {
			if f.ID != 0 {
				continue
			}
			if err := w.addFolder(run, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // no folder has an ID that was taken back
		for i, f := range folders {
			*f = before[i]
		}
	}
	return err
}

// updateFolders updates the folders that have an ID.
func (w *writer) updateFolders(run RunID, folders []*mailhaul.Folder) error {
	type change struct {
		old Folder
		f   *mailhaul.Folder
	}
	var changes []change
	for _, f := range folders {
		if f.ID == 0 {
			continue
		}
		old, err := w.folder(selectFolder, f.ID)
		if err != nil {
			return err
		}
		changes = append(changes, change{old, f})
	}
	// First all names are let go, so that folders can take each other's.
	for _, c := range changes {
		if c.old.Name == c.f.Name || c.old.GoneRun != 0 {
			continue
		}
		if _, err := w.exec(parkFolderName, c.f.ID); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := w.updateFolder(run, c.old, c.f); err != nil {
			return err
		}
	}
	return nil
}

// addFolder gives f the ID of the folder of its name or a new one.
func (w *writer) addFolder(run RunID, f *mailhaul.Folder) error {
	old, err := w.folder(selectFolderLive, f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = w.folder(selectFolderGone, f.Name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return w.row(insertFolder, []any{f.Name, f.Raw, f.Delimiter, f.SpecialUse, f.Subscribed, f.NoSelect,
			f.Place, f.UIDValidity, int64(run), f.Namespace}, &f.ID)
	}
	if err != nil {
		return err
	}
	f.ID = old.ID
	if old.Place != "" {
		f.Place = old.Place
	}
	return w.updateFolder(run, old, f)
}

// updateFolder makes the row old say what f says and that the folder is there,
// and fills in f's place when it has none.
func (w *writer) updateFolder(run RunID, old Folder, f *mailhaul.Folder) error {
	if f.Place == "" {
		f.Place = old.Place
	}
	now := old.Folder
	now.Name, now.Raw, now.Delimiter, now.SpecialUse = f.Name, f.Raw, f.Delimiter, f.SpecialUse
	now.Subscribed, now.NoSelect, now.Place, now.Namespace = f.Subscribed, f.NoSelect, f.Place, f.Namespace
	if f.UIDValidity != 0 && f.UIDValidity != old.UIDValidity {
		now.UIDValidity = f.UIDValidity
		now.UIDNext, now.HighestModSeq, now.Messages = 0, 0, 0
	}
	if now == old.Folder && old.GoneRun == 0 { // At is the same pointer in both
		return nil
	}
	if seenOtherwise(now, old) {
		if err := w.keepFolderPast(run, old); err != nil {
			return err
		}
	}
	_, err := w.exec(updateFolder, now.Name, now.Raw, now.Delimiter, now.SpecialUse, now.Subscribed, now.NoSelect,
		now.Place, now.UIDValidity, now.UIDNext, int64(now.HighestModSeq), now.Messages, now.Namespace, now.ID)
	return err
}

// seenOtherwise tells whether people and mail programs see another folder than
// before, counters aside.
func seenOtherwise(now mailhaul.Folder, old Folder) bool {
	return now.Name != old.Name || now.UIDValidity != old.UIDValidity || old.GoneRun != 0 ||
		now.SpecialUse != old.SpecialUse || now.Subscribed != old.Subscribed || now.NoSelect != old.NoSelect
}

// keepFolderPast keeps what a folder was before run.
func (w *writer) keepFolderPast(run RunID, old Folder) error {
	_, err := w.exec(insertFolderPast, old.ID, int64(run), old.Name, old.Raw, old.Delimiter, old.UIDValidity,
		int64(old.GoneRun), old.Namespace, old.SpecialUse, old.Subscribed, old.NoSelect)
	return err
}

// RenameFolder says that the folder id is now called to.Name. Its messages, its
// place, the folder that holds it and its counters stay; to.ID and to.Place are
// set. A folder of that name that is gone does not stand in the way; one that
// is there does, and the
// error wraps fs.ErrExist.
func (l *Ledger) RenameFolder(ctx context.Context, run RunID, id int64, to *mailhaul.Folder) error {
	return l.update(ctx, "rename folder", func(w *writer) error {
		old, err := w.folder(selectFolder, id)
		if err != nil {
			return err
		}
		to.ID = id
		if old.Place != "" {
			to.Place = old.Place
		}
		return w.updateFolder(run, old, to)
	})
}
