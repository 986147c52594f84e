package checkpoint

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	whereGoneBy    = `WHERE folder = ?1 AND gone_run BETWEEN 1 AND ?2 `
	selectPrunable = `SELECT folder, count(*), sum(size), sum(stored), min(date), max(date) FROM message
		WHERE gone_run BETWEEN 1 AND ? GROUP BY folder ORDER BY folder`
	selectGoneKeys = `SELECT uidvalidity, uid, start + stored FROM message ` + whereGoneBy + `AND (uidvalidity, uid) > (?3, ?4)
		ORDER BY uidvalidity, uid LIMIT ?5`
	insertPruned = `INSERT OR REPLACE INTO pruned (folder, uidvalidity, uid, run, gone_run, first_run, flags, size,
		date, zone, place) SELECT folder, uidvalidity, uid, ?4, gone_run, first_run, flags, size, date, zone, place
		FROM message ` + whereOne
	deletePast    = `DELETE FROM message_past ` + whereOne
	deleteMessage = `DELETE FROM message ` + whereOne
	takeGone      = `UPDATE folder SET gone = gone - ?2 WHERE id = ?1`
)

// Prunable sums up the messages of a folder that can be pruned. Octets are those
// on the wire, Stored those in the archive; Oldest and Newest are dates of
// arrival, zero when none is known.
type Prunable struct {
	FolderID                 int64
	Messages, Octets, Stored int64
	Oldest, Newest           time.Time
}

// Prunable returns what there is to prune of messages that runs up to goneBy found
// gone, by folder; those without any are left out.
func (l *Ledger) Prunable(ctx context.Context, goneBy RunID) ([]Prunable, error) {
	const op = "sum up messages gone"
	rows, err := l.readers.QueryContext(ctx, selectPrunable, int64(goneBy))
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var all []Prunable
	for rows.Next() {
		var p Prunable
		var oldest, newest sql.NullInt64
		if err := rows.Scan(&p.FolderID, &p.Messages, &p.Octets, &p.Stored, &oldest, &newest); err != nil {
			return nil, wrap(op, scanError(err))
		}
		p.Oldest, p.Newest = fromColumns(oldest, sql.NullInt64{}), fromColumns(newest, sql.NullInt64{})
		all = append(all, p)
	}
	return all, wrap(op, rows.Err())
}

// firstRunEver is before any run of this program: a machine that does not know what
// time it is begins at 1970, or at the date of its firmware.
var firstRunEver = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// GoneBefore returns the newest run that had surely ended before a moment: what it
// and the runs before it found gone is gone for longer. It is 0 when there was
// none. A run whose clock was behind that of an earlier one is taken to have ended
// no earlier than that one, and the time of one that lies behind now, or before there
// was this program, is not believed.
func (l *Ledger) GoneBefore(ctx context.Context, before, now time.Time) (RunID, error) {
	runs, err := l.Runs(ctx)
	if err != nil {
		return 0, err
	}
	var found RunID
	var latest time.Time
	for _, r := range runs {
		at := r.End
		if at.IsZero() {
			at = r.Start
		}
		if at.After(now) || at.Before(firstRunEver) {
			continue
		}
		if at.After(latest) {
			latest = at
		}
		if !latest.Before(before) {
			break
		}
		found = r.ID
	}
	return found, nil
}

// Prune takes up to limit messages of a folder, that runs up to goneBy found gone,
// out of the ledger, behind the message with the key after, and returns how many
// these were, and the key of the last one. Their files can be removed then:
// Unremoved has them until Removed says that it was done.
func (l *Ledger) Prune(ctx context.Context, run RunID, after Key, goneBy RunID, limit int) (n int64, last Key, err error) {
	last = after
	err = l.update(ctx, "prune messages", func(w *writer) error {
		keys, end, err := w.goneKeys(after, goneBy, limit)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := w.pruneOne(run, k); err != nil {
				return fmt.Errorf("UID %d: %w", k.UID, err)
			}
		}
		n, last = int64(len(keys)), keys[len(keys)-1]
		folder, err := w.folder(selectFolder, after.FolderID)
		if err != nil {
			return err
		}
		if _, err := w.exec(takeGone, folder.ID, n); err != nil || end < folder.StoredEnd {
			return err
		}
		return w.sumStoredEnds(map[int64]bool{folder.ID: true})
	})
	if err != nil {
		return 0, after, err
	}
	return n, last, nil
}

// goneKeys returns the keys of messages to prune, and the highest octet at which
// one of them ends.
func (w *writer) goneKeys(after Key, goneBy RunID, limit int) (keys []Key, end int64, err error) {
	rows, err := w.query(selectGoneKeys, after.FolderID, int64(goneBy), after.UIDValidity, after.UID, limit)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		k := Key{FolderID: after.FolderID}
		var ends int64
		if err := rows.Scan(&k.UIDValidity, &k.UID, &ends); err != nil {
			return nil, 0, scanError(err)
		}
		keys, end = append(keys, k), max(end, ends)
	}
	return keys, end, rows.Err()
}

func (w *writer) pruneOne(run RunID, k Key) error {
	if _, err := w.exec(insertPruned, k.args(int64(run))...); err != nil {
		return err
	}
	for _, statement := range []string{deletePast, deleteLabel, deleteMessage} {
		if _, err := w.exec(statement, k.args()...); err != nil {
			return err
		}
	}
	return nil
}
