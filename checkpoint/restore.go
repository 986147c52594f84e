package checkpoint

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

const (
	restoreRun = `INSERT INTO run (id, command, started, ended, outcome, new, flags_changed, gone, failed,
		pruned, octets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	restoreFolder = `INSERT INTO folder (id, name, raw, delimiter, special_use, subscribed, noselect, place,
		uidvalidity, first_run, gone_run, namespace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
	restoreMessage = `INSERT INTO message (folder, uidvalidity, uid, gone_run, flags, size, first_run, date, zone, stored,
		start, line_ends, digest, fingerprint, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	restoreUIDValidity = `UPDATE folder SET uidvalidity = ?1 WHERE id = ?2 AND uidvalidity <> ?1`
	addRestored        = `UPDATE folder SET live = live + ?, gone = gone + ?, live_octets = live_octets + ?,
		stored_end = max(stored_end, ?) WHERE id = ?`
)

// RestoreRuns writes runs that an older ledger of the archive knew into a new
// one, under their numbers.
func (l *Ledger) RestoreRuns(ctx context.Context, runs []Run) error {
	return l.update(ctx, "restore runs", func(w *writer) error {
		for _, r := range runs {
			ended := sql.NullInt64{Int64: nanoseconds(r.End), Valid: !r.End.IsZero()}
			_, err := w.exec(restoreRun, int64(r.ID), r.Command, nanoseconds(r.Start), ended, r.Outcome, r.New,
				r.FlagsChanged, r.Gone, r.Failed, r.Pruned, r.Octets)
			if err != nil {
				return fmt.Errorf("run %d: %w", r.ID, err)
			}
		}
		return nil
	})
}

// RestoreFolders writes folders without messages into a new ledger, with FirstRun
// and GoneRun, under their ID; a folder whose ID is 0 gets one. Counters are not
// taken over: the next backup looks into all folders.
func (l *Ledger) RestoreFolders(ctx context.Context, folders []*Folder) error {
	// Those that bring an ID come first: no other may get it.
	folders = slices.Clone(folders)
	slices.SortStableFunc(folders, func(a, b *Folder) int { return -cmp.Compare(min(1, a.ID), min(1, b.ID)) })
	ids := make([]int64, len(folders))
	err := l.update(ctx, "restore folders", func(w *writer) error {
		for i, f := range folders {
			id := sql.NullInt64{Int64: f.ID, Valid: f.ID != 0}
			err := w.row(restoreFolder, []any{id, f.Name, f.Raw, f.Delimiter, f.SpecialUse, f.Subscribed, f.NoSelect,
				f.Place, f.UIDValidity, int64(f.FirstRun), int64(f.GoneRun), f.Namespace}, &ids[i])
			if err != nil {
				return fmt.Errorf("folder %q: %w", f.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, f := range folders {
		f.ID = ids[i]
	}
	return nil
}

// RestoreMessages writes messages into a new ledger, with FirstRun and GoneRun.
// A message that is in it already is an error that wraps fs.ErrExist.
func (l *Ledger) RestoreMessages(ctx context.Context, ms []Message) error {
	return l.update(ctx, "restore messages", func(w *writer) error {
		type sums struct{ live, gone, octets, end int64 }
		added := map[int64]sums{}
		for _, m := range ms {
			flags, err := w.flagset(m.Flags)
			if err != nil {
				return err
			}
			date, zone := toColumns(m.InternalDate)
			_, err = w.exec(restoreMessage, m.FolderID, m.UIDValidity, m.UID, int64(m.GoneRun), flags, m.Size, int64(m.FirstRun),
				date, zone, m.Stored, m.Offset, m.LineEnds, m.Digest[:], m.Fingerprint[:], m.Place)
			if err != nil {
				return fmt.Errorf("folder %d, UID %d: %w", m.FolderID, m.UID, err)
			}
			s := added[m.FolderID]
			if m.GoneRun == 0 {
				s.live, s.octets = s.live+1, s.octets+m.Size
			} else {
				s.gone++
			}
			s.end = max(s.end, m.Offset+m.Stored)
			added[m.FolderID] = s
		}
		for id, s := range added {
			if _, err := w.exec(addRestored, s.live, s.gone, s.octets, s.end, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// RestoreRetired writes parts of a folder's mbox that belong to no message into a
// new ledger.
func (l *Ledger) RestoreRetired(ctx context.Context, run RunID, folderID int64, regions []Region) error {
	return l.update(ctx, "restore retired parts", func(w *writer) error {
		for _, r := range regions {
			if _, err := w.exec(insertRetired, folderID, r.Offset, r.Stored, int64(run)); err != nil {
				return err
			}
		}
		return nil
	})
}

// RestoreUIDValidity says under which UIDVALIDITY a restored folder is known, 0
// when that is not certain: then the next backup recognises its messages by their
// headers.
func (l *Ledger) RestoreUIDValidity(ctx context.Context, folderID int64, uidValidity uint32) error {
	return l.update(ctx, "restore UIDVALIDITY of folder", func(w *writer) error {
		_, err := w.exec(restoreUIDValidity, uidValidity, folderID)
		return err
	})
}
