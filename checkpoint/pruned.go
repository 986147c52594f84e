package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/mailhaul/mailhaul"
)

const (
	selectUnremoved = `SELECT s.flags, p.place FROM pruned p LEFT JOIN flagset s ON s.id = p.flags
		WHERE p.folder = ? AND p.place <> '' ORDER BY p.place LIMIT ?`
	isUnremoved      = `SELECT EXISTS (SELECT 1 FROM pruned WHERE folder = ? AND place = ? AND place <> '')`
	updateRemoved    = `UPDATE pruned SET place = '' WHERE folder = ? AND place = ? AND place <> ''`
	selectUnfinished = `SELECT EXISTS (SELECT 1 FROM pruned WHERE place <> '')
		OR EXISTS (SELECT 1 FROM rewritten WHERE renamed = 0)`
	selectPrunedOne = `SELECT uidvalidity, run, gone_run, size, date, zone FROM pruned WHERE folder = ? AND uid = ?
		ORDER BY run DESC, uidvalidity DESC LIMIT 1`
	selectPrunedAsOf = `SELECT folder, uidvalidity, uid, run, size FROM pruned WHERE first_run <= ?1 AND gone_run > ?1
		ORDER BY folder, uidvalidity, uid, run`
	sumPrunedSince = `SELECT count(*), coalesce(sum(size), 0) FROM pruned WHERE gone_run > ?`
)

// PruneUnfinished tells whether files have yet to be removed or renamed.
func (l *Ledger) PruneUnfinished(ctx context.Context) (bool, error) {
	return l.exists(ctx, "look for unfinished prune", selectUnfinished)
}

// Unremoved is a file of a pruned message that has yet to be removed.
type Unremoved struct {
	Place string
	Flags mailhaul.Flags
}

// Unremoved returns up to limit files of pruned messages that have yet to be
// removed.
func (l *Ledger) Unremoved(ctx context.Context, folderID int64, limit int) ([]Unremoved, error) {
	const op = "read files to be removed"
	rows, err := l.readers.QueryContext(ctx, selectUnremoved, folderID, limit)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var all []Unremoved
	for rows.Next() {
		var u Unremoved
		var flags sql.NullString
		if err := rows.Scan(&flags, &u.Place); err != nil {
			return nil, wrap(op, scanError(err))
		}
		u.Flags = mailhaul.Flags(flags.String)
		all = append(all, u)
	}
	return all, wrap(op, rows.Err())
}

// IsUnremoved tells whether a file is one of a pruned message that has yet to be
// removed.
func (l *Ledger) IsUnremoved(ctx context.Context, folderID int64, place string) (bool, error) {
	return l.exists(ctx, "look for pruned message", isUnremoved, folderID, place)
}

// Removed says that files of pruned messages are removed, durably.
func (l *Ledger) Removed(ctx context.Context, folderID int64, files []Unremoved) error {
	return l.update(ctx, "note removed files", func(w *writer) error {
		for _, f := range files {
			if _, err := w.exec(updateRemoved, folderID, f.Place); err != nil {
				return err
			}
		}
		return nil
	})
}

// exists answers a query with yes or no.
func (l *Ledger) exists(ctx context.Context, op, query string, args ...any) (yes bool, err error) {
	err = l.readers.QueryRowContext(ctx, query, args...).Scan(&yes)
	return yes, wrap(op, scanError(err))
}

// Pruned is what is known of a message that was pruned.
type Pruned struct {
	UIDValidity  uint32
	Size         int64 // octets
	InternalDate time.Time
	GoneRun, Run RunID // that found it gone, and that pruned it
}

// Pruned returns the message of a folder that had the UID and was pruned last. The
// error wraps fs.ErrNotExist when there is none.
func (l *Ledger) Pruned(ctx context.Context, folderID int64, uid mailhaul.UID) (Pruned, error) {
	const op = "read pruned message"
	var p Pruned
	var date, zone sql.NullInt64
	err := l.readers.QueryRowContext(ctx, selectPrunedOne, folderID, uid).
		Scan(&p.UIDValidity, &p.Run, &p.GoneRun, &p.Size, &date, &zone)
	if errors.Is(err, sql.ErrNoRows) {
		return Pruned{}, fmt.Errorf("%s: UID %d: %w", op, uid, fs.ErrNotExist)
	}
	p.InternalDate = fromColumns(date, zone)
	return p, wrap(op, scanError(err))
}

// PrunedSince sums up, in messages and octets, what was pruned of the messages that
// runs after since had found gone.
func (l *Ledger) PrunedSince(ctx context.Context, since RunID) (messages, octets int64, err error) {
	err = l.readers.QueryRowContext(ctx, sumPrunedSince, int64(since)).Scan(&messages, &octets)
	return messages, octets, wrap("sum up pruned messages", scanError(err))
}

// PrunedPart are messages under one UIDVALIDITY of a folder that one run pruned.
type PrunedPart struct {
	FolderID    int64
	UIDValidity uint32
	Run         RunID
	UIDs        mailhaul.UIDSet
	Octets      int64
}

// Pruned returns what was there then and has been pruned since, under the UIDs that
// it had last. A message that went, came back and went again is taken to have been
// there all the time.
func (a *AsOf) Pruned(ctx context.Context) ([]PrunedPart, error) {
	const op = "read pruned messages of the past"
	rows, err := a.l.readers.QueryContext(ctx, selectPrunedAsOf, int64(a.run))
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	type place struct {
		folder      int64
		uidValidity uint32
		run         RunID
	}
	index := map[place]int{}
	var parts []PrunedPart
	for rows.Next() {
		var p place
		var uid mailhaul.UID
		var size int64
		if err := rows.Scan(&p.folder, &p.uidValidity, &uid, &p.run, &size); err != nil {
			return nil, wrap(op, scanError(err))
		}
		i, known := index[p]
		if !known {
			i = len(parts)
			index[p] = i
			parts = append(parts, PrunedPart{FolderID: p.folder, UIDValidity: p.uidValidity, Run: p.run})
		}
		parts[i].UIDs.Add(uid)
		parts[i].Octets += size
	}
	return parts, wrap(op, rows.Err())
}
