package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/mailhaul/mailhaul"
)

// Ledger is an open ledger. It is safe for use by several goroutines.
type Ledger struct {
	path    string
	readers *sql.DB // connections that only read, as many as are asked for at once

	mu     sync.Mutex // held by the method that writes
	db     *sql.DB    // the one connection that writes; nil when read-only
	writer *writer    // nil when read-only or closed
}

// Open opens the ledger at path for reading and writing, creates it (mode 0600)
// when there is none, and brings one of an older version forward. The directory
// must exist. A ledger of a newer version is refused and left as it is.
func Open(ctx context.Context, path string) (*Ledger, error) {
	return open(ctx, path, schemaSteps())
}

func open(ctx context.Context, path string, steps []string) (*Ledger, error) {
	const op = "open ledger"
	if err := create(path); err != nil {
		return nil, fmt.Errorf("create ledger: %w", err)
	}
	if _, err := peek(ctx, path, len(steps), readerParams()...); err != nil {
		return nil, wrap(op, err)
	}
	l := &Ledger{path: path}
	err := l.openWriter(ctx, path, steps)
	if err == nil {
		l.readers, err = connect(path, readerParams()...)
	}
	if err != nil {
		return nil, errors.Join(wrap(op, err), l.Close())
	}
	return l, nil
}

// peek returns the version of the schema before anything can change the file: a
// file that is refused stays as it was.
func peek(ctx context.Context, path string, latest int, params ...string) (v int, err error) {
	if logEmpty(path) {
		return peekWith(ctx, path, latest, params...)
	}
	// The last one to close would move the log into the file.
	v, err = peekWith(ctx, path, latest, "mode=ro")
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == sqlite3.SQLITE_READONLY_ROLLBACK {
		// A power loss in a ledger's first moments left half a change in the
		// file, which has to be taken back before anybody can read it.
		return peekWith(ctx, path, latest, params...)
	}
	return v, err
}

func peekWith(ctx context.Context, path string, latest int, params ...string) (v int, err error) {
	db, err := connect(path, params...)
	if err != nil {
		return 0, err
	}
	v, err = version(ctx, db, latest)
	return v, errors.Join(err, db.Close())
}

// readerParams opens connections that read. They could write, but are told not
// to: the last connection to close takes the log and its index along, which one
// opened with mode=ro is not able to and leaves lying about.
func readerParams() []string { return []string{"mode=rw", "_pragma=query_only(1)"} }

// logEmpty tells whether all that was committed is in the file itself.
func logEmpty(path string) bool {
	info, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// openWriter opens the connection that writes and brings the schema forward.
func (l *Ledger) openWriter(ctx context.Context, path string, steps []string) (err error) {
	l.db, err = connect(path, "mode=rw", "_pragma=journal_mode(WAL)", "_pragma=wal_autocheckpoint(8000)")
	if err != nil {
		return err
	}
	l.db.SetMaxOpenConns(1)
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return err
	}
	l.writer = newWriter(conn)
	return migrate(ctx, conn, path, steps)
}

// OpenReadOnly opens the ledger at path for reading, beside a process that
// writes it or alone. Where there is none, or one whose creation was cut short,
// the error wraps fs.ErrNotExist. Methods that write give fs.ErrPermission.
func OpenReadOnly(ctx context.Context, path string) (*Ledger, error) {
	return openReadOnly(ctx, path, len(schemaSteps()))
}

func openReadOnly(ctx context.Context, path string, latest int) (*Ledger, error) {
	const op = "open ledger for reading"
	if err := isFile(path); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	params := readerParams()
	v, err := peek(ctx, path, latest, params...)
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_CANTOPEN && logEmpty(path) {
		// SQLite wants to put an index beside the log even to read. Where that
		// cannot be, on a medium that is read-only, nothing changes the file.
		params = []string{"mode=ro", "immutable=1"}
		v, err = peek(ctx, path, latest, params...)
	}
	switch {
	case err != nil:
		return nil, wrap(op, err)
	case v == 0:
		return nil, fmt.Errorf("%s: it is empty: %w", op, fs.ErrNotExist)
	case v < latest:
		return nil, fmt.Errorf("%s: it has the older schema %d: the next run that writes brings it forward", op, v)
	}
	readers, err := connect(path, params...)
	if err != nil {
		return nil, wrap(op, err)
	}
	return &Ledger{path: path, readers: readers}, nil
}

// Close closes the ledger. Everything was durable before; what Close does is to
// move the log into the file, after which only the file is left. When that fails
// the log stays, and Close says so: without it the file is not whole.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.readers != nil {
		errs = append(errs, l.readers.Close())
	}
	if l.writer != nil {
		errs = append(errs, l.at(l.writer.moveLog()), l.writer.close())
		l.writer = nil
	}
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	return wrap("close ledger", errors.Join(errs...))
}

// create makes an empty file at path unless there is one, before SQLite does:
// SQLite would give it the mode 0644, and its log inherits the file's mode.
func create(path string) error {
	if err := isFile(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	// The umask may have taken more than it should.
	return errors.Join(f.Chmod(0o600), f.Close())
}

// smallest is the size of the smallest database, in octets: a shorter file that
// is not empty is something else, which SQLite would write over.
const smallest = 512

// isFile refuses what is not there, not a file, or too short for a ledger.
func isFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is not a file: %w", path, mailhaul.ErrDamaged)
	case info.Size() > 0 && info.Size() < smallest:
		return fmt.Errorf("%q is not a ledger: %w", path, mailhaul.ErrDamaged)
	}
	return nil
}

// connect makes a pool of connections to path. Every pragma that durability
// rests on stands in the name, so that no connection is without it.
func connect(path string, params ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a drive letter
		path = "/" + path
	}
	params = append(params, "_pragma=busy_timeout(5000)", "_pragma=synchronous(FULL)",
		"_pragma=trusted_schema(0)", "_pragma=cell_size_check(1)")
	if runtime.GOOS == "darwin" { // where fsync alone does not reach the disk
		params = append(params, "_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)")
	}
	dsn := "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(params, "&")
	return sql.Open("sqlite", dsn)
}
