package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

const (
	selectWhere = `SELECT size, digest, start, stored FROM message ` + whereOne
	updateWhere = `UPDATE message SET stored = ?4, start = ?5, line_ends = ?6, fingerprint = ?7, place = ?8, damaged_run = 0 ` +
		whereOne
	forgetWhere   = `UPDATE message SET stored = 0, start = 0, place = '' ` + whereOne
	insertRetired = `INSERT OR REPLACE INTO retired (folder, start, stored, run) VALUES (?, ?, ?, ?)`
	selectRetired = `SELECT start, stored FROM retired WHERE folder = ? ORDER BY start`
	deleteRetired = `DELETE FROM retired WHERE folder = ?1
		AND start + stored > (SELECT stored_end FROM folder WHERE id = ?1)`
	sumStoredEnd = `UPDATE folder SET stored_end = (SELECT coalesce(max(start + stored), 0)
		FROM message WHERE folder = ?1) WHERE id = ?1`
	markDamaged   = `UPDATE message SET damaged_run = ?4 ` + whereOne + ` AND damaged_run = 0`
	unmarkDamaged = `UPDATE message SET damaged_run = 0 ` + whereOne + ` AND damaged_run <> 0`
	selectDamaged = `SELECT uidvalidity, uid, damaged_run FROM message WHERE folder = ? AND damaged_run <> 0
		ORDER BY uidvalidity, uid`
	selectHadKey = `SELECT EXISTS (SELECT 1 FROM message_past WHERE folder = ? AND uidvalidity = ? AND uid = ?
		AND was_uidvalidity = ? AND was_uid = ?)`
)

// Key tells one message of a ledger from all others.
type Key struct {
	FolderID    int64
	UIDValidity uint32
	UID         mailhaul.UID
}

// Key returns the message's key.
func (m Message) Key() Key { return Key{m.FolderID, m.UIDValidity, m.UID} }

func (k Key) args(more ...any) []any { return append([]any{k.FolderID, k.UIDValidity, k.UID}, more...) }

// Region is a part of an mbox file, in octets.
type Region struct{ Offset, Stored int64 }

// Replace says that messages are stored anew: where, and how, is what the
// receipts say under Receipt.Folder.ID, .UIDValidity and .UID. All else that is
// known of a message stays, a mark of MarkDamaged aside. Size and digest must be
// those that are known, or the error wraps mailhaul.ErrDamaged; a message that is
// not known gives one that wraps fs.ErrNotExist; then none is replaced.
//
// The part of an mbox where a message was is retired, see Retired.
func (l *Ledger) Replace(ctx context.Context, run RunID, rs []mailhaul.Receipt) error {
	return l.update(ctx, "replace messages", func(w *writer) error {
		ended := map[int64]bool{}
		for _, r := range rs {
			if err := w.replace(run, r); err != nil {
				return fmt.Errorf("folder %q, UID %d: %w", r.Folder.Name, r.UID, err)
			}
			ended[r.Folder.ID] = true
		}
		return w.sumStoredEnds(ended)
	})
}

func (w *writer) replace(run RunID, r mailhaul.Receipt) error {
	key := Key{r.Folder.ID, r.Folder.UIDValidity, r.UID}
	var size int64
	var digest mailhaul.Digest
	var old Region
	if err := w.row(selectWhere, key.args(), &size, hash(digest[:]), &old.Offset, &old.Stored); err != nil {
		return notThere(err)
	}
	if size != r.Size || digest != r.Digest {
		return damaged("it is another message than the one that is known")
	}
	args := key.args(r.Stored, r.Offset, r.LineEnds, r.Fingerprint[:], r.Place)
	if _, err := w.exec(updateWhere, args...); err != nil {
		return err
	}
	if r.Place != "" || old.Stored == 0 || old.Offset == r.Offset {
		return nil
	}
	_, err := w.exec(insertRetired, key.FolderID, old.Offset, old.Stored, int64(run))
	return err
}

// Unplace says that messages are stored nowhere any more: the part of an mbox
// where they were is not there. They stay known, with nothing stored.
func (l *Ledger) Unplace(ctx context.Context, keys []Key) error {
	return l.update(ctx, "forget where messages are", func(w *writer) error {
		ended := map[int64]bool{}
		for _, k := range keys {
			if _, err := w.exec(forgetWhere, k.args()...); err != nil {
				return fmt.Errorf("UID %d: %w", k.UID, err)
			}
			ended[k.FolderID] = true
		}
		if err := w.sumStoredEnds(ended); err != nil {
			return err
		}
		// The file is cut back to what is left.
		for id := range ended {
			if _, err := w.exec(deleteRetired, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// sumStoredEnds brings the committed length of folders up to date.
func (w *writer) sumStoredEnds(folders map[int64]bool) error {
	for id := range folders {
		if _, err := w.exec(sumStoredEnd, id); err != nil {
			return err
		}
	}
	return nil
}

// Retired returns the parts of a folder's mbox that belonged to messages that
// are stored elsewhere since, in order.
func (l *Ledger) Retired(ctx context.Context, folderID int64) ([]Region, error) {
	const op = "read retired parts"
	rows, err := l.readers.QueryContext(ctx, selectRetired, folderID)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var regions []Region
	for rows.Next() {
		var r Region
		if err := rows.Scan(&r.Offset, &r.Stored); err != nil {
			return nil, wrap(op, scanError(err))
		}
		regions = append(regions, r)
	}
	return regions, wrap(op, rows.Err())
}

// MarkDamaged remembers the run that found messages damaged and nowhere to be
// had. One that is marked already keeps the run that found it first.
func (l *Ledger) MarkDamaged(ctx context.Context, run RunID, keys []Key) error {
	return l.update(ctx, "mark messages damaged", func(w *writer) error {
		for _, k := range keys {
			if _, err := w.exec(markDamaged, k.args(int64(run))...); err != nil {
				return fmt.Errorf("UID %d: %w", k.UID, err)
			}
		}
		return nil
	})
}

// UnmarkDamaged forgets marks of MarkDamaged: the messages are sound after all.
func (l *Ledger) UnmarkDamaged(ctx context.Context, keys []Key) error {
	return l.update(ctx, "unmark messages", func(w *writer) error {
		for _, k := range keys {
			if _, err := w.exec(unmarkDamaged, k.args()...); err != nil {
				return fmt.Errorf("UID %d: %w", k.UID, err)
			}
		}
		return nil
	})
}

// MarkedDamaged returns the messages of a folder that are marked, with the run
// that found them damaged.
func (l *Ledger) MarkedDamaged(ctx context.Context, folderID int64) (map[Key]RunID, error) {
	const op = "read marks of damaged messages"
	rows, err := l.readers.QueryContext(ctx, selectDamaged, folderID)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	marked := map[Key]RunID{}
	for rows.Next() {
		k := Key{FolderID: folderID}
		var run RunID
		if err := rows.Scan(&k.UIDValidity, &k.UID, &run); err != nil {
			return nil, wrap(op, scanError(err))
		}
		marked[k] = run
	}
	return marked, wrap(op, rows.Err())
}

// HadKey tells whether a message once had another UIDVALIDITY and UID.
func (l *Ledger) HadKey(ctx context.Context, k Key, uidValidity uint32, uid mailhaul.UID) (bool, error) {
	var had bool
	err := l.readers.QueryRowContext(ctx, selectHadKey, k.args(uidValidity, uid)...).Scan(&had)
	return had, wrap("read past of message", scanError(err))
}

// notThere turns the absence of a row into the error that callers test for.
func notThere(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fs.ErrNotExist
	}
	return err
}
