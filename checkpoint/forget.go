package checkpoint

import (
	"context"

	"github.com/mailhaul/mailhaul"
)

const (
	whereRange     = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid BETWEEN ?3 AND ?4`
	deletePastLive = `DELETE FROM message_past AS p ` + whereRange + ` AND EXISTS (SELECT 1 FROM message m
		WHERE m.folder = p.folder AND m.uidvalidity = p.uidvalidity AND m.uid = p.uid AND m.gone_run = 0)`
	deleteMessagesLive = `DELETE FROM message ` + whereRangeLive
	takeFromFolder     = `UPDATE folder SET live = live - ?1, live_octets = live_octets - ?2,
		uidnext = 0, highestmodseq = 0, messages = 0 WHERE id = ?3`
	// Octets that a receipt counted are read again only where there were any.
	updateStoredEnd = `UPDATE folder SET stored_end = (SELECT coalesce(max(start + stored), 0)
		FROM message WHERE folder = ?1) WHERE id = ?1 AND stored_end > 0`
)

// Forget deletes live messages of f, under its UIDVALIDITY, and their past from
// the ledger, so that they are copied again, and returns how many these were. The
// counters of the folder are forgotten, too: the next listing looks into it even
// if this run ends before the messages are copied. It is for copies into an
// account: an archive would give up what it stores.
func (l *Ledger) Forget(ctx context.Context, _ RunID, f *mailhaul.Folder, uids mailhaul.UIDSet) (n int64, err error) {
	err = l.update(ctx, "forget messages", func(w *writer) error {
		var octets int64
		n, octets, err = w.eachRange(ctx, f, uids, sumRange+whereRangeLive, func(key []any) error {
			if _, err := w.exec(deletePastLive, key...); err != nil {
				return err
			}
			_, err := w.exec(deleteMessagesLive, key...)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		if _, err := w.exec(takeFromFolder, n, octets, f.ID); err != nil {
			return err
		}
		_, err = w.exec(updateStoredEnd, f.ID)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
