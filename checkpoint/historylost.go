package checkpoint

import (
	"context"
	"database/sql"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
)

const (
	// The keys come from the index of what has gone.
	selectLost = selectMessageFrom + `(SELECT folder, uidvalidity, uid FROM message WHERE gone_run > ? AND gone_run <> 0) g
		CROSS JOIN message m ON m.folder = g.folder AND m.uidvalidity = g.uidvalidity AND m.uid = g.uid
		LEFT JOIN flagset s ON s.id = m.flags ORDER BY g.folder, g.uidvalidity, g.uid`
	// A digest of zeros is not known: nobody can tell whose octets these are.
	selectGoneDigests      = `SELECT digest, gone_run FROM message WHERE gone_run > ? AND gone_run <> 0 AND digest <> zeroblob(32)`
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
			if err == nil && last.of(octets(m.Digest[:16])) > m.GoneRun {
				continue
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// lastOfOctets returns, for the octets of messages gone since, in which run the
// last message of these octets went. In memory and in the order of the rows that
// is faster than by the database, which has no index of digests.
func (l *Ledger) lastOfOctets(ctx context.Context, since RunID) (*fates, error) {
	gone, err := l.goneOctets(ctx, since)
	if err != nil || len(gone) == 0 {
		return makeFates(nil), err
	}
	last := makeFates(gone)
	return last, l.eachLiveOctets(ctx, last.live)
}

// goneOctets returns the octets of messages gone since, and in which run each went.
func (l *Ledger) goneOctets(ctx context.Context, since RunID) ([]fate, error) {
	rows, err := l.readers.QueryContext(ctx, selectGoneDigests, int64(since))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []fate
	for rows.Next() {
		var digest sql.RawBytes
		var gone RunID
		if err := rows.Scan(&digest, &gone); err != nil {
			return nil, scanError(err)
		}
		if len(digest) != len(mailhaul.Digest{}) {
			return nil, damaged("a digest has %d octets", len(digest))
		}
		all = append(all, fate{octets(digest[:len(octets{})]), gone})
	}
	return all, rows.Err()
}

// eachLiveOctets gives the octets of all messages that are there to take, from
// several goroutines.
func (l *Ledger) eachLiveOctets(ctx context.Context, take func(octets)) error {
	folders, err := l.Folders(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan int64, len(folders))
	for _, f := range folders {
		todo <- f.ID
	}
	close(todo)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for id := range todo {
				if err := l.liveOctetsOfFolder(ctx, id, take); err != nil {
					cancel(err)
				}
			}
		})
	}
	readers.Wait()
	return context.Cause(ctx)
}

// liveOctetsOfFolder is eachLiveOctets for one folder.
func (l *Ledger) liveOctetsOfFolder(ctx context.Context, folder int64, take func(octets)) error {
	page, err := l.readers.PrepareContext(ctx, selectLiveOctets)
	if err != nil {
		return err
	}
	defer page.Close()
	validity := sql.NullInt64{Int64: -1, Valid: true}
	for {
		// The next UIDVALIDITY, found by one seek in the key.
		err := l.readers.QueryRowContext(ctx, selectUIDValidityAbove, folder, validity).Scan(&validity)
		if err != nil {
			return scanError(err)
		}
		if !validity.Valid {
			return nil
		}
		for uid := int64(0); uid >= 0; {
			if uid, err = liveOctets(ctx, page, folder, validity.Int64, uid, take); err != nil {
				return err
			}
		}
	}
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
