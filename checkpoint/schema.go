package checkpoint

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"path/filepath"

	"github.com/mailhaul/mailhaul"
)

// applicationID marks a SQLite file as a ledger ("mahl" in its header).
const applicationID = 0x6d61686c

//go:embed schema/1.sql
var schema1 string

//go:embed schema/2.sql
var schema2 string

//go:embed schema/3.sql
var schema3 string

//go:embed schema/4.sql
var schema4 string

//go:embed schema/5.sql
var schema5 string

//go:embed schema/6.sql
var schema6 string

//go:embed schema/7.sql
var schema7 string

// schemaSteps returns the statements that bring a ledger of version i to
// version i+1. A step that was released is never changed.
func schemaSteps() []string {
	return []string{schema1, schema2, schema3, schema4, schema5, schema6, schema7}
}

// queryer is a connection or a pool of them.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const selectHeader = `SELECT (SELECT application_id FROM pragma_application_id),
	(SELECT user_version FROM pragma_user_version),
	(SELECT count(*) FROM sqlite_schema),
	(SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view'))`

// version returns the version of the ledger's schema, 0 for an empty file, and
// refuses what is not a ledger or newer than latest.
func version(ctx context.Context, q queryer, latest int) (int, error) {
	var application, v, objects, active int
	err := q.QueryRowContext(ctx, selectHeader).Scan(&application, &v, &objects, &active)
	switch {
	case err != nil:
		return 0, scanError(err)
	case application == 0 && v == 0 && objects == 0:
		return 0, nil
	case application != applicationID:
		return 0, damaged("the file is a database but not a ledger of mailhaul")
	case v > latest:
		return 0, fmt.Errorf("%w: its schema is %d, this version knows up to %d", mailhaul.ErrNewer, v, latest)
	case v < 1 || active != 0:
		return 0, damaged("the ledger's schema is not one that mailhaul wrote")
	}
	return v, nil
}

// migrate brings the schema forward, all steps in one transaction.
func migrate(ctx context.Context, conn *sql.Conn, path string, steps []string) (err error) {
	v, err := version(ctx, conn, len(steps))
	if err != nil || v == len(steps) {
		return err
	}
	// A cut-off migration would be rolled back; one that ends is not cut off.
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first error is the one to tell; SQLite may have rolled back by itself.
			_, _ = conn.ExecContext(ctx, "ROLLBACK")
		}
	}()
	// Another process may have done it while this one waited for the lock.
	if v, err = version(ctx, conn, len(steps)); err != nil {
		return err
	}
	for i, step := range steps[v:] {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("bring schema to version %d: %w", v+i+1, err)
		}
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
