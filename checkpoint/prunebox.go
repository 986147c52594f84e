package checkpoint

import (
	"context"
	"fmt"
)

const (
	insertPrunedGone = `INSERT OR REPLACE INTO pruned (folder, uidvalidity, uid, run, gone_run, first_run, flags, size,
		date, zone, place) SELECT folder, uidvalidity, uid, ?3, gone_run, first_run, flags, size, date, zone, ''
		FROM message ` + whereGoneBy
	deletePastGone = `DELETE FROM message_past AS p WHERE folder = ?1 AND EXISTS (SELECT 1 FROM message m
		WHERE m.folder = p.folder AND m.uidvalidity = p.uidvalidity AND m.uid = p.uid AND m.gone_run BETWEEN 1 AND ?2)`
	deleteGone       = `DELETE FROM message ` + whereGoneBy
	deleteAllRetired = `DELETE FROM retired WHERE folder = ?`
	selectStarts     = `SELECT uidvalidity, uid, start FROM message
		WHERE folder = ? AND stored > 0 AND NOT gone_run BETWEEN 1 AND ?`
	moveStart       = `UPDATE message SET start = ?4 ` + whereOne
	insertRewritten = `INSERT OR REPLACE INTO rewritten (folder, run, renamed) VALUES (?, ?, 0)`
	selectUnrenamed = `SELECT EXISTS (SELECT 1 FROM rewritten r JOIN folder f ON f.id = r.folder
		WHERE f.place = ? AND r.renamed = 0)`
	selectRewritten = `SELECT coalesce(max(run), 0) FROM rewritten WHERE folder = ?`
	updateRenamed   = `UPDATE rewritten SET renamed = 1 WHERE folder = ? AND renamed = 0`
)

// PruneBox takes all messages of a folder that runs up to goneBy found gone out of
// the ledger, which from then on speaks of another mbox file: to returns where a
// message that stays begins in it. Nothing of that file is retired. It returns how
// many messages were pruned; Unrenamed tells of the file until Renamed says that
// it is in place.
func (l *Ledger) PruneBox(ctx context.Context, run RunID, folderID int64, goneBy RunID, to func(offset int64) int64) (n int64, err error) {
	err = l.update(ctx, "prune mbox", func(w *writer) error {
		for _, s := range []struct {
			query string
			args  []any
		}{
			{insertPrunedGone, []any{folderID, int64(goneBy), int64(run)}},
			{deletePastGone, []any{folderID, int64(goneBy)}},
			{deleteAllRetired, []any{folderID}},
			{insertRewritten, []any{folderID, int64(run)}},
		} {
			if _, err := w.exec(s.query, s.args...); err != nil {
				return err
			}
		}
		if n, err = w.exec(deleteGone, folderID, int64(goneBy)); err != nil {
			return err
		}
		if err := l.moveStarts(ctx, w, folderID, goneBy, to); err != nil {
			return err
		}
		if _, err := w.exec(takeGone, folderID, n); err != nil {
			return err
		}
		return w.sumStoredEnds(map[int64]bool{folderID: true})
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// moveStarts tells where messages begin now. They are read as they were before the
// transaction, on a connection of its own: a million of them are not kept in
// memory.
func (l *Ledger) moveStarts(ctx context.Context, w *writer, folderID int64, goneBy RunID, to func(int64) int64) error {
	rows, err := l.readers.QueryContext(ctx, selectStarts, folderID, int64(goneBy))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		k := Key{FolderID: folderID}
		var start int64
		if err := rows.Scan(&k.UIDValidity, &k.UID, &start); err != nil {
			return scanError(err)
		}
		now := to(start)
		if now == start {
			continue
		}
		if _, err := w.exec(moveStart, k.args(now)...); err != nil {
			return fmt.Errorf("UID %d: %w", k.UID, err)
		}
	}
	return rows.Err()
}

// Unrenamed tells whether the mbox file that the ledger speaks of may still lie
// beside the one at place.
func (l *Ledger) Unrenamed(ctx context.Context, place string) (bool, error) {
	return l.exists(ctx, "look for rewritten mbox", selectUnrenamed, place)
}

// Renamed says that the mbox file of a folder that was written anew is in place.
func (l *Ledger) Renamed(ctx context.Context, folderID int64) error {
	return l.update(ctx, "note rewritten mbox", func(w *writer) error {
		_, err := w.exec(updateRenamed, folderID)
		return err
	})
}

// Rewritten returns the last run that wrote the mbox file of a folder anew, 0 for
// none: when it has changed, what was read of the file before means nothing more.
func (l *Ledger) Rewritten(ctx context.Context, folderID int64) (RunID, error) {
	var run RunID
	err := l.readers.QueryRowContext(ctx, selectRewritten, folderID).Scan(&run)
	return run, wrap("look for rewritten mbox", scanError(err))
}
