package checkpoint

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/mailhaul/mailhaul"
)

const (
	selectFlags      = `SELECT m.uid, s.flags FROM message m LEFT JOIN flagset s ON s.id = m.flags `
	selectFlagsOne   = selectFlags + `WHERE m.folder = ? AND m.uidvalidity = ? AND m.uid = ?`
	selectFlagsRange = selectFlags + `WHERE m.folder = ? AND m.uidvalidity = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`
	whereOne         = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid = ?3`
	keepPastOne      = `INSERT OR IGNORE INTO message_past (folder, uidvalidity, uid, run, flags, gone_run)
		SELECT folder, uidvalidity, uid, ?4, flags, gone_run FROM message ` + whereOne
	updateFlags = `UPDATE message SET flags = ?4 ` + whereOne + ` RETURNING place`
)

// scanCost is how many rows can be read in order in the time of one look-up.
const scanCost = 8

// SetFlags brings the flags of messages of f, under its UIDVALIDITY, up to date
// with now, ascending by UID, keeps what they were, and returns the changes.
// Messages that the ledger does not know are left out, flags that are the same
// already are no change.
func (l *Ledger) SetFlags(ctx context.Context, run RunID, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	[]mailhaul.FlagChange, error,
) {
	var changes []mailhaul.FlagChange
	if len(now) == 0 {
		return nil, nil
	}
	now = ascending(now)
	err := l.update(ctx, "set flags", func(w *writer) (err error) {
		folder, err := w.folder(selectFolder, f.ID)
		if err != nil {
			return err
		}
		if int64(len(now))*scanCost < folder.Live+folder.Gone {
			changes, err = w.lookUpFlags(ctx, f, now)
		} else {
			changes, err = w.mergeFlags(ctx, f, now)
		}
		if err != nil {
			return err
		}
		return w.writeFlags(ctx, run, f, changes)
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// ascending returns entries ascending by UID, each UID once, the last one said
// of it: what servers send is so nearly always, and a merge rests on it.
func ascending(entries []mailhaul.UIDFlags) []mailhaul.UIDFlags {
	for i := 1; i < len(entries); i++ {
		if entries[i-1].UID >= entries[i].UID {
			sorted := slices.Clone(entries)
			slices.Reverse(sorted)
			slices.SortStableFunc(sorted, func(a, b mailhaul.UIDFlags) int { return cmp.Compare(a.UID, b.UID) })
			return slices.CompactFunc(sorted, func(a, b mailhaul.UIDFlags) bool { return a.UID == b.UID })
		}
	}
	return entries
}

// lookUpFlags finds the changes by one look-up an entry.
func (w *writer) lookUpFlags(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	for _, e := range now {
		uid, old, err := scanFlags(func(into ...any) error {
			return w.row(selectFlagsOne, []any{f.ID, f.UIDValidity, e.UID}, into...)
		})
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if old != e.Flags {
			changes = append(changes, mailhaul.FlagChange{UID: uid, Old: old, New: e.Flags})
		}
	}
	return changes, nil
}

// mergeFlags finds the changes by reading the folder once beside the entries.
func (w *writer) mergeFlags(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	rows, err := w.query(selectFlagsRange, f.ID, f.UIDValidity, now[0].UID, now[len(now)-1].UID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		uid, old, err := scanFlags(rows.Scan)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for len(now) > 0 && now[0].UID < uid {
			now = now[1:]
		}
		if len(now) > 0 && now[0].UID == uid && now[0].Flags != old {
			changes = append(changes, mailhaul.FlagChange{UID: uid, Old: old, New: now[0].Flags})
		}
	}
	return changes, rows.Err()
}

func scanFlags(scan func(...any) error) (mailhaul.UID, mailhaul.Flags, error) {
	var uid mailhaul.UID
	var flags sql.NullString
	if err := scan(&uid, &flags); err != nil {
		return 0, "", scanError(err)
	}
	if !flags.Valid {
		return 0, "", damaged("UID %d has flags that are not in the ledger", uid)
	}
	return uid, mailhaul.Flags(flags.String), nil
}

// writeFlags writes the changes and fills in their places.
func (w *writer) writeFlags(ctx context.Context, run RunID, f *mailhaul.Folder, changes []mailhaul.FlagChange) error {
	for i := range changes {
		c := &changes[i]
		id, err := w.flagset(c.New)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if _, err := w.exec(keepPastOne, f.ID, f.UIDValidity, c.UID, int64(run)); err != nil {
			return err
		}
		if err := w.row(updateFlags, []any{f.ID, f.UIDValidity, c.UID, id}, &c.Place); err != nil {
			return err
		}
	}
	return nil
}
