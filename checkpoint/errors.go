package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/mailhaul/mailhaul"
)

// wrap adds to err what was tried and the sentinel that callers test for.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if kind := kindOf(err); kind != nil && !errors.Is(err, kind) {
		return fmt.Errorf("%s: %w: %w", op, kind, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// damaged tells that a value read from the ledger is not one that was written.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{mailhaul.ErrDamaged}, args...)...)
}

// kindOf returns the sentinel for an error of SQLite, nil when it has none.
func kindOf(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_SHORT_READ:
		return mailhaul.ErrDamaged
	case sqlite3.SQLITE_IOERR_SHMSIZE: // the index of the log could not grow
		return syscall.ENOSPC
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return fs.ErrExist
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT,
		sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return mailhaul.ErrDamaged
	case sqlite3.SQLITE_ERROR:
		// The statements are fixed and tested: a table or a column that is
		// missing was there when the file was written.
		if strings.Contains(e.Error(), "no such ") || strings.Contains(e.Error(), " has no column named ") {
			return mailhaul.ErrDamaged
		}
	case sqlite3.SQLITE_FULL:
		return syscall.ENOSPC
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return mailhaul.ErrLocked
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fs.ErrPermission
	case sqlite3.SQLITE_CANTOPEN:
		return whyNotOpened()
	case sqlite3.SQLITE_INTERRUPT:
		return context.Canceled
	}
	return nil
}

// whyNotOpened returns the likely reason why SQLite could not open or make one of
// its files, which it does not tell: there is none left to be opened, or it is not
// allowed to.
func whyNotOpened() error {
	f, err := os.Open(os.DevNull)
	if err == nil {
		f.Close()
		return fs.ErrPermission
	}
	for _, why := range []error{syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, why) {
			return why
		}
	}
	return nil
}

// isIO tells whether err is an error of reading, writing or syncing the file.
func isIO(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_IOERR
}

// scanError tells a value of the wrong type, which only damage can put there,
// from an error of the database.
func scanError(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "sql: Scan error") {
		return damaged("%w", err)
	}
	return err
}
