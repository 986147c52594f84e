package checkpoint

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"iter"

	"github.com/mailhaul/mailhaul"
)

const (
	// The first past that a later run kept is the state at the end of the run;
	// without one it is the present state. ?1 is the folder, ?2 the run.
	joinAsOf = `LEFT JOIN message_past p
		ON p.folder = m.folder AND p.uidvalidity = m.uidvalidity AND p.uid = m.uid
		AND p.run = (SELECT min(q.run) FROM message_past q
			WHERE q.folder = m.folder AND q.uidvalidity = m.uidvalidity AND q.uid = m.uid AND q.run > ?2) `
	joinFlagsAsOf   = `LEFT JOIN flagset s ON s.id = coalesce(p.flags, m.flags) `
	fromAsOf        = ` FROM message m ` + joinAsOf
	whereAsOf       = `WHERE m.folder = ?1 AND m.first_run <= ?2 `
	stateAsOf       = `coalesce(p.was_uidvalidity, m.uidvalidity), coalesce(p.was_uid, m.uid), coalesce(p.gone_run, m.gone_run)`
	selectStateAsOf = `SELECT m.folder, ` + stateAsOf + `, s.flags, m.size, m.first_run, m.date, m.zone, m.stored, m.start,
		m.line_ends, m.digest, m.fingerprint, m.place `
	selectAsOf = selectStateAsOf + fromAsOf + joinFlagsAsOf
	// The order of the rows costs nothing; that of the keys of then is sorted.
	selectMessagesAsOf       = selectAsOf + whereAsOf + `ORDER BY m.uidvalidity, m.uid`
	selectMessagesAsOfSorted = selectAsOf + whereAsOf + `ORDER BY 2, 3`
	selectUIDsAsOf           = `SELECT coalesce(p.was_uid, m.uid), coalesce(p.gone_run, m.gone_run)` + fromAsOf + whereAsOf + `
		AND coalesce(p.was_uidvalidity, m.uidvalidity) = ?3 ORDER BY m.uidvalidity, m.uid`
	selectKeysChanged = `SELECT EXISTS (SELECT 1 FROM message_past WHERE folder = ? AND run > ? AND was_uid IS NOT NULL)`
	// The few rows that have the UID, or had it, are found by seeks: one for each
	// UIDVALIDITY, and one for each key that had the UID.
	selectMessageAsOf = `WITH RECURSIVE
		validity(x) AS (SELECT max(uidvalidity) FROM message WHERE folder = ?1
			UNION ALL SELECT (SELECT max(uidvalidity) FROM message WHERE folder = ?1 AND uidvalidity < validity.x)
				FROM validity WHERE x IS NOT NULL),
		had(uidvalidity, uid) AS (SELECT x, ?3 FROM validity WHERE x IS NOT NULL
			UNION SELECT uidvalidity, uid FROM message_past WHERE folder = ?1 AND run > ?2 AND was_uid = ?3)
		` + selectStateAsOf + `FROM had CROSS JOIN message m
			ON m.folder = ?1 AND m.uidvalidity = had.uidvalidity AND m.uid = had.uid ` + joinAsOf + joinFlagsAsOf + `
		WHERE m.first_run <= ?2 AND coalesce(p.was_uid, m.uid) = ?3 ORDER BY 2 DESC`
	selectUIDValidityAsOf = `SELECT coalesce(
		(SELECT uidvalidity FROM folder_past WHERE folder = ?1 AND run > ?2 ORDER BY run LIMIT 1),
		(SELECT uidvalidity FROM folder WHERE id = ?1))`
	selectMoves = `SELECT coalesce(p.was_uidvalidity, m.uidvalidity), p.was_uid, m.uidvalidity, m.uid` + fromAsOf +
		whereAsOf + `AND p.was_uid IS NOT NULL`
)

// Messages yields the messages of a folder that had been recorded by then, those
// gone and those of an earlier UIDVALIDITY included, by the UIDVALIDITY and UID
// that they had. It ends after an error.
func (a *AsOf) Messages(ctx context.Context, folderID int64) iter.Seq2[Message, error] {
	const op = "read messages of the past"
	return func(yield func(Message, error) bool) {
		query, err := a.inOrder(ctx, folderID)
		if err != nil {
			yield(Message{}, wrap(op, err))
			return
		}
		a.each(ctx, op, query, folderID)(yield)
	}
}

// each yields the messages that a query gives, whose first arguments are the
// folder and the run.
func (a *AsOf) each(ctx context.Context, op, query string, folderID int64, more ...any) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for m, err := range a.l.each(ctx, op, query, append([]any{folderID, int64(a.run)}, more...)...) {
			if m.GoneRun > a.run {
				m.GoneRun = 0
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// inOrder returns the query that gives a folder's messages in the order of the
// keys that they had.
func (a *AsOf) inOrder(ctx context.Context, folderID int64) (string, error) {
	var changed bool
	err := a.l.readers.QueryRowContext(ctx, selectKeysChanged, folderID, int64(a.run)).Scan(&changed)
	if err != nil {
		return "", scanError(err)
	}
	if changed {
		return selectMessagesAsOfSorted, nil
	}
	return selectMessagesAsOf, nil
}

// Message returns the message of a folder that had the UID under the folder's
// UIDVALIDITY of then, else under the newest that knew it. The error wraps
// fs.ErrNotExist when there was none.
func (a *AsOf) Message(ctx context.Context, folderID int64, uid mailhaul.UID) (Message, error) {
	const op = "read message of the past"
	var validity sql.Null[uint32]
	err := a.l.readers.QueryRowContext(ctx, selectUIDValidityAsOf, folderID, int64(a.run)).Scan(&validity)
	if err != nil {
		return Message{}, wrap(op, scanError(err))
	}
	var found Message
	for m, err := range a.each(ctx, op, selectMessageAsOf, folderID, uid) {
		if err != nil {
			return Message{}, err
		}
		if found.UID == 0 || m.UIDValidity == validity.V {
			found = m
		}
	}
	if found.UID == 0 {
		return Message{}, fmt.Errorf("%s: UID %d: %w", op, uid, fs.ErrNotExist)
	}
	return found, nil
}

// UIDs returns the UIDs that the ledger knew in a folder under a UIDVALIDITY,
// those of messages that were there and those of messages gone.
func (a *AsOf) UIDs(ctx context.Context, folderID int64, uidValidity uint32) (live, gone mailhaul.UIDSet, err error) {
	const op = "read UIDs of the past"
	rows, err := a.l.readers.QueryContext(ctx, selectUIDsAsOf, folderID, int64(a.run), uidValidity)
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
		if goneRun == 0 || goneRun > a.run {
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

// Move says which key a message has now that had another one.
type Move struct {
	OldUIDValidity uint32
	OldUID         mailhaul.UID
	UIDValidity    uint32
	UID            mailhaul.UID
}

// Moves yields the messages of a folder that have another UIDVALIDITY or UID now
// than they had, in no certain order. It ends after an error.
func (a *AsOf) Moves(ctx context.Context, folderID int64) iter.Seq2[Move, error] {
	const op = "read moves of messages"
	return func(yield func(Move, error) bool) {
		rows, err := a.l.readers.QueryContext(ctx, selectMoves, folderID, int64(a.run))
		if err != nil {
			yield(Move{}, wrap(op, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var m Move
			if err := rows.Scan(&m.OldUIDValidity, &m.OldUID, &m.UIDValidity, &m.UID); err != nil {
				yield(Move{}, wrap(op, scanError(err)))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Move{}, wrap(op, err))
		}
	}
}
