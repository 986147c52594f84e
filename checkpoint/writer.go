package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/mailhaul/mailhaul"
)

// writer is the connection that writes. It is used by one goroutine at a time.
type writer struct {
	statements
	conn *sql.Conn
	// flagsets knows the ids of flag sets; interned lists those that the open
	// transaction added.
	flagsets map[mailhaul.Flags]int64
	interned []mailhaul.Flags
	// announced is false when the ledger is known to hold no intent.
	announced bool
	// broken is the first I/O error of writing, after which nothing is written
	// any more: after a failed sync the kernel may have dropped what it says
	// the next sync wrote.
	broken error
}

// maxFlagsets bounds the memory for flag sets: a server can invent any number.
const maxFlagsets = 4096

func newWriter(conn *sql.Conn) *writer {
	return &writer{
		statements: prepared(conn),
		conn:       conn,
		flagsets:   map[mailhaul.Flags]int64{"": 0},
		announced:  true,
	}
}

// update runs fn in one transaction, which is durable when update returns nil.
// A transaction that changed nothing writes nothing.
func (l *Ledger) update(ctx context.Context, op string, fn func(*writer) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.writer
	switch {
	case w == nil && l.db == nil:
		return fmt.Errorf("%s: the ledger is open for reading: %w", op, fs.ErrPermission)
	case w == nil:
		return fmt.Errorf("%s: the ledger is closed: %w", op, fs.ErrClosed)
	case w.broken != nil:
		return fmt.Errorf("%s: an earlier write to the ledger went wrong: %w", op, w.broken)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err := l.at(w.transact(ctx, fn))
	if err != nil && isIO(err) {
		w.broken = wrap(op, err)
	}
	return wrap(op, err)
}

// at adds to an error of the disk on which file it was.
func (l *Ledger) at(err error) error {
	if isIO(err) || errors.Is(kindOf(err), syscall.ENOSPC) {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	return err
}

// moveLog moves the log into the file. SQLite would do it on its own when the last
// connection is closed, and not tell whether it could.
func (w *writer) moveLog() error {
	if w.broken != nil {
		return nil // that was told, and nothing is written any more
	}
	_, err := w.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

func (w *writer) transact(ctx context.Context, fn func(*writer) error) error {
	w.interned = w.interned[:0]
	_, err := w.exec("BEGIN")
	if err != nil {
		return err
	}
	if err = fn(w); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		// The first error is the one to tell: after some errors SQLite has
		// rolled back by itself and there is nothing left to roll back.
		_, _ = w.exec("ROLLBACK")
		for _, f := range w.interned {
			delete(w.flagsets, f)
		}
		w.announced = true
	}
	return err
}

const (
	selectFlagset = `SELECT id FROM flagset WHERE flags = ?`
	insertFlagset = `INSERT INTO flagset (flags) VALUES (?) RETURNING id`
)

// flagset returns the id of a set of flags and gives it one when it has none.
func (w *writer) flagset(f mailhaul.Flags) (int64, error) {
	if id, ok := w.flagsets[f]; ok {
		return id, nil
	}
	var id int64
	err := w.row(selectFlagset, []any{string(f)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = w.row(insertFlagset, []any{string(f)}, &id)
		w.interned = append(w.interned, f)
	}
	if err != nil {
		return 0, fmt.Errorf("intern flags: %w", err)
	}
	if len(w.flagsets) >= maxFlagsets {
		clear(w.flagsets)
	}
	w.flagsets[f] = id
	return id, nil
}

func (w *writer) close() error {
	return errors.Join(w.statements.close(), w.conn.Close())
}
