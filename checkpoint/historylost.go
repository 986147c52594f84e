package checkpoint

import (
	"context"
	"database/sql"
	"iter"
	"math"
	"slices"

	"github.com/mailhaul/mailhaul"
)

const (
	selectLost = selectMessage + `WHERE m.gone_run > ? ORDER BY m.folder, m.uidvalidity, m.uid`
	// A digest of zeros is not known: nobody can tell whose octets these are.
	selectGoneDigests      = `SELECT digest, gone_run FROM message WHERE gone_run > ? AND digest <> zeroblob(32)`
	selectUIDValidityAbove = `SELECT min(uidvalidity) FROM message WHERE folder = ? AND uidvalidity > ?`
	// A row for each digest would cost twice as much as all the rest: thousands
	// come in one.
	selectLiveOctets = `SELECT max(uid), count(*), CAST(group_concat(substr(digest, 1, 16), '') AS BLOB) FROM
		(SELECT uid, digest FROM message WHERE folder = ? AND uidvalidity = ? AND uid > ? AND gone_run = 0
			ORDER BY uid LIMIT 10000)`
)

// Lost yields the messages that runs after since found gone, that are not there
// again, and whose octets no other message has that is still there or went later:
// a message that was moved to another folder lives on there, and when it goes
// there, it is lost from there. They come by folder, UIDVALIDITY and UID. It ends
// after an error.
func (l *Ledger) Lost(ctx context.Context, since RunID) iter.Seq2[Message, error] {
	const op = "read lost messages"
	return func(yield func(Message, error) bool) {
		last, err := l.lastOfOctets(ctx, since)
		if err != nil {
			yield(Message{}, wrap(op, err))
			return
		}
		for m, err := range l.each(ctx, op, selectLost, int64(since)) {
			if err == nil && last[octets(m.Digest[:16])] > m.GoneRun {
				continue
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// octets is as much of a digest as tells messages apart: a map of all that were
// ever lost is kept in memory.
type octets [16]byte

// never is later than any run.
const never = RunID(math.MaxInt64)

// lastOfOctets returns, for the octets of messages gone since, in which run the
// last message of these octets went. In memory and in the order of the rows that
// is faster than by the database, which has no index of digests.
func (l *Ledger) lastOfOctets(ctx context.Context, since RunID) (map[octets]RunID, error) {
	last, err := l.goneOctets(ctx, since)
	if err != nil || len(last) == 0 {
		return last, err
	}
	err = l.eachLiveOctets(ctx, func(o octets) {
		if _, lost := last[o]; lost {
			last[o] = never
		}
	})
	return last, err
}

// goneOctets returns the octets of messages gone since, and in which run the last
// of them went.
func (l *Ledger) goneOctets(ctx context.Context, since RunID) (map[octets]RunID, error) {
	rows, err := l.readers.QueryContext(ctx, selectGoneDigests, int64(since))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	last := map[octets]RunID{}
	for rows.Next() {
		var digest sql.RawBytes
		var gone RunID
		if err := rows.Scan(&digest, &gone); err != nil {
			return nil, scanError(err)
		}
		if len(digest) != len(mailhaul.Digest{}) {
			return nil, damaged("a digest has %d octets", len(digest))
		}
		o := octets(digest[:len(octets{})])
		last[o] = max(last[o], gone)
	}
	return last, rows.Err()
}

// eachLiveOctets gives the octets of all messages that are there to take.
func (l *Ledger) eachLiveOctets(ctx context.Context, take func(octets)) error {
	page, err := l.readers.PrepareContext(ctx, selectLiveOctets)
	if err != nil {
		return err
	}
	defer page.Close()
	folders, err := l.Folders(ctx)
	if err != nil {
		return err
	}
	for _, f := range folders {
		validity := sql.NullInt64{Int64: -1, Valid: true}
		for {
			// The next UIDVALIDITY, found by one seek in the key.
			err := l.readers.QueryRowContext(ctx, selectUIDValidityAbove, f.ID, validity).Scan(&validity)
			if err != nil {
				return scanError(err)
			}
			if !validity.Valid {
				break
			}
			for uid := int64(0); uid >= 0; {
				if uid, err = liveOctets(ctx, page, f.ID, validity.Int64, uid, take); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// liveOctets gives the octets of some messages with a UID above uid, and returns
// the last UID, -1 when there was none.
func liveOctets(ctx context.Context, page *sql.Stmt, folder, validity, uid int64, take func(octets)) (int64, error) {
	var last sql.NullInt64
	var count int
	var all []byte
	if err := page.QueryRowContext(ctx, folder, validity, uid).Scan(&last, &count, &all); err != nil {
		return 0, scanError(err)
	}
	if !last.Valid {
		return -1, nil
	}
	if len(all) != count*len(octets{}) {
		return 0, damaged("digests in folder %d are too short", folder)
	}
	for o := range slices.Chunk(all, len(octets{})) {
		take(octets(o))
	}
	return last.Int64, nil
}
