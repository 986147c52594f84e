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
	selectFlags      = `SELECT m.uid, s.flags, m.place FROM message m LEFT JOIN flagset s ON s.id = m.flags `
	selectFlagsOne   = selectFlags + `WHERE m.folder = ? AND m.uidvalidity = ? AND m.uid = ?`
	selectFlagsRange = selectFlags + `WHERE m.folder = ? AND m.uidvalidity = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`
	whereOne         = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid = ?3`
	updateFlags      = `UPDATE message SET flags = ?5 ` + whereRange
)

// scanCost is how many rows can be read in order in the time of one look-up.
const scanCost = 8

// maxRows is the largest number of rows that one statement changes where there
// can be very many: between statements it is seen that a run was interrupted.
const maxRows = 4096

// SetFlags brings the flags of messages of f, under its UIDVALIDITY, up to date
// with now, ascending by UID, keeps what they were, and returns the changes.
// Messages that the ledger does not know are left out, flags that are the same
// already are no change.
func (l *Ledger) SetFlags(ctx context.Context, run RunID, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	if len(now) == 0 {
		return nil, nil
	}
	err = l.update(ctx, "set flags", func(w *writer) error {
		changes, err = w.flagChanges(ctx, f, now)
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

// FlagChanges returns what SetFlags would change, and changes nothing.
func (l *Ledger) FlagChanges(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	const op = "compare flags"
	if len(now) == 0 {
		return nil, nil
	}
	// One transaction: all of it is of one moment.
	tx, err := l.readers.BeginTx(ctx, nil)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer tx.Rollback()
	s := prepared(tx)
	changes, err = s.flagChanges(ctx, f, now)
	if err = errors.Join(err, s.close()); err != nil {
		return nil, wrap(op, err)
	}
	return changes, nil
}

// flagChanges finds where the flags in the ledger are not those of now.
func (s *statements) flagChanges(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	[]mailhaul.FlagChange, error,
) {
	folder, err := s.folder(selectFolder, f.ID)
	if err != nil {
		return nil, err
	}
	now = ascending(now)
	if int64(len(now))*scanCost < folder.Live+folder.Gone {
		return s.lookUpFlags(ctx, f, now)
	}
	return s.mergeFlags(ctx, f, now)
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
func (s *statements) lookUpFlags(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	for _, e := range now {
		c, err := scanFlags(func(into ...any) error {
			return s.row(selectFlagsOne, []any{f.ID, f.UIDValidity, e.UID}, into...)
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
		if c.New = e.Flags; c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// mergeFlags finds the changes by reading the folder once beside the entries.
func (s *statements) mergeFlags(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDFlags) (
	changes []mailhaul.FlagChange, err error,
) {
	rows, err := s.query(selectFlagsRange, f.ID, f.UIDValidity, now[0].UID, now[len(now)-1].UID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanFlags(rows.Scan)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for len(now) > 0 && now[0].UID < c.UID {
			now = now[1:]
		}
		if len(now) == 0 || now[0].UID != c.UID {
			continue
		}
		if c.New = now[0].Flags; c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes, rows.Err()
}

// scanFlags reads UID, flags and place of a message.
func scanFlags(scan func(...any) error) (c mailhaul.FlagChange, err error) {
	var flags sql.NullString
	if err := scan(&c.UID, &flags, &c.Place); err != nil {
		return c, scanError(err)
	}
	if !flags.Valid {
		return c, damaged("UID %d has flags that are not in the ledger", c.UID)
	}
	c.Old = mailhaul.Flags(flags.String)
	return c, nil
}

// writeFlags writes the changes, ascending by UID: neighbours that get the same
// flags by one statement.
func (w *writer) writeFlags(ctx context.Context, run RunID, f *mailhaul.Folder, changes []mailhaul.FlagChange) error {
	for len(changes) > 0 {
		first, n := changes[0], 1
		for n < len(changes) && n < maxRows && changes[n].New == first.New &&
			changes[n].UID == changes[n-1].UID+1 {
			n++
		}
		id, err := w.flagset(first.New)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		key := []any{f.ID, f.UIDValidity, first.UID, changes[n-1].UID}
		if _, err := w.exec(keepMessagePast+whereRange, append(key, int64(run))...); err != nil {
			return err
		}
		if _, err := w.exec(updateFlags, append(key, id)...); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}
