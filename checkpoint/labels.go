package checkpoint

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mailhaul/mailhaul"
)

const (
	putLabel = `INSERT OR REPLACE INTO label (folder, uidvalidity, uid, labels)
		SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM message ` + whereOne + `)`
	deleteLabel  = `DELETE FROM label ` + whereOne
	selectLabels = `SELECT labels FROM label ` + whereOne
)

// SetLabels says which labels messages of f have, under its UIDVALIDITY. Messages
// that the ledger does not know are left out. What labels they had is not kept.
func (l *Ledger) SetLabels(ctx context.Context, f *mailhaul.Folder, now []mailhaul.UIDLabels) error {
	if len(now) == 0 {
		return nil
	}
	return l.update(ctx, "set labels", func(w *writer) error {
		for _, m := range now {
			err := ctx.Err()
			if err == nil && m.Labels == "" {
				_, err = w.exec(deleteLabel, f.ID, f.UIDValidity, m.UID)
			} else if err == nil {
				_, err = w.exec(putLabel, f.ID, f.UIDValidity, m.UID, string(m.Labels))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Labels returns the labels that a message had when they were last asked for.
func (l *Ledger) Labels(ctx context.Context, m Message) (mailhaul.Labels, error) {
	var labels string
	err := l.readers.QueryRowContext(ctx, selectLabels, m.FolderID, m.UIDValidity, m.UID).Scan(&labels)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", wrap("read labels", scanError(err))
	}
	return mailhaul.Labels(labels), nil
}
