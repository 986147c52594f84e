package checkpoint

import (
	"context"
	"database/sql"
	"errors"
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
	keepPastOne = `INSERT OR IGNORE INTO message_past (folder, uidvalidity, uid, run, flags, gone_run)
		SELECT folder, uidvalidity, uid, ?4, flags, gone_run FROM message ` + whereOne
	selectPresence = `SELECT gone_run, size FROM message ` + whereOne
	rebindMessage  = `UPDATE message SET uidvalidity = ?4, uid = ?5, gone_run = 0 ` + whereOne
	rebindPast     = `UPDATE message_past SET uidvalidity = ?4, uid = ?5 ` + whereOne
	whereParked    = `WHERE folder = ?1 AND uidvalidity = ?2 AND uid > ?3`
	unparkMessages = `UPDATE message SET uid = uid - ?3 ` + whereParked
	unparkPast     = `UPDATE message_past SET uid = uid - ?3 ` + whereParked
)

// parked, added to a UID, gives none that a message can have.
const parked = int64(1) << 32

// Rebind moves messages to the UIDVALIDITY of f and their new UIDs, with their
// digest, place, dates, flags and past; those that were gone are there again. A
// message that is not known is an error that wraps fs.ErrNotExist, a new UID
// that another message keeps one that wraps fs.ErrExist; then none is moved.
func (l *Ledger) Rebind(ctx context.Context, run RunID, f *mailhaul.Folder, rs []Rebinding) error {
	_, err := l.move(ctx, "rebind messages", f.ID, func(w *writer) (revived, octets int64, err error) {
		if len(rs) == 0 {
			return 0, 0, nil
		}
		folder, err := w.folder(selectFolder, f.ID)
		if err != nil {
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
		for _, r := range rs {
			size, wasGone, err := w.rebind(run, f, r, offset)
			if err == nil && folder.Failures > 0 {
				err = w.dropFailure(f.ID, f.UIDValidity, r.UID)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return 0, 0, fmt.Errorf("UID %d under UIDVALIDITY %d to UID %d under %d: %w",
					r.OldUID, r.OldUIDValidity, r.UID, f.UIDValidity, err)
			}
			if wasGone {
				revived, octets = revived+1, octets+size
			}
		}
		if offset == 0 {
			return revived, octets, nil
		}
		for _, unpark := range []string{unparkMessages, unparkPast} {
			if _, err := w.exec(unpark, f.ID, f.UIDValidity, offset); err != nil {
				return 0, 0, err
			}
		}
		return revived, octets, nil
	})
	return err
}

// rebind moves one message, offset added to its new UID, and tells its size and
// whether it was gone.
func (w *writer) rebind(run RunID, f *mailhaul.Folder, r Rebinding, offset int64) (size int64, wasGone bool, err error) {
	var goneRun RunID
	err = w.row(selectPresence, []any{f.ID, r.OldUIDValidity, r.OldUID}, &goneRun, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, fs.ErrNotExist
	}
	if err != nil {
		return 0, false, err
	}
	if goneRun != 0 {
		if _, err := w.exec(keepPastOne, f.ID, r.OldUIDValidity, r.OldUID, int64(run)); err != nil {
			return 0, false, err
		}
	}
	for _, query := range []string{rebindMessage, rebindPast} {
		if _, err := w.exec(query, f.ID, r.OldUIDValidity, r.OldUID, f.UIDValidity, int64(r.UID)+offset); err != nil {
			return 0, false, err
		}
	}
	return size, goneRun != 0, nil
}
