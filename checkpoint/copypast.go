package checkpoint

import (
	"context"
	"errors"

	"github.com/mailhaul/mailhaul"
)

const (
	selectPasts = `SELECT p.folder, p.uidvalidity, p.uid, p.run, s.flags, p.gone_run, p.was_uidvalidity, p.was_uid
		FROM message_past p LEFT JOIN flagset s ON s.id = p.flags ORDER BY p.folder, p.uidvalidity, p.uid, p.run`
	restorePast = `INSERT OR IGNORE INTO message_past (folder, uidvalidity, uid, run, flags, gone_run, was_uidvalidity,
		was_uid) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM message ` + whereOne + `)`
	selectAllFolderPasts = `SELECT folder, run, name, raw, delimiter, uidvalidity, gone_run, namespace, special_use,
		subscribed, noselect FROM folder_past ORDER BY folder, run`
	restoreFolderPast = `INSERT OR IGNORE INTO folder_past (folder, run, name, raw, delimiter, uidvalidity, gone_run,
		namespace, special_use, subscribed, noselect) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
		WHERE EXISTS (SELECT 1 FROM folder WHERE id = ?1)`
	selectAllPruned = `SELECT p.folder, p.uidvalidity, p.uid, p.run, s.flags, p.gone_run, p.first_run, p.size, p.date,
		p.zone, p.place FROM pruned p LEFT JOIN flagset s ON s.id = p.flags
		ORDER BY p.folder, p.uidvalidity, p.uid, p.run`
	restorePruned = `INSERT OR IGNORE INTO pruned (folder, uidvalidity, uid, run, flags, gone_run, first_run, size, date,
		zone, place) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM folder WHERE id = ?1)`
)

// pastFlags is the column of selectPasts, and of selectAllPruned, with the flags.
const pastFlags = 4

// CopyPast takes over what an older ledger, from, knows of the past of the folders
// and messages that were restored from it, and of what was pruned. The error wraps mailhaul.ErrDamaged
// when not all of it could be read: what could be is there.
func (l *Ledger) CopyPast(ctx context.Context, from *Ledger) error {
	damage := from.readPast(ctx, selectAllFolderPasts, l.restoreFolderPasts)
	more := from.readPast(ctx, selectPasts, l.restoring(restorePast))
	pruned := from.readPast(ctx, selectAllPruned, l.restoring(restorePruned))
	return errors.Join(damage, more, pruned)
}

// readPast gives the rows of a query to take, some at a time.
func (l *Ledger) readPast(ctx context.Context, query string, take func(context.Context, [][]any) error) error {
	const op = "read the past in the damaged ledger"
	rows, err := l.readers.QueryContext(ctx, query)
	if err != nil {
		return wrap(op, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return wrap(op, err)
	}
	var some [][]any
	var damage error
	for damage == nil && rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if damage = scanError(rows.Scan(into...)); damage != nil {
			break
		}
		if some = append(some, values); len(some) < maxRows {
			continue
		}
		if err := take(ctx, some); err != nil {
			return err
		}
		some = some[:0]
	}
	if damage == nil {
		damage = rows.Err()
	}
	// What stands before the damage is kept.
	if err := take(ctx, some); err != nil {
		return err
	}
	return wrap(op, damage)
}

// restoring returns what writes rows with flags by a statement.
func (l *Ledger) restoring(query string) func(context.Context, [][]any) error {
	return func(ctx context.Context, pasts [][]any) error {
		return l.update(ctx, "restore the past of messages", func(w *writer) error {
			for _, p := range pasts {
				text, valid := p[pastFlags].(string)
				if !valid {
					continue // flags that are not in the ledger: nothing is known of that past
				}
				id, err := w.flagset(mailhaul.Flags(text))
				if err != nil {
					return err
				}
				p[pastFlags] = id
				if _, err = w.exec(query, p...); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func (l *Ledger) restoreFolderPasts(ctx context.Context, pasts [][]any) error {
	return l.update(ctx, "restore the past of folders", func(w *writer) error {
		for _, p := range pasts {
			if _, err := w.exec(restoreFolderPast, p...); err != nil {
				return err
			}
		}
		return nil
	})
}
