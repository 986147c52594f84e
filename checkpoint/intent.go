package checkpoint

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"time"

	"github.com/mailhaul/mailhaul"
)

// Intent is a message that was announced and not recorded since: whether it has
// arrived in the account is to be found out.
type Intent struct {
	FolderID int64
	// UIDValidity and UID are those of the message at the source.
	UIDValidity  uint32
	UID          mailhaul.UID
	Flags        mailhaul.Flags
	InternalDate time.Time // to the second, its zone to the minute; zero when the server gave none
	Size         int64     // in octets
	Fingerprint  mailhaul.Fingerprint
	Digest       mailhaul.Digest // zeros when it was not known
	// TargetUIDValidity is that of the target's folder, First the lowest UID that
	// the message can have there.
	TargetUIDValidity uint32
	First             mailhaul.UID
	Run               RunID // the run that announced it
}

const (
	insertIntent = `INSERT OR REPLACE INTO intent (folder, uidvalidity, uid, run, at_uidvalidity, first, flags, size,
		date, zone, digest, fingerprint) VALUES `
	insertIntentOne   = insertIntent + intentValues1
	insertIntentMany  = insertIntent + intentValues4 + `, ` + intentValues4 + `, ` + intentValues4 + `, ` + intentValues4
	intentValues4     = intentValues1 + `, ` + intentValues1 + `, ` + intentValues1 + `, ` + intentValues1
	intentValues1     = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	deleteIntentRange = `DELETE FROM intent WHERE folder = ? AND uidvalidity = ? AND uid BETWEEN ? AND ?`
	selectAnyIntent   = `SELECT EXISTS (SELECT 1 FROM intent)`
	selectFolderThere = `SELECT EXISTS (SELECT 1 FROM folder WHERE id = ? AND gone_run = 0)`
	selectIntents     = `SELECT i.folder, i.uidvalidity, i.uid, i.run, i.at_uidvalidity, i.first, s.flags, i.size,
		i.date, i.zone, i.digest, i.fingerprint FROM intent i LEFT JOIN flagset s ON s.id = i.flags
		ORDER BY i.folder, i.uidvalidity, i.uid`
)

// Announce writes down that messages are about to be sent to an account, under
// Intent.Folder.ID and .UIDValidity. When it returns nil they may be sent. An
// intent of the same message is replaced. A folder that is not there is an error
// that wraps fs.ErrNotExist; then none is announced.
func (l *Ledger) Announce(ctx context.Context, run RunID, intents []mailhaul.Intent) error {
	return l.Journal(ctx, run, intents, nil)
}

// Journal is Record of receipts, then Announce of intents, in one transaction:
// one sync for a batch that has arrived and the next one to send.
func (l *Ledger) Journal(ctx context.Context, run RunID, intents []mailhaul.Intent, receipts []mailhaul.Receipt) error {
	op := "record messages"
	switch {
	case len(intents) == 0 && len(receipts) == 0:
		return nil
	case len(receipts) == 0:
		op = "announce messages"
	}
	return l.update(ctx, op, func(w *writer) error {
		if len(receipts) > 0 {
			if err := w.record(run, receipts); err != nil {
				return err
			}
		}
		return w.announce(run, intents)
	})
}

func (w *writer) announce(run RunID, intents []mailhaul.Intent) error {
	if err := w.checkFolders(intents); err != nil {
		return err
	}
	var args []any
	for len(intents) > 0 {
		query, n := insertIntentOne, 1
		if len(intents) >= recordRows {
			query, n = insertIntentMany, recordRows
		}
		args = args[:0]
		for _, i := range intents[:n] {
			flags, err := w.flagset(i.Flags)
			if err != nil {
				return err
			}
			date, zone := toColumns(i.InternalDate)
			args = append(args, i.Folder.ID, i.Folder.UIDValidity, i.UID, int64(run), i.UIDValidity, i.First, flags,
				i.Size, date, zone, i.Digest[:], i.Fingerprint[:])
		}
		if _, err := w.exec(query, args...); err != nil {
			return fmt.Errorf("folder %q, UID %d to %d: %w", intents[0].Folder.Name, intents[0].UID, intents[n-1].UID, err)
		}
		w.announced = true
		intents = intents[n:]
	}
	return nil
}

// checkFolders tells whether the folders of all intents are there.
func (w *writer) checkFolders(intents []mailhaul.Intent) error {
	there := map[int64]bool{}
	for _, i := range intents {
		if there[i.Folder.ID] {
			continue
		}
		var found bool
		if err := w.row(selectFolderThere, []any{i.Folder.ID}, &found); err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("folder %d: %w", i.Folder.ID, fs.ErrNotExist)
		}
		there[i.Folder.ID] = true
	}
	return nil
}

// DropIntents forgets the intents of messages of a folder under a UIDVALIDITY of
// the source: it was found out that they did not arrive, or they will not be
// sent. Those that were not announced count for nothing.
func (l *Ledger) DropIntents(ctx context.Context, folderID int64, uidValidity uint32, uids mailhaul.UIDSet) error {
	return l.update(ctx, "drop intents", func(w *writer) error {
		return w.dropIntents(map[intentKey]mailhaul.UIDSet{{folderID, uidValidity}: uids})
	})
}

// intentKey is what the intents of a folder have in common.
type intentKey struct {
	folder      int64
	uidValidity uint32
}

// dropIntentsOf forgets the intents of messages that are recorded.
func (w *writer) dropIntentsOf(rs []mailhaul.Receipt) error {
	if !w.announced {
		return nil
	}
	uids := map[intentKey]mailhaul.UIDSet{}
	for _, r := range rs {
		key := intentKey{r.Folder.ID, r.Folder.UIDValidity}
		set := uids[key]
		set.Add(r.UID)
		uids[key] = set
	}
	return w.dropIntents(uids)
}

func (w *writer) dropIntents(uids map[intentKey]mailhaul.UIDSet) error {
	if !w.announced {
		return nil
	}
	for key, set := range uids {
		for _, r := range set.Ranges() {
			if _, err := w.exec(deleteIntentRange, key.folder, key.uidValidity, r.First, r.Last); err != nil {
				return err
			}
		}
	}
	return w.row(selectAnyIntent, nil, &w.announced)
}

// Intents returns the messages of which nobody knows whether they have arrived,
// by folder, UIDVALIDITY and UID: all of them, those of folders that are gone and
// those under an earlier UIDVALIDITY of the source included.
func (l *Ledger) Intents(ctx context.Context) ([]Intent, error) {
	const op = "read intents"
	rows, err := l.readers.QueryContext(ctx, selectIntents)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var intents []Intent
	for rows.Next() {
		i, err := scanIntent(rows.Scan)
		if err != nil {
			return nil, wrap(op, err)
		}
		intents = append(intents, i)
	}
	return intents, wrap(op, rows.Err())
}

func scanIntent(scan func(...any) error) (Intent, error) {
	var i Intent
	var flags sql.NullString
	var date, zone sql.NullInt64
	err := scan(&i.FolderID, &i.UIDValidity, &i.UID, &i.Run, &i.TargetUIDValidity, &i.First, &flags, &i.Size, &date, &zone,
		hash(i.Digest[:]), hash(i.Fingerprint[:]))
	if err != nil {
		return Intent{}, scanError(err)
	}
	if !flags.Valid {
		return Intent{}, damaged("the intent of UID %d in folder %d has flags that are not in the ledger", i.UID, i.FolderID)
	}
	i.Flags = mailhaul.Flags(flags.String)
	i.InternalDate = fromColumns(date, zone)
	return i, nil
}
