package checkpoint

import (
	"context"
	"database/sql"
	"errors"
)

// preparer is a connection or a transaction.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements are the prepared statements of a connection or of a transaction,
// used by one goroutine at a time. They do not watch a context: the driver
// starts a goroutine a statement for that, and a commit that was interrupted
// leaves open whether it happened.
type statements struct {
	conn       preparer
	background context.Context
	byQuery    map[string]*sql.Stmt
}

func prepared(conn preparer) statements {
	return statements{conn: conn, background: context.Background(), byQuery: map[string]*sql.Stmt{}}
}

// prepare returns the prepared statement for a query, one of the constants of
// this package.
func (s *statements) prepare(query string) (*sql.Stmt, error) {
	if p := s.byQuery[query]; p != nil {
		return p, nil
	}
	p, err := s.conn.PrepareContext(s.background, query)
	if err != nil {
		return nil, err
	}
	s.byQuery[query] = p
	return p, nil
}

// exec runs a statement and returns how many rows it changed.
func (s *statements) exec(query string, args ...any) (int64, error) {
	p, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := p.ExecContext(s.background, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement that gives rows.
func (s *statements) query(query string, args ...any) (*sql.Rows, error) {
	p, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	return p.QueryContext(s.background, args...)
}

// row runs a statement that gives one row; sql.ErrNoRows when it gives none.
func (s *statements) row(query string, args []any, into ...any) error {
	p, err := s.prepare(query)
	if err != nil {
		return err
	}
	return scanError(p.QueryRowContext(s.background, args...).Scan(into...))
}

func (s *statements) close() error {
	errs := make([]error, 0, len(s.byQuery))
	for _, p := range s.byQuery {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}
