package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

// recordRows is how many rows one INSERT takes: 16 are half as fast again as 1.
const recordRows = 16

const insertMessage = `INSERT INTO message (folder, uidvalidity, uid, flags, size, first_run, date, zone, stored,
	start, line_ends, digest, fingerprint, place) VALUES `

const (
	insertMessageOne  = insertMessage + values1
	insertMessageMany = insertMessage + values4 + `, ` + values4 + `, ` + values4 + `, ` + values4
	values4           = values1 + `, ` + values1 + `, ` + values1 + `, ` + values1
	values1           = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateFolderAdded = `UPDATE folder SET live = live + ?, live_octets = live_octets + ?,
		stored_end = max(stored_end, ?) WHERE id = ? AND gone_run = 0 RETURNING failures`
)

// Record writes down messages that are durable at the target, in one
// transaction: their rows under Receipt.Folder.ID and .UIDValidity, the sums of
// their folders, that they do not fail any more, and that their intents are
// done. A message that is in the ledger already, live or gone, is an error that
// wraps fs.ErrExist, a folder that is not there one that wraps fs.ErrNotExist, a
// receipt with an Err one that wraps it; then none of rs is recorded.
//
// A Digest of zeros is one that nobody knows: the message was recognised at the
// target by its header.
func (l *Ledger) Record(ctx context.Context, run RunID, rs []mailhaul.Receipt) error {
	return l.Journal(ctx, run, nil, rs)
}

// record is Record within a transaction.
func (w *writer) record(run RunID, rs []mailhaul.Receipt) error {
	if err := w.insertMessages(run, rs); err != nil {
		return err
	}
	failing, err := w.addToFolders(rs)
	if err != nil {
		return err
	}
	if len(failing) > 0 {
		for _, r := range rs {
			if !failing[r.Folder.ID] {
				continue
			}
			if err := w.dropFailure(r.Folder.ID, r.Folder.UIDValidity, r.UID); err != nil {
				return err
			}
		}
	}
	return w.dropIntentsOf(rs)
}

func (w *writer) insertMessages(run RunID, rs []mailhaul.Receipt) error {
	var args []any
	for len(rs) > 0 {
		query, n := insertMessageOne, 1
		if len(rs) >= recordRows {
			query, n = insertMessageMany, recordRows
		}
		args = args[:0]
		for _, r := range rs[:n] {
			if r.Err != nil {
				return fmt.Errorf("folder %q, UID %d was not stored: %w", r.Folder.Name, r.UID, r.Err)
			}
			flags, err := w.flagset(r.Flags)
			if err != nil {
				return err
			}
			date, zone := toColumns(r.InternalDate)
			args = append(args, r.Folder.ID, r.Folder.UIDValidity, r.UID, flags, r.Size, int64(run), date, zone,
				r.Stored, r.Offset, r.LineEnds, r.Digest[:], r.Fingerprint[:], r.Place)
		}
		if _, err := w.exec(query, args...); err != nil {
			return fmt.Errorf("folder %q, UID %d to %d: %w", rs[0].Folder.Name, rs[0].UID, rs[n-1].UID, err)
		}
		rs = rs[n:]
	}
	return nil
}

// addToFolders adds messages to the sums of their folders and returns the
// folders that have failures.
func (w *writer) addToFolders(rs []mailhaul.Receipt) (failing map[int64]bool, err error) {
	type sums struct{ messages, octets, end int64 }
	added := map[int64]sums{}
	for _, r := range rs {
		s := added[r.Folder.ID]
		added[r.Folder.ID] = sums{s.messages + 1, s.octets + r.Size, max(s.end, r.Offset+r.Stored)}
	}
	failing = map[int64]bool{}
	for id, s := range added {
		var failures int64
		err := w.row(updateFolderAdded, []any{s.messages, s.octets, s.end, id}, &failures)
		if errors.Is(err, sql.ErrNoRows) {
			err = fmt.Errorf("folder %d: %w", id, fs.ErrNotExist)
		}
		if err != nil {
			return nil, err
		}
		if failures > 0 {
			failing[id] = true
		}
	}
	return failing, nil
}
