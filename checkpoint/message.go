package checkpoint

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/mailhaul/mailhaul"
)

// Message is what the ledger knows of a message. Sizes and Offset are in
// octets and those of its receipt.
type Message struct {
	FolderID     int64
	UIDValidity  uint32
	UID          mailhaul.UID
	Flags        mailhaul.Flags
	InternalDate time.Time // to the second, its zone to the minute; zero when the server gave none
	Size         int64
	Stored       int64
	Offset       int64
	Digest       mailhaul.Digest // zeros when nobody knows it
	Fingerprint  mailhaul.Fingerprint
	LineEnds     mailhaul.LineEnds
	Place        string
	FirstRun     RunID // the run that recorded it
	GoneRun      RunID // the run that found it gone, 0 while it is there
}

const (
	selectMessageFrom = `SELECT m.folder, m.uidvalidity, m.uid, m.gone_run, s.flags, m.size, m.first_run, m.date, m.zone,
		m.stored, m.start, m.line_ends, m.digest, m.fingerprint, m.place
		FROM `
	selectMessage          = selectMessageFrom + `message m LEFT JOIN flagset s ON s.id = m.flags `
	selectMessagesOfFolder = selectMessage + `WHERE m.folder = ? ORDER BY m.uidvalidity, m.uid`
	selectMessagesPrinted  = selectMessage + `WHERE m.folder = ? AND substr(m.fingerprint, 1, 2) BETWEEN ? AND ?
		ORDER BY m.uidvalidity, m.uid`
	selectMessageByUID     = selectMessage + `WHERE m.folder = ? AND m.uidvalidity = ? AND m.uid = ?`
	selectUIDValidity      = `SELECT uidvalidity FROM folder WHERE id = ?`
	selectUIDValidityBelow = `SELECT max(uidvalidity) FROM message WHERE folder = ? AND uidvalidity < ?`
	selectUIDs             = `SELECT uid, gone_run FROM message WHERE folder = ? AND uidvalidity = ? ORDER BY uid`
)

// Messages yields all messages of a folder, those gone and those of an earlier
// UIDVALIDITY included, by UIDVALIDITY and UID. It ends after an error.
func (l *Ledger) Messages(ctx context.Context, folderID int64) iter.Seq2[Message, error] {
	return l.each(ctx, "read messages", selectMessagesOfFolder, folderID)
}

// MessagesPrinted yields those of Messages whose fingerprint is in a range.
func (l *Ledger) MessagesPrinted(ctx context.Context, folderID int64, r mailhaul.FingerprintRange) iter.Seq2[Message, error] {
	first, last := binary.BigEndian.AppendUint16(nil, r.First), binary.BigEndian.AppendUint16(nil, r.Last)
	return l.each(ctx, "read messages", selectMessagesPrinted, folderID, first, last)
}

// each yields the messages that a query gives.
func (l *Ledger) each(ctx context.Context, op, query string, args ...any) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		rows, err := l.readers.QueryContext(ctx, query, args...)
		if err != nil {
			yield(Message{}, wrap(op, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			m, err := scanMessage(rows.Scan)
			if err != nil {
				yield(Message{}, wrap(op, err))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Message{}, wrap(op, err))
		}
	}
}

// Message returns the message of a folder that has the UID under the folder's
// present UIDVALIDITY, else under the newest that knows it. The error wraps
// fs.ErrNotExist when there is none.
func (l *Ledger) Message(ctx context.Context, folderID int64, uid mailhaul.UID) (Message, error) {
	const op = "read message"
	var validity int64
	err := l.readers.QueryRowContext(ctx, selectUIDValidity, folderID).Scan(&validity)
	if errors.Is(err, sql.ErrNoRows) {
		return Message{}, fmt.Errorf("%s: folder %d: %w", op, folderID, fs.ErrNotExist)
	}
	below := afterUIDValidity
	for err == nil {
		var m Message
		m, err = scanMessage(l.readers.QueryRowContext(ctx, selectMessageByUID, folderID, validity, uid).Scan)
		if err == nil {
			return m, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			break
		}
		// The next older UIDVALIDITY, found by one seek in the key.
		var next sql.NullInt64
		err = l.readers.QueryRowContext(ctx, selectUIDValidityBelow, folderID, below).Scan(&next)
		if err == nil && !next.Valid {
			return Message{}, fmt.Errorf("%s: UID %d: %w", op, uid, fs.ErrNotExist)
		}
		validity, below = next.Int64, next.Int64
	}
	return Message{}, wrap(op, scanError(err))
}

// UIDs returns the UIDs that the ledger knows in a folder under a UIDVALIDITY,
// those of messages that are there and those of messages gone.
func (l *Ledger) UIDs(ctx context.Context, folderID int64, uidValidity uint32) (live, gone mailhaul.UIDSet, err error) {
	const op = "read UIDs"
	rows, err := l.readers.QueryContext(ctx, selectUIDs, folderID, uidValidity)
	if err != nil {
		return mailhaul.UIDSet{}, mailhaul.UIDSet{}, wrap(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var uid mailhaul.UID
		var goneRun RunID
		if err := rows.Scan(&uid, &goneRun); err != nil {
			return mailhaul.UIDSet{}, mailhaul.UIDSet{}, wrap(op, scanError(err))
		}
		if goneRun == 0 {
			live.Add(uid)
		} else {
			gone.Add(uid)
		}
	}
	if err := rows.Err(); err != nil {
		return mailhaul.UIDSet{}, mailhaul.UIDSet{}, wrap(op, err)
	}
	return live, gone, nil
}

func scanMessage(scan func(...any) error) (Message, error) {
	var m Message
	var flags sql.NullString
	var date, zone sql.NullInt64
	err := scan(&m.FolderID, &m.UIDValidity, &m.UID, &m.GoneRun, &flags, &m.Size, &m.FirstRun, &date, &zone,
		&m.Stored, &m.Offset, &m.LineEnds, hash(m.Digest[:]), hash(m.Fingerprint[:]), &m.Place)
	if err != nil {
		return Message{}, scanError(err)
	}
	if !flags.Valid {
		return Message{}, damaged("UID %d in folder %d has flags that are not in the ledger", m.UID, m.FolderID)
	}
	m.Flags = mailhaul.Flags(flags.String)
	m.InternalDate = fromColumns(date, zone)
	return m, nil
}

// hash takes a BLOB of exactly its own length.
type hash []byte

// Scan implements [sql.Scanner].
func (h hash) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("a hash of %d octets is %T of %d", len(h), value, len(b))
	}
	copy(h, b)
	return nil
}

// toColumns splits a date into Unix seconds and the zone's offset in minutes.
// A Unix time in nanoseconds could not hold the years 1 and 9999.
func toColumns(t time.Time) (date, zone sql.NullInt64) {
	_, offset := t.Zone()
	if t.IsZero() && offset == 0 {
		return date, zone
	}
	return sql.NullInt64{Int64: t.Unix(), Valid: true}, sql.NullInt64{Int64: int64(offset / 60), Valid: true}
}

func fromColumns(date, zone sql.NullInt64) time.Time {
	if !date.Valid {
		return time.Time{}
	}
	return time.Unix(date.Int64, 0).In(time.FixedZone("", int(zone.Int64)*60))
}
