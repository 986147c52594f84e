package checkpoint

import (
	"context"
	"fmt"
)

// OpenWithSteps is Open for a schema of other steps.
func OpenWithSteps(ctx context.Context, path string, steps ...string) (*Ledger, error) {
	return open(ctx, path, steps)
}

// OpenReadOnlyWithSteps is OpenReadOnly for a schema of other steps.
func OpenReadOnlyWithSteps(ctx context.Context, path string, steps ...string) (*Ledger, error) {
	return openReadOnly(ctx, path, len(steps))
}

// SchemaSteps are the steps of the schema.
func SchemaSteps() []string { return schemaSteps() }

// Pragma returns a setting of the connection that writes and of one that reads.
func (l *Ledger) Pragma(ctx context.Context, name string) (writer, reader string, err error) {
	if err = l.writer.conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&writer); err != nil {
		return "", "", err
	}
	err = l.readers.QueryRowContext(ctx, "PRAGMA "+name).Scan(&reader)
	return writer, reader, err
}

// LimitPages sets how many pages the file may have, as a full disk would.
func (l *Ledger) LimitPages(ctx context.Context, pages int64) error {
	var n int64
	return l.writer.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &n)
}

// NoWaiting makes the connection that writes give up at once on a lock.
func (l *Ledger) NoWaiting(ctx context.Context) error {
	_, err := l.writer.conn.ExecContext(ctx, "PRAGMA busy_timeout = 0")
	return err
}

// NoSyncing makes the connection that writes wait for no disk.
func (l *Ledger) NoSyncing(ctx context.Context) error {
	_, err := l.writer.conn.ExecContext(ctx, "PRAGMA synchronous = OFF")
	return err
}
