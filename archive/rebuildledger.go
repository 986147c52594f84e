package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// ledgerCopy is a copy of the old ledger: to read a ledger can change its file,
// and the old one is kept as it is.
const ledgerCopy = ledgerName + ".read"

// ledgerParts are the suffixes of the files that a ledger consists of. The index
// of the log, -shm, holds nothing.
var ledgerParts = [...]string{"", "-wal", "-journal"}

// openOld opens what is left of the ledger, and looks whether it is sound.
func (r *rebuilder) openOld(ctx context.Context) error {
	if err := removeLedger(r.root, ledgerCopy); err != nil {
		return err
	}
	for _, part := range ledgerParts {
		err := copyFile(r.root, ledgerName+part, ledgerCopy+part)
		if errors.Is(err, fs.ErrNotExist) && part == "" {
			return nil // there is none
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	old, err := checkpoint.Open(ctx, r.path(ledgerCopy))
	if errors.Is(err, mailhaul.ErrNewer) {
		return errors.Join(err, removeLedger(r.root, ledgerCopy))
	}
	if err != nil {
		r.find(Damage{Path: ledgerName, Problem: err.Error()})
		return removeLedger(r.root, ledgerCopy)
	}
	r.old = old
	err = old.IntegrityCheck(ctx)
	if err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
		return err
	}
	if err != nil {
		r.find(Damage{Path: ledgerName, Problem: err.Error()})
		return nil
	}
	id, err := old.Identity(ctx)
	if err != nil || id == (checkpoint.Identity{}) {
		return nil
	}
	r.report.Sound = !r.o.Force
	r.report.Account, r.report.Format = id.Account, Format(id.Format)
	if r.report.Sound {
		return nil
	}
	// A sound ledger that is to be given up loses its log before it is: all is in
	// the file then, whenever this is cut off.
	sound, err := checkpoint.Open(ctx, r.path(ledgerName))
	if err != nil {
		return err
	}
	return sound.Close()
}

// copyFile copies a file of the archive's directory.
func copyFile(root *os.Root, from, to string) error {
	f, err := fsys.OpenRegular(root, from, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	_, err = io.Copy(t, f)
	if err = errors.Join(err, t.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

// removeLedger removes a ledger that only Rebuild uses.
func removeLedger(root *os.Root, name string) error {
	if err := removeLog(root, name); err != nil {
		return err
	}
	return removeFile(root, name)
}

// removeLog removes what SQLite keeps beside a ledger that is not open.
func removeLog(root *os.Root, name string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := removeFile(root, name+suffix); err != nil {
			return err
		}
	}
	return nil
}

// removeFile removes a file that may not be there.
func removeFile(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// identify finds out whose mail it is, and in which format.
func (r *rebuilder) identify() error {
	var err error
	if r.names, err = readCatalogue(r.root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.find(Damage{Path: catalogueName, Problem: err.Error()})
	}
	if r.old != nil {
		if id, err := r.old.Identity(context.Background()); err == nil {
			r.id = id
		}
	}
	r.id.Account = cmp.Or(r.id.Account, r.names.identity.Account)
	r.id.Format = cmp.Or(r.id.Format, r.names.identity.Format)
	known := r.id != checkpoint.Identity{}
	if r.o.Account != "" && r.id.Account != "" && r.o.Account != r.id.Account {
		return fmt.Errorf("%w: the archive %s belongs to %q, not to %q", mailhaul.ErrUsage, r.root.Name(), r.id.Account, r.o.Account)
	}
	r.id.Account = cmp.Or(r.id.Account, r.o.Account)
	if r.id.Account == "" && !known {
		return fmt.Errorf("%w: nothing that is left of the archive says whose mail it is: "+
			"say it with --account, as USER@HOST of the account that was backed up", mailhaul.ErrUsage)
	}
	if r.id.Format != string(Maildir) && r.id.Format != string(Mbox) {
		if r.id.Format, err = r.guessFormat(); err != nil {
			return err
		}
	}
	r.report.Account, r.report.Format = r.id.Account, Format(r.id.Format)
	return nil
}

// restoreRuns takes over the runs of the old ledger.
func (r *rebuilder) restoreRuns(ctx context.Context) error {
	if r.old == nil {
		return nil
	}
	runs, err := r.old.ReadableRuns(ctx)
	if err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
		return err
	}
	slices.SortFunc(runs, func(a, b checkpoint.Run) int { return cmp.Compare(a.ID, b.ID) })
	r.report.Runs = int64(len(runs))
	return r.led.RestoreRuns(ctx, runs)
}

// runOf returns a run of the old ledger, or this one for a number that it cannot
// have.
func (r *rebuilder) runOf(id checkpoint.RunID) checkpoint.RunID {
	if id < 0 || id > r.run {
		return r.run
	}
	return id
}

// swap puts the new ledger in the place of the old one: steps 3 to 6 of Rebuild.
func (r *rebuilder) swap() error {
	for _, c := range r.cuts {
		if err := cutFile(r.root, c.place, c.end); err != nil {
			return err
		}
	}
	kept, err := r.keepLedger()
	if err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-journal", "-shm"} {
		if err := r.root.Remove(ledgerName + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove log of old ledger: %w", err)
		}
	}
	if err := syncDir(r.root, "."); err != nil {
		return err
	}
	if err := r.root.Rename(ledgerRebuilt, ledgerName); err != nil {
		return fmt.Errorf("replace ledger: %w", err)
	}
	if err := syncDir(r.root, "."); err != nil {
		return err
	}
	r.report.Kept = kept
	return nil
}

// keepLedger gives the files of the old ledger names in the quarantine, such that
// they still belong together.
func (r *rebuilder) keepLedger() (kept string, err error) {
	for _, part := range ledgerParts {
		name := ledgerName + part
		_, err := r.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("look at old ledger: %w", err)
		}
		aside := kept + part
		if kept != "" {
			_, err = r.root.Lstat(aside)
		}
		if kept != "" && errors.Is(err, fs.ErrNotExist) {
			err = keepAs(r.root, name, aside)
		} else {
			aside, err = keepAside(r.root, name)
		}
		if err != nil {
			return "", err
		}
		if part == "" {
			kept = aside
		}
	}
	return kept, nil
}

// cutFile cuts an mbox file durably.
func cutFile(root *os.Root, place string, end int64) error {
	file, err := openBox(root, place, os.O_RDWR)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(end); err != nil {
		return fmt.Errorf("cut mbox file: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync mbox file: %w", err)
	}
	return nil
}
