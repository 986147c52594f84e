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
	readers *sql.DB

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
	fresh, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("create ledger: %w", err)
	}
	l := &Ledger{}
	if l.readers, err = connect(path, "mode=ro"); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if !fresh {
		// Looking first through a connection that cannot write keeps a file
		// that is refused as it was. Only a journal that must be rolled back
		// first, left by a crash within the first milliseconds, needs more.
		_, err = version(ctx, l.readers, len(steps))
		if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_READONLY {
			err = nil
		}
	}
	if err == nil {
		err = l.openWriter(ctx, path, steps)
	}
	if err != nil {
		return nil, errors.Join(wrap("open ledger", err), l.Close())
	}
	return l, nil
}

// openWriter opens the connection that writes and brings the schema forward.
func (l *Ledger) openWriter(ctx context.Context, path string, steps []string) (err error) {
	pragmas := []string{"mode=rw", "_pragma=journal_mode(WAL)", "_pragma=wal_autocheckpoint(8000)"}
	if runtime.GOOS == "darwin" { // where fsync alone does not reach the disk
		pragmas = append(pragmas, "_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)")
	}
	if l.db, err = connect(path, pragmas...); err != nil {
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
	const op = "open ledger for reading"
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", op, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %q is not a file: %w", op, path, mailhaul.ErrDamaged)
	}
	l, err := openReader(ctx, path, "mode=ro")
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_CANTOPEN {
		// SQLite wants to put an index beside the log even to read. On a medium
		// that is read-only nothing changes the file: without a log it is whole.
		if _, statErr := os.Stat(path + "-wal"); errors.Is(statErr, fs.ErrNotExist) {
			l, err = openReader(ctx, path, "mode=ro", "immutable=1")
		}
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	return l, nil
}

func openReader(ctx context.Context, path string, params ...string) (*Ledger, error) {
	readers, err := connect(path, params...)
	if err != nil {
		return nil, err
	}
	latest := len(schemaSteps())
	v, err := version(ctx, readers, latest)
	switch {
	case err != nil:
	case v == 0:
		err = fmt.Errorf("the ledger is empty: %w", fs.ErrNotExist)
	case v < latest:
		err = fmt.Errorf("the ledger has the older schema %d: the next run that writes brings it forward", v)
	default:
		return &Ledger{readers: readers}, nil
	}
	return nil, errors.Join(err, readers.Close())
}

// Close closes the ledger. Everything was durable before; what Close does is to
// move the log into the file, after which only the file is left.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Readers first: the last connection to go takes the log with it, and only
	// one that can write is able to.
	errs := []error{l.readers.Close()}
	if l.writer != nil {
		errs = append(errs, l.writer.close())
		l.writer = nil
	}
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	return wrap("close ledger", errors.Join(errs...))
}

// create makes an empty file at path unless there is one, before SQLite does:
// SQLite would give it the mode 0644, and its log inherits the file's mode.
func create(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	if err == nil {
		if !info.Mode().IsRegular() {
			return false, fmt.Errorf("%q is not a file: %w", path, mailhaul.ErrDamaged)
		}
		return info.Size() == 0, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	// The umask may have taken more than it should.
	return true, errors.Join(f.Chmod(0o600), f.Close())
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
	dsn := "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(params, "&")
	return sql.Open("sqlite", dsn)
}
