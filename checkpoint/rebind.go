package checkpoint

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

// Rebinding says that a message that was known under an old UIDVALIDITY and
// UID has a new UID under the folder's present UIDVALIDITY.
type Rebinding struct {
	OldUIDValidity uint32
	OldUID, UID    mailhaul.UID
}

const (
	sumPresence = `SELECT count(*), coalesce(sum(gone_run <> 0), 0), coalesce(sum(iif(gone_run <> 0, size, 0)), 0)
		FROM message ` + whereRange
	rebindMessages = `UPDATE message SET uidvalidity = ?5, uid = uid + ?6, gone_run = 0 ` + whereRange
	// The past knows the key that each message had then.
	rebindPast = `UPDATE message_past SET uidvalidity = ?5, uid = uid + ?6,
		was_uidvalidity = coalesce(was_uidvalidity, uidvalidity), was_uid = coalesce(was_uid, uid) ` + whereRange
	rebindIntents  = `UPDATE intent SET uidvalidity = ?5, uid = uid + ?6 ` + whereRange
	whereParked    = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid > ?3`
	unparkMessages = `UPDATE message SET uid = uid - ?3 ` + whereParked
	unparkPast     = `UPDATE message_past SET uid = uid - ?3 ` + whereParked
	unparkIntents  = `UPDATE intent SET uid = uid - ?3 ` + whereParked
)

// parked, added to a UID, gives none that a message can have.
const parked = int64(1) << 32

// Rebind moves messages to the UIDVALIDITY of f and their new UIDs, with their
// digest, place, dates, flags, past and intent; those that were gone are there
// again. A message that was only announced is moved, too: its intent is. One that
// is not known is an error that wraps fs.ErrNotExist, a new UID that another
// message keeps one that wraps fs.ErrExist; then none is moved.
func (l *Ledger) Rebind(ctx context.Context, run RunID, f *mailhaul.Folder, rs []Rebinding) error {
	_, err := l.move(ctx, "rebind messages", f.ID, func(w *writer) (revived, octets int64, err error) {
		if len(rs) == 0 {
			return 0, 0, nil
		}
		folder, err := w.folder(selectFolder, f.ID)
		if err != nil {
			return 0, 0, err
		}
		if err := w.row(selectAnyIntent, nil, &w.announced); err != nil {
			return 0, 0, err
		}
		// Within one UIDVALIDITY messages can take each other's UIDs, so all
		// leave their old UIDs first.
		offset := int64(0)
		for _, r := range rs {
			if r.OldUIDValidity == f.UIDValidity {
				offset = parked
			}
		}
		for len(rs) > 0 {
			n := 1
			if !w.announced { // where a message may have no row, one at a time
				n = together(rs)
			}
			some, size, err := w.rebind(run, folder, f, rs[:n], offset)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return 0, 0, fmt.Errorf("%d messages from UID %d under UIDVALIDITY %d to UID %d under %d: %w",
					n, rs[0].OldUID, rs[0].OldUIDValidity, rs[0].UID, f.UIDValidity, err)
			}
			revived, octets, rs = revived+some, octets+size, rs[n:]
		}
		if offset != 0 {
			err = w.unpark(f, offset)
		}
		return revived, octets, err
	})
	return err
}

// together returns how many of rs, from the first on, move by the same distance
// and stay neighbours: one statement moves them.
func together(rs []Rebinding) int {
	for n := 1; n < len(rs); n++ {
		step := int64(n)
		if n == maxRows || rs[n].OldUIDValidity != rs[0].OldUIDValidity ||
			int64(rs[n].OldUID) != int64(rs[0].OldUID)+step || int64(rs[n].UID) != int64(rs[0].UID)+step {
			return n
		}
	}
	return len(rs)
}

// rebind moves messages that stay neighbours, to offset above their new UIDs,
// and returns how many of them were gone, and their octets.
func (w *writer) rebind(run RunID, folder Folder, f *mailhaul.Folder, rs []Rebinding, offset int64) (
	revived, octets int64, err error,
) {
	first, last := rs[0], rs[len(rs)-1]
	key := []any{f.ID, first.OldUIDValidity, first.OldUID, last.OldUID}
	to := append(key, f.UIDValidity, int64(first.UID)-int64(first.OldUID)+offset)
	var intents, known int64
	if w.announced {
		if intents, err = w.exec(rebindIntents, to...); err != nil {
			return 0, 0, err
		}
	}
	if err := w.row(sumPresence, key, &known, &revived, &octets); err != nil {
		return 0, 0, err
	}
	switch {
	case known == 0 && intents > 0:
		return 0, 0, nil
	case known < int64(len(rs)):
		return 0, 0, fs.ErrNotExist
	}
	if _, err := w.exec(keepMessagePast+whereRange, append(key, int64(run))...); err != nil {
		return 0, 0, err
	}
	for _, query := range []string{rebindMessages, rebindPast} {
		if _, err := w.exec(query, to...); err != nil {
			return 0, 0, err
		}
	}
	if folder.Failures == 0 {
		return revived, octets, nil
	}
	for _, r := range rs {
		if err := w.dropFailure(f.ID, f.UIDValidity, r.UID); err != nil {
			return 0, 0, err
		}
	}
	return revived, octets, nil
}

// unpark moves what was parked to its UIDs.
func (w *writer) unpark(f *mailhaul.Folder, offset int64) error {
	for _, query := range []string{unparkMessages, unparkPast, unparkIntents} {
		if _, err := w.exec(query, f.ID, f.UIDValidity, offset); err != nil {
			return err
		}
	}
	return nil
}
