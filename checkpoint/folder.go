package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

// Folder is what the ledger knows of a folder. The counters UIDNext,
// HighestModSeq and Messages of the embedded folder are those of the last
// FolderDone, and zero (HasCounters false) when the folder was not done since
// it was new, there again, got another UIDVALIDITY, or messages of it were
// forgotten. Of At name, raw name and UIDVALIDITY are known. Sizes are unknown.
type Folder struct {
	mailhaul.Folder
	Failures   int64 // messages that failed and wait to be tried again
	Live, Gone int64 // messages
	LiveOctets int64 // sum of the sizes of the live messages
	StoredEnd  int64 // the highest offset + stored octets of a message: an mbox's committed length
	FirstRun   RunID // the run that saw the folder first
	GoneRun    RunID // the run that found it gone, 0 while it is there
}

const (
	folderColumns = `id, name, raw, delimiter, special_use, subscribed, noselect, place, uidvalidity, uidnext,
		highestmodseq, messages, live, gone, live_octets, stored_end, failures, first_run, gone_run, namespace,
		at_name, at_raw, at_uidvalidity`
	selectFolders    = `SELECT ` + folderColumns + ` FROM folder ORDER BY name, id`
	selectFolder     = `SELECT ` + folderColumns + ` FROM folder WHERE id = ?`
	selectFolderLive = `SELECT ` + folderColumns + ` FROM folder WHERE name = ? AND gone_run = 0`
	selectFolderGone = `SELECT ` + folderColumns + ` FROM folder WHERE name = ? AND gone_run <> 0
		ORDER BY gone_run DESC, id DESC LIMIT 1`
)

// Folders returns all folders, those gone included, by name.
func (l *Ledger) Folders(ctx context.Context) ([]Folder, error) {
	const op = "read folders"
	rows, err := l.readers.QueryContext(ctx, selectFolders)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var folders []Folder
	for rows.Next() {
		f, err := scanFolder(rows.Scan)
		if err != nil {
			return nil, wrap(op, err)
		}
		folders = append(folders, f)
	}
	return folders, wrap(op, rows.Err())
}

// folder returns one folder by its id or, with another query, by its name. The
// error wraps fs.ErrNotExist when there is none.
func (s *statements) folder(query string, key any) (Folder, error) {
	f, err := scanFolder(func(into ...any) error { return s.row(query, []any{key}, into...) })
	if errors.Is(err, sql.ErrNoRows) {
		return Folder{}, fmt.Errorf("folder %v: %w", key, fs.ErrNotExist)
	}
	return f, err
}

func scanFolder(scan func(...any) error) (Folder, error) {
	var f Folder
	var modSeq int64
	var atName sql.NullString
	at := mailhaul.Folder{Size: -1}
	err := scan(&f.ID, &f.Name, &f.Raw, &f.Delimiter, &f.SpecialUse, &f.Subscribed, &f.NoSelect, &f.Place,
		&f.UIDValidity, &f.UIDNext, &modSeq, &f.Messages, &f.Live, &f.Gone, &f.LiveOctets, &f.StoredEnd,
		&f.Failures, &f.FirstRun, &f.GoneRun, &f.Namespace, &atName, &at.Raw, &at.UIDValidity)
	if err != nil {
		return Folder{}, scanError(err)
	}
	f.HighestModSeq = uint64(modSeq) // all 64 bits, as FolderDone stored them
	f.HasCounters = f.UIDNext != 0 || f.HighestModSeq != 0 || f.Messages != 0
	f.Size = -1
	if atName.Valid {
		at.Name = atName.String
		f.At = &at
	}
	return f, nil
}

const (
	updateFolderDone = `UPDATE folder SET uidvalidity = ?, uidnext = ?, highestmodseq = ?, messages = ? WHERE id = ?`
	updateFolderGone = `UPDATE folder SET gone_run = ?, uidnext = 0, highestmodseq = 0, messages = 0,
		gone = gone + live, live = 0, live_octets = 0, failures = 0 WHERE id = ?`
	updateMessagesOfFolderGone = `UPDATE message SET gone_run = ? WHERE folder = ? AND gone_run = 0`
	deleteFailuresOfFolder     = `DELETE FROM failure WHERE folder = ?`
)

// FolderDone remembers the counters of the folders, all in one transaction:
// everything up to them is in the ledger. It writes nothing for those whose
// counters are known already.
func (l *Ledger) FolderDone(ctx context.Context, run RunID, folders ...*mailhaul.Folder) error {
	if len(folders) == 0 {
		return nil
	}
	return l.update(ctx, "remember counters of folder", func(w *writer) error {
		for _, f := range folders {
			if err := w.folderDone(run, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) folderDone(run RunID, f *mailhaul.Folder) error {
	old, err := w.folder(selectFolder, f.ID)
	if err != nil {
		return err
	}
	if old.UIDValidity == f.UIDValidity && old.UIDNext == f.UIDNext &&
		old.HighestModSeq == f.HighestModSeq && old.Messages == f.Messages {
		return nil
	}
	if old.UIDValidity != f.UIDValidity {
		if err := w.keepFolderPast(run, old); err != nil {
			return err
		}
	}
	_, err = w.exec(updateFolderDone, f.UIDValidity, f.UIDNext, int64(f.HighestModSeq), f.Messages, f.ID)
	return err
}

// FolderGone marks a folder and its live messages gone and returns how many
// messages these were. The counters are forgotten, so that the folder is looked
// into when it is there again, and so are its failures: nothing is left to try.
func (l *Ledger) FolderGone(ctx context.Context, run RunID, id int64) (messages int64, err error) {
	err = l.update(ctx, "mark folder gone", func(w *writer) error {
		old, err := w.folder(selectFolder, id)
		if err != nil || old.GoneRun != 0 {
			return err
		}
		if old.Live > 0 {
			if messages, err = w.exec(updateMessagesOfFolderGone, int64(run), id); err != nil {
				return err
			}
		}
		if old.Failures > 0 {
			if _, err := w.exec(deleteFailuresOfFolder, id); err != nil {
				return err
			}
		}
		_, err = w.exec(updateFolderGone, int64(run), id)
		return err
	})
	if err != nil {
		return 0, err
	}
	return messages, nil
}
