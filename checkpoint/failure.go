package checkpoint

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

// Failure is a message that could not be hauled and waits to be tried again.
type Failure struct {
	Folder      string // its name
	FolderID    int64
	UIDValidity uint32
	UID         mailhaul.UID
	Reason      string // of the last time
	Times       int64
	First, Last RunID
}

const (
	upsertFailure = `INSERT INTO failure (folder, uidvalidity, uid, reason, times, first_run, last_run)
		VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)
		ON CONFLICT DO UPDATE SET reason = ?4, times = times + 1, last_run = ?5 RETURNING times`
	deleteFailure      = `DELETE FROM failure WHERE folder = ? AND uidvalidity = ? AND uid = ?`
	selectFailureKeys  = `SELECT uidvalidity, uid FROM failure WHERE folder = ?`
	addFailures        = `UPDATE folder SET failures = failures + ? WHERE id = ? AND gone_run = 0`
	selectFailuresText = `SELECT f.name, e.folder, e.uidvalidity, e.uid, e.reason, e.times, e.first_run, e.last_run
		FROM failure e JOIN folder f ON f.id = e.folder ORDER BY f.name, e.folder, e.uidvalidity, e.uid`
)

// PutFailures writes down that messages of f, under its UIDVALIDITY, failed in
// a run: UID and Reason of failures are taken, the times are counted.
func (l *Ledger) PutFailures(ctx context.Context, run RunID, f *mailhaul.Folder, failures []Failure) error {
	return l.update(ctx, "put failures", func(w *writer) error {
		var added int64
		for _, e := range failures {
			var times int64
			err := w.row(upsertFailure, []any{f.ID, f.UIDValidity, e.UID, e.Reason, int64(run)}, &times)
			if err != nil {
				return fmt.Errorf("UID %d: %w", e.UID, err)
			}
			if times == 1 {
				added++
			}
		}
		if added == 0 {
			return nil
		}
		return w.countFailures(f.ID, added)
	})
}

// DropFailures forgets the failures of messages of f that the server no longer
// has: those whose UIDVALIDITY is not that of f, or whose UID is not in keep.
func (l *Ledger) DropFailures(ctx context.Context, f *mailhaul.Folder, keep mailhaul.UIDSet) error {
	return l.update(ctx, "drop failures", func(w *writer) error {
		stale, err := w.staleFailures(f, keep)
		if err != nil {
			return err
		}
		for _, e := range stale {
			if err := w.dropFailure(f.ID, e.UIDValidity, e.UID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) staleFailures(f *mailhaul.Folder, keep mailhaul.UIDSet) (stale []Failure, err error) {
	rows, err := w.query(selectFailureKeys, f.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Failure
		if err := rows.Scan(&e.UIDValidity, &e.UID); err != nil {
			return nil, scanError(err)
		}
		if e.UIDValidity != f.UIDValidity || !keep.Contains(e.UID) {
			stale = append(stale, e)
		}
	}
	return stale, rows.Err()
}

// dropFailure forgets a failure if there is one.
func (w *writer) dropFailure(folder int64, uidValidity uint32, uid mailhaul.UID) error {
	n, err := w.exec(deleteFailure, folder, uidValidity, uid)
	if err != nil || n == 0 {
		return err
	}
	return w.countFailures(folder, -1)
}

// countFailures adds n to the number of a folder's failures.
func (w *writer) countFailures(folder, n int64) error {
	changed, err := w.exec(addFailures, n, folder)
	if err == nil && changed == 0 {
		return fmt.Errorf("folder %d: %w", folder, fs.ErrNotExist)
	}
	return err
}

// Failures returns the messages that wait to be tried again, by folder,
// UIDVALIDITY and UID.
func (l *Ledger) Failures(ctx context.Context) ([]Failure, error) {
	const op = "read failures"
	rows, err := l.readers.QueryContext(ctx, selectFailuresText)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var failures []Failure
	for rows.Next() {
		var e Failure
		err := rows.Scan(&e.Folder, &e.FolderID, &e.UIDValidity, &e.UID, &e.Reason, &e.Times, &e.First, &e.Last)
		if err != nil {
			return nil, wrap(op, scanError(err))
		}
		failures = append(failures, e)
	}
	return failures, wrap(op, rows.Err())
}
