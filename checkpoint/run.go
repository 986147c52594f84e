package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Identity says whom a ledger belongs to.
type Identity struct {
	Account string // "me@mail.example.org"
	Format  string // "maildir" or "mbox"
}

const (
	selectIdentity = `SELECT account, format FROM identity`
	upsertIdentity = `INSERT INTO identity (id, account, format) VALUES (1, ?1, ?2)
		ON CONFLICT DO UPDATE SET account = ?1, format = ?2 WHERE account <> ?1 OR format <> ?2`
)

// Identity returns whom the ledger belongs to, the zero value when that was
// never set.
func (l *Ledger) Identity(ctx context.Context) (Identity, error) {
	var id Identity
	err := l.readers.QueryRowContext(ctx, selectIdentity).Scan(&id.Account, &id.Format)
	if errors.Is(err, sql.ErrNoRows) {
		return Identity{}, nil
	}
	return id, wrap("read identity", scanError(err))
}

// SetIdentity says whom the ledger belongs to.
func (l *Ledger) SetIdentity(ctx context.Context, id Identity) error {
	return l.update(ctx, "set identity", func(w *writer) error {
		_, err := w.exec(upsertIdentity, id.Account, id.Format)
		return err
	})
}

// RunID is the key of a run, ascending from 1; 0 is no run.
type RunID int64

// Counts sums up what a run did, in messages and octets of messages. Octets are
// those of the new messages that were fetched: a message that came out of the
// archive itself, since the source has it in two folders, adds none.
type Counts struct{ New, FlagsChanged, Gone, Failed, Pruned, Octets int64 }

// Run is one invocation that wrote the ledger.
type Run struct {
	ID      RunID
	Command string
	Start   time.Time
	End     time.Time // zero: the run did not end in order
	Outcome string
	Counts
}

// Took is how long the run took, 0 when that is not known: it did not end in order,
// or the clock was set back meanwhile.
func (r Run) Took() time.Duration {
	if r.End.IsZero() {
		return 0
	}
	return max(0, r.End.Sub(r.Start))
}

const (
	insertRun = `INSERT INTO run (command, started) VALUES (?, ?) RETURNING id`
	endRun    = `UPDATE run SET ended = ?, outcome = ?, new = ?, flags_changed = ?, gone = ?, failed = ?,
		pruned = ?, octets = ? WHERE id = ?`
)

// BeginRun writes down that a run begins.
func (l *Ledger) BeginRun(ctx context.Context, command string, now time.Time) (RunID, error) {
	var id RunID
	err := l.update(ctx, "begin run", func(w *writer) error {
		return w.row(insertRun, []any{command, now.UnixNano()}, &id)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Outcome names how a run ended that returns err: "done", "interrupted",
// "failed", or "partial" when it came to its end but for some messages or folders.
func Outcome(err error, partly bool) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case err != nil:
		return "failed"
	case partly:
		return "partial"
	}
	return "done"
}

// EndRun writes down how a run ended.
func (l *Ledger) EndRun(ctx context.Context, id RunID, outcome string, c Counts, now time.Time) error {
	return l.update(ctx, "end run", func(w *writer) error {
		n, err := w.exec(endRun, now.UnixNano(), outcome, c.New, c.FlagsChanged, c.Gone, c.Failed, c.Pruned,
			c.Octets, int64(id))
		if err == nil && n == 0 {
			return fmt.Errorf("run %d: %w", id, fs.ErrNotExist)
		}
		return err
	})
}
