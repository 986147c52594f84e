package checkpoint

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

const (
	sumRange        = `SELECT count(*), coalesce(sum(size), 0) FROM message `
	keepMessagePast = `INSERT OR IGNORE INTO message_past (folder, uidvalidity, uid, run, flags, gone_run)
		SELECT folder, uidvalidity, uid, ?5, flags, gone_run FROM message `
	setGoneRun       = `UPDATE message SET gone_run = ?5 `
	setThere         = `UPDATE message SET gone_run = 0 `
	whereRangeLive   = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid BETWEEN ?3 AND ?4 AND gone_run = 0`
	whereRangeGone   = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid BETWEEN ?3 AND ?4 AND gone_run <> 0`
	whereOlderLive   = `WHERE folder = ?1 AND uidvalidity >= ?2 AND uidvalidity < ?3 AND gone_run = 0`
	sumOlderLive     = sumRange + whereOlderLive
	setOlderGone     = `UPDATE message SET gone_run = ?4 ` + whereOlderLive
	moveFolderCounts = `UPDATE folder SET live = live + ?1, gone = gone - ?1, live_octets = live_octets + ?2
		WHERE id = ?3 AND gone_run = 0`
)

// afterUIDValidity is above every UIDVALIDITY.
const afterUIDValidity = int64(1) << 32

// MarkGone marks live messages of f, under its UIDVALIDITY, gone and returns
// how many these were. What is gone already or not known counts for nothing.
func (l *Ledger) MarkGone(ctx context.Context, run RunID, f *mailhaul.Folder, uids mailhaul.UIDSet) (int64, error) {
	return l.move(ctx, "mark messages gone", f.ID, func(w *writer) (n, octets int64, err error) {
		n, octets, err = w.eachRange(ctx, f, uids, sumRange+whereRangeLive, func(key []any) error {
			_, err := w.exec(setGoneRun+whereRangeLive, append(key, int64(run))...)
			return err
		})
		return -n, -octets, err
	})
}

// Revive says that messages of f that were gone, under its UIDVALIDITY, are
// there again, and returns how many these were.
func (l *Ledger) Revive(ctx context.Context, run RunID, f *mailhaul.Folder, uids mailhaul.UIDSet) (int64, error) {
	return l.move(ctx, "revive messages", f.ID, func(w *writer) (n, octets int64, err error) {
		return w.eachRange(ctx, f, uids, sumRange+whereRangeGone, func(key []any) error {
			if _, err := w.exec(keepMessagePast+whereRangeGone, append(key, int64(run))...); err != nil {
				return err
			}
			_, err := w.exec(setThere+whereRangeGone, key...)
			return err
		})
	})
}

// MarkOldGone marks the live messages of f whose UIDVALIDITY is not that of f
// gone and returns how many these were.
func (l *Ledger) MarkOldGone(ctx context.Context, run RunID, f *mailhaul.Folder) (int64, error) {
	return l.move(ctx, "mark messages of an old UIDVALIDITY gone", f.ID, func(w *writer) (n, octets int64, err error) {
		spans := [][2]int64{{0, int64(f.UIDValidity)}, {int64(f.UIDValidity) + 1, afterUIDValidity}}
		for _, span := range spans {
			var some, size int64
			if err := w.row(sumOlderLive, []any{f.ID, span[0], span[1]}, &some, &size); err != nil {
				return 0, 0, err
			}
			if some == 0 {
				continue
			}
			if _, err := w.exec(setOlderGone, f.ID, span[0], span[1], int64(run)); err != nil {
				return 0, 0, err
			}
			n, octets = n-some, octets-size
		}
		return n, octets, nil
	})
}

// move runs fn, which says how many messages came alive (gone: negative) and
// their octets, puts that into the folder's sums and returns the number.
func (l *Ledger) move(ctx context.Context, op string, folder int64,
	fn func(*writer) (n, octets int64, err error),
) (moved int64, err error) {
	err = l.update(ctx, op, func(w *writer) error {
		n, octets, err := fn(w)
		if err != nil || n == 0 {
			return err
		}
		moved = max(n, -n)
		return w.moveCounts(folder, n, octets)
	})
	if err != nil {
		return 0, err
	}
	return moved, nil
}

// moveCounts puts n messages that came alive (gone: negative) and their octets
// into the sums of their folder.
func (w *writer) moveCounts(folder, n, octets int64) error {
	changed, err := w.exec(moveFolderCounts, n, octets, folder)
	if err == nil && changed == 0 {
		return fmt.Errorf("folder %d: %w", folder, fs.ErrNotExist)
	}
	return err
}

// eachRange calls change with folder, UIDVALIDITY, first and last UID of each
// range in which sum counts messages, and returns their number and octets.
func (w *writer) eachRange(ctx context.Context, f *mailhaul.Folder, uids mailhaul.UIDSet, sum string,
	change func(key []any) error,
) (n, octets int64, err error) {
	for _, r := range uids.Ranges() {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		key := []any{f.ID, f.UIDValidity, r.First, r.Last}
		var some, size int64
		if err := w.row(sum, key, &some, &size); err != nil {
			return 0, 0, err
		}
		if some == 0 {
			continue
		}
		if err := change(key); err != nil {
			return 0, 0, fmt.Errorf("UID %d to %d: %w", r.First, r.Last, err)
		}
		n, octets = n+some, octets+size
	}
	return n, octets, nil
}
