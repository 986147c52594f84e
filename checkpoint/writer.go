package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
)

// writer is the connection that writes, with its prepared statements. It is
// used by one goroutine at a time. Its statements do not watch a context: the
// driver starts a goroutine a statement for that, and a commit that was
// interrupted leaves open whether it happened.
type writer struct {
	conn       *sql.Conn
	background context.Context
	statements map[string]*sql.Stmt
	// flagsets knows the ids of flag sets; interned lists those that the open
	// transaction added.
	flagsets map[mailhaul.Flags]int64
	interned []mailhaul.Flags
	// broken is the first I/O error of writing, after which nothing is written
	// any more: after a failed sync the kernel may have dropped what it says
	// the next sync wrote.
	broken error
}

// maxFlagsets bounds the memory for flag sets: a server can invent any number.
const maxFlagsets = 4096

func newWriter(conn *sql.Conn) *writer {
	return &writer{
		conn:       conn,
		background: context.Background(),
		statements: map[string]*sql.Stmt{},
		flagsets:   map[mailhaul.Flags]int64{"": 0},
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
	err := w.transact(ctx, fn)
	if err != nil && isIO(err) {
		w.broken = wrap(op, err)
	}
	return wrap(op, err)
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
	}
	return err
}

// prepare returns the prepared statement for a query, one of the constants of
// this package.
func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if s := w.statements[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(w.background, query)
	if err != nil {
		return nil, err
	}
	w.statements[query] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (w *writer) exec(query string, args ...any) (int64, error) {
	s, err := w.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(w.background, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement that gives rows.
func (w *writer) query(query string, args ...any) (*sql.Rows, error) {
	s, err := w.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(w.background, args...)
}

// row runs a statement that gives one row; sql.ErrNoRows when it gives none.
func (w *writer) row(query string, args []any, into ...any) error {
	s, err := w.prepare(query)
	if err != nil {
		return err
	}
	return scanError(s.QueryRowContext(w.background, args...).Scan(into...))
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
	errs := make([]error, 0, len(w.statements)+1)
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}
