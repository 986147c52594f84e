package checkpoint

import (
	"context"
	"errors"
	"iter"
)

// What can be read of a ledger that is damaged. A table is read from its
// beginning up to the first damage, and then from its end back to the last one:
// usually a single page is bad, and all but its rows is given.
const (
	selectFoldersByID     = `SELECT ` + folderColumns + ` FROM folder ORDER BY id`
	selectFoldersBackward = selectFoldersByID + ` DESC`
	selectRunsBackward    = selectRuns + ` DESC`
	selectBackward        = selectMessage + `WHERE m.folder = ? ORDER BY m.uidvalidity DESC, m.uid DESC`
)

// ReadableFolders returns the folders that can be read, in no certain order. The
// error says why these are not all; it is nil when they are.
func (l *Ledger) ReadableFolders(ctx context.Context) ([]Folder, error) {
	return bothWays(ctx, l, selectFoldersByID, selectFoldersBackward, scanFolder, func(f Folder) int64 { return f.ID })
}

// ReadableRuns returns the runs that can be read, in no certain order. The error
// says why these are not all; it is nil when they are.
func (l *Ledger) ReadableRuns(ctx context.Context) ([]Run, error) {
	return bothWays(ctx, l, selectRuns, selectRunsBackward, scanRun, func(r Run) int64 { return int64(r.ID) })
}

// bothWays reads a small table forward and, when that meets damage, backward.
func bothWays[T any](ctx context.Context, l *Ledger, forward, backward string, scan func(func(...any) error) (T, error),
	key func(T) int64,
) ([]T, error) {
	seen := map[int64]bool{}
	var all []T
	read := func(query string) error {
		rows, err := l.readers.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			x, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			if seen[key(x)] {
				return nil // what follows was read from the other end
			}
			seen[key(x)] = true
			all = append(all, x)
		}
		return rows.Err()
	}
	err := read(forward)
	if err == nil {
		return all, nil
	}
	if backErr := read(backward); backErr != nil {
		err = errors.Join(err, backErr)
	}
	return all, wrap("read damaged ledger", err)
}

// ReadableMessages yields the messages of a folder that can be read, each once,
// in no certain order, and at last the error that says why these are not all, if
// they are not.
func (l *Ledger) ReadableMessages(ctx context.Context, folderID int64) iter.Seq2[Message, error] {
	const op = "read damaged ledger"
	return func(yield func(Message, error) bool) {
		var last Key
		var damage error
		for m, err := range l.each(ctx, op, selectMessagesOfFolder, folderID) {
			if err != nil {
				damage = err
				break
			}
			if last = m.Key(); !yield(m, nil) {
				return
			}
		}
		if damage == nil {
			return
		}
		for m, err := range l.each(ctx, op, selectBackward, folderID) {
			if err != nil || !m.Key().behind(last) {
				break
			}
			if !yield(m, nil) {
				return
			}
		}
		yield(Message{}, damage)
	}
}

// behind tells whether a message of the same folder comes behind another one.
func (k Key) behind(o Key) bool {
	return k.UIDValidity > o.UIDValidity || k.UIDValidity == o.UIDValidity && k.UID > o.UID
}
