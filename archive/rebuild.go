package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// RebuildOptions are what Rebuild may be told.
type RebuildOptions struct {
	// Account names whose mail it is. It is needed where neither what is left of
	// the ledger nor folders.txt says so, and must be the same where they do.
	Account string
	// Force makes the ledger anew even if the one that is there is sound.
	Force bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Progress is told how much was read so far, Report of all that is not as it
	// should be; neither is called by two goroutines at once. nil is for nobody.
	Progress func(messages, octets int64)
	Report   func(Damage)
}

// RebuildReport says what Rebuild did.
type RebuildReport struct {
	// Sound: the ledger is, and nothing was done.
	Sound bool
	// Kept is where the old ledger is, below the archive's directory; "" when
	// there was none.
	Kept    string
	Account string
	Format  Format
	Folders int64
	// Messages are in the new ledger; Known of them with all that the old ledger
	// knew of them; Missing of those have no whole file.
	Messages, Known, Missing int64
	Octets                   int64
	Runs                     int64 // taken over from the old ledger
	// GuessedNames are folders whose names were made from their paths.
	GuessedNames int64
	Found        int64 // how often Report was called
}

// ledgerRebuilt is the new ledger while it is being made.
const ledgerRebuilt = ledgerName + newSuffix

// Rebuild makes the ledger of the archive in dir anew, from the mail: from the
// names of a Maildir's files and the separator lines of mbox files, and by reading
// all messages. What can be read of the old ledger is used, and the old ledger is
// kept in the quarantine. What is not a whole message goes there, too, unless the
// old ledger knows it.
//
// The order makes a kill at any moment harmless: all of it is done again.
//
//  1. a new ledger is made beside the old one
//  2. what is not a whole message is put into the quarantine
//  3. mbox files are cut back to what the new ledger knows
//  4. the old ledger gets a name in the quarantine
//  5. its log is removed, which would be taken for one of the new ledger
//  6. the new ledger takes its place by a rename
//
// The error wraps [mailhaul.ErrUsage] when dir is no archive or its account is
// not known, [mailhaul.ErrLocked] when another process writes.
func Rebuild(ctx context.Context, dir string, o RebuildOptions) (report RebuildReport, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a, err := openRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return report, fmt.Errorf("%w: there is no archive at %s", mailhaul.ErrUsage, dir)
	}
	if err != nil {
		return report, err
	}
	r := &rebuilder{root: a.root, o: o, ofOld: make(map[int64]bool)}
	defer func() {
		report = r.report
		err = errors.Join(err, r.close(), a.root.Close())
	}()
	if err := r.begin(dir); err != nil {
		return report, err
	}
	if err := r.openOld(ctx); err != nil || r.report.Sound {
		return report, err
	}
	if err := r.identify(); err != nil {
		return report, err
	}
	if err := r.make(ctx); err != nil {
		return report, fmt.Errorf("rebuild ledger: %w", err)
	}
	return report, r.swap()
}

// rebuilder is one Rebuild.
type rebuilder struct {
	root   *os.Root
	o      RebuildOptions
	lock   *lockfile.Lock
	report RebuildReport

	old   *checkpoint.Ledger // a copy of what is left, nil for nothing
	ofOld map[int64]bool     // the IDs of folders that it knows
	names catalogue          // what folders.txt says
	id    checkpoint.Identity
	led   *checkpoint.Ledger // the new one
	run   checkpoint.RunID
	cuts  []cut
}

// cut is an mbox file that ends with what is no message.
type cut struct {
	place string
	end   int64
}

// begin takes the lock and makes sure that this is an archive.
func (r *rebuilder) begin(dir string) error {
	info, err := r.root.Stat(".")
	if err != nil {
		return fmt.Errorf("open archive: %w", err)
	}
	if err := checkOwner(info, dir); err != nil {
		return err
	}
	if err := fsys.CheckDir(r.root, mailName); err != nil {
		return fmt.Errorf("%w: %s is not a mailhaul archive: %w", mailhaul.ErrUsage, dir, err)
	}
	if !isOurs(r.root) && r.o.Account == "" {
		if _, why := readCatalogue(r.root); why != nil {
			return fmt.Errorf("%w: %s does not look like a mailhaul archive (%w): if it is one, say whose with --account",
				mailhaul.ErrUsage, dir, why)
		}
	}
	if r.lock, err = lockfile.Acquire(r.root, lockName); err != nil {
		return fmt.Errorf("open archive %s: %w", dir, err)
	}
	if err := checkLedgerFiles(r.root); err != nil {
		return err
	}
	if err := signLock(r.lock, r.o.Now()); err != nil {
		return err
	}
	return removeLedger(r.root, ledgerRebuilt)
}

// isOurs tells whether a directory has one of the files by which an archive is
// known whose ledger is lost.
func isOurs(root *os.Root) bool {
	if _, err := root.Lstat(ledgerName); err == nil {
		return true
	}
	if _, err := readCatalogue(root); err == nil {
		return true
	}
	return beginsWith(root, readmeName, readmeHead)
}

// make makes the new ledger.
func (r *rebuilder) make(ctx context.Context) (err error) {
	if r.led, err = checkpoint.Open(ctx, r.path(ledgerRebuilt)); err != nil {
		return err
	}
	if err := r.led.SetIdentity(ctx, r.id); err != nil {
		return err
	}
	if err := r.restoreRuns(ctx); err != nil {
		return err
	}
	start := r.o.Now()
	if r.run, err = r.led.BeginRun(ctx, "rebuild", start); err != nil {
		return err
	}
	folders, err := r.restoreFolders(ctx)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if err := r.folder(ctx, f); err != nil {
			return fmt.Errorf("folder %q: %w", f.Name, err)
		}
	}
	if r.old != nil {
		if err := r.led.CopyPast(ctx, r.old); err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
			return err
		}
	}
	counts := checkpoint.Counts{New: r.report.Messages, Octets: r.report.Octets}
	if err := r.led.EndRun(ctx, r.run, "done", counts, r.o.Now()); err != nil {
		return err
	}
	if err := r.led.IntegrityCheck(ctx); err != nil {
		return err
	}
	err = r.led.Close()
	r.led = nil
	if err != nil {
		return err
	}
	return removeLog(r.root, ledgerRebuilt) // what SQLite could not remove, it does not tell
}

// close gives up what is held.
func (r *rebuilder) close() error {
	var errs []error
	if r.led != nil {
		errs = append(errs, r.led.Close(), removeLedger(r.root, ledgerRebuilt))
	}
	if r.old != nil {
		errs = append(errs, r.old.Close(), removeLedger(r.root, ledgerCopy))
	}
	if r.lock != nil {
		// What a run left that was cut off is for the next one to bring in order.
		errs = append(errs, r.lock.Release(!r.lock.Left()))
	}
	return errors.Join(errs...)
}

func (r *rebuilder) path(name string) string { return filepath.Join(r.root.Name(), name) }

// find reports what is not as it should be.
func (r *rebuilder) find(d Damage) {
	r.report.Found++
	if r.o.Report != nil {
		r.o.Report(d)
	}
}
