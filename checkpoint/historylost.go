package checkpoint

import (
	"context"
	"database/sql"
	"iter"
	"math"

	"github.com/mailhaul/mailhaul"
)

const (
	selectLost = selectMessage + `WHERE m.gone_run > ? ORDER BY m.folder, m.uidvalidity, m.uid`
	// A digest of zeros is not known: nobody can tell whose octets these are.
	selectGoneDigests = `SELECT digest, gone_run FROM message WHERE gone_run > ? AND digest <> zeroblob(32)`
	// Equal octets are equally many: few rows need to be looked at.
	selectLiveDigests = `SELECT digest, 0 FROM message WHERE gone_run = 0
		AND size IN (SELECT size FROM message WHERE gone_run > ?)`
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
	last := map[octets]RunID{}
	err := l.eachDigest(ctx, selectGoneDigests, since, func(o octets, run RunID) { last[o] = max(last[o], run) })
	if err != nil || len(last) == 0 {
		return last, err
	}
	err = l.eachDigest(ctx, selectLiveDigests, since, func(o octets, _ RunID) {
		if _, lost := last[o]; lost {
			last[o] = never
		}
	})
	return last, err
}

// eachDigest gives the digests, and runs, that a query gives to take.
func (l *Ledger) eachDigest(ctx context.Context, query string, since RunID, take func(octets, RunID)) error {
	rows, err := l.readers.QueryContext(ctx, query, int64(since))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest sql.RawBytes
		var gone RunID
		if err := rows.Scan(&digest, &gone); err != nil {
			return scanError(err)
		}
		if len(digest) != len(mailhaul.Digest{}) {
			return damaged("a digest has %d octets", len(digest))
		}
		take(octets(digest[:16]), gone)
	}
	return rows.Err()
}
