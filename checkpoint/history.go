package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sort"
	"time"
)

const (
	selectRun     = `SELECT id, command, started, ended, outcome, new, flags_changed, gone, failed, pruned, octets FROM run `
	selectRuns    = selectRun + `ORDER BY id`
	selectOne     = selectRun + `WHERE id = ?`
	selectLastRun = selectRun + `ORDER BY id DESC LIMIT 1`
)

// Runs returns all runs, the newest last.
func (l *Ledger) Runs(ctx context.Context) ([]Run, error) {
	const op = "read runs"
	rows, err := l.readers.QueryContext(ctx, selectRuns)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var runs []Run
	for rows.Next() {
		r, err := scanRun(rows.Scan)
		if err != nil {
			return nil, wrap(op, err)
		}
		runs = append(runs, r)
	}
	return runs, wrap(op, rows.Err())
}

// Run returns one run. The error wraps fs.ErrNotExist when there is none of that
// number.
func (l *Ledger) Run(ctx context.Context, id RunID) (Run, error) {
	r, found, err := l.oneRun(ctx, "read run", selectOne, int64(id))
	if err == nil && !found {
		err = fmt.Errorf("run %d: %w", id, fs.ErrNotExist)
	}
	return r, err
}

// RunAt returns the newest run that had ended at a moment, or had begun when it
// never ended in order; false when there was none. Runs are in the order of their
// numbers, whatever the clock said: a time that does not fit those of most other
// runs is not believed.
func (l *Ledger) RunAt(ctx context.Context, at time.Time) (Run, bool, error) {
	runs, err := l.Runs(ctx)
	if err != nil {
		return Run{}, false, err
	}
	ended := ends(runs)
	n := sort.Search(len(runs), func(i int) bool { return ended[i].After(at) })
	if n == 0 {
		return Run{}, false, nil
	}
	return runs[n-1], true, nil
}

// nanoseconds is the Unix time in nanoseconds, or the nearest that there is: a
// time that people write may lie outside the years 1678 to 2262.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// LastRun returns the newest run, ended or not; false when there was none.
func (l *Ledger) LastRun(ctx context.Context) (Run, bool, error) {
	return l.oneRun(ctx, "read last run", selectLastRun)
}

func (l *Ledger) oneRun(ctx context.Context, op, query string, args ...any) (Run, bool, error) {
	r, err := scanRun(l.readers.QueryRowContext(ctx, query, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, false, nil
	}
	if err != nil {
		return Run{}, false, wrap(op, err)
	}
	return r, true, nil
}

func scanRun(scan func(...any) error) (Run, error) {
	var r Run
	var started int64
	var ended sql.NullInt64
	err := scan(&r.ID, &r.Command, &started, &ended, &r.Outcome,
		&r.New, &r.FlagsChanged, &r.Gone, &r.Failed, &r.Pruned, &r.Octets)
	if err != nil {
		return Run{}, scanError(err)
	}
	r.Start = time.Unix(0, started).UTC()
	if ended.Valid {
		r.End = time.Unix(0, ended.Int64).UTC()
	}
	return r, nil
}
