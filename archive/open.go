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

// Open opens the archive in dir for writing, or makes one when dir is missing
// or empty. It takes the archive's lock and brings in order what a run left
// that was cut off. The error wraps [mailhaul.ErrUsage] when dir is something
// else, or an archive of another account or format, and nothing was touched
// then; [mailhaul.ErrLocked] when another process writes; [mailhaul.ErrDamaged]
// or [mailhaul.ErrNewer] when the ledger cannot be used.
func Open(ctx context.Context, dir string, o Options) (_ *Archive, err error) {
	if o.Format != "" && o.Format != Maildir && o.Format != Mbox {
		return nil, fmt.Errorf("%w: there is no archive format %q", mailhaul.ErrUsage, o.Format)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := makeArchiveDir(dir); err != nil {
		return nil, err
	}
	a, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	// Until the lock file is signed nothing of another run's state is changed,
	// so a failure must not make it look as if that run had ended in order.
	a.left.Store(true)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	info, err := a.root.Stat(".")
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if err := checkOwner(info, dir); err != nil {
		return nil, err
	}
	exists, err := isArchive(a.root)
	if err != nil {
		return nil, err
	}
	if a.lock, err = lockfile.Acquire(a.root, lockName); err != nil {
		return nil, fmt.Errorf("open archive %s: %w", dir, err)
	}
	if exists {
		err = a.openExisting(ctx, o)
	} else {
		err = a.create(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return a, a.start(ctx)
}

// OpenReadOnly opens the archive in dir for reading. It takes no lock and works
// beside a run that writes. The error wraps [mailhaul.ErrUsage] when dir is not
// an archive.
func OpenReadOnly(ctx context.Context, dir string) (_ *Archive, err error) {
	a, err := openRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no archive at %s", mailhaul.ErrUsage, dir)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	exists, err := isArchive(a.root)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, fmt.Errorf("%w: %s is not a mailhaul archive", mailhaul.ErrUsage, dir)
	}
	if a.ledger, err = checkpoint.OpenReadOnly(ctx, a.ledgerPath()); err != nil {
		return nil, ledgerError(dir, err)
	}
	id, err := a.ledger.Identity(ctx)
	if err != nil {
		return nil, err
	}
	if id == (checkpoint.Identity{}) {
		return nil, fmt.Errorf("%w: %s is not a mailhaul archive yet: the run that was to make it was cut off",
			mailhaul.ErrUsage, dir)
	}
	a.format = Format(id.Format)
	return a, a.checkFormat()
}

func openRoot(dir string) (*Archive, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is not a directory", mailhaul.ErrUsage, dir)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	return &Archive{root: root}, nil
}

// openExisting opens the ledger and changes nothing before it is sure that this
// is the archive that is meant.
func (a *Archive) openExisting(ctx context.Context, o Options) error {
	var err error
	if a.ledger, err = checkpoint.Open(ctx, a.ledgerPath()); err != nil {
		return ledgerError(a.root.Name(), err)
	}
	id, err := a.ledger.Identity(ctx)
	if err != nil {
		return err
	}
	if id == (checkpoint.Identity{}) {
		// Killed in its first moments, before the ledger knew whose it is.
		return a.create(ctx, o)
	}
	a.format = Format(id.Format)
	if err := a.checkFormat(); err != nil {
		return err
	}
	if o.Account != "" && o.Account != id.Account {
		return fmt.Errorf("%w: the archive %s belongs to %q, not to %q", mailhaul.ErrUsage, a.root.Name(), id.Account, o.Account)
	}
	if o.Format != "" && o.Format != a.format {
		return fmt.Errorf("%w: the archive %s has the format %s, not %s", mailhaul.ErrUsage, a.root.Name(), a.format, o.Format)
	}
	return a.sign(o)
}

// create makes what a new archive needs. The order lets any part of it be
// recognised as ours when it is cut off:
//
//  1. the lock file is signed
//  2. README.txt and mail/
//  3. these names are made durable
//  4. the ledger is made, and told whose it is: from now on it is an archive
func (a *Archive) create(ctx context.Context, o Options) error {
	if err := a.sign(o); err != nil {
		return err
	}
	if err := a.root.Chmod(".", fsys.DirMode); err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	if err := writeReadme(a.root); err != nil {
		return err
	}
	if err := fsys.MakeDir(a.root, mailName); err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	if err := syncDir(a.root, "."); err != nil {
		return err
	}
	if a.ledger == nil {
		var err error
		if a.ledger, err = checkpoint.Open(ctx, a.ledgerPath()); err != nil {
			return fmt.Errorf("make archive %s: %w", a.root.Name(), err)
		}
	}
	a.format = o.Format
	if a.format == "" {
		a.format = Maildir
	}
	return a.ledger.SetIdentity(ctx, checkpoint.Identity{Account: o.Account, Format: string(a.format)})
}

// sign tells in the lock file who is writing.
func (a *Archive) sign(o Options) error { return signLock(a.lock, o.Now()) }

func signLock(l *lockfile.Lock, now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host" // only for people to read
	}
	return l.Sign(fmt.Sprintf("%s(process %d on %s since %s)", lockSignature, os.Getpid(), host, now.Format(time.RFC3339)))
}

// start makes an archive whose ledger is open ready to take messages.
func (a *Archive) start(ctx context.Context) error {
	run, known, err := a.ledger.LastRun(ctx)
	if err != nil {
		return err
	}
	if a.syncer, err = fsys.NewSyncer(a.root); err != nil {
		return err
	}
	unfinished, err := a.ledger.PruneUnfinished(ctx)
	if err != nil {
		return err
	}
	if known && (a.lock.Left() || run.End.IsZero() || unfinished) {
		if err := a.recover(ctx, run.ID); err != nil {
			return fmt.Errorf("recover archive: %w", err)
		}
	}
	a.left.Store(false)
	a.startStoring()
	return nil
}

func (a *Archive) checkFormat() error {
	if a.format != Maildir && a.format != Mbox {
		return fmt.Errorf("%w: the archive's ledger names the unknown format %q", mailhaul.ErrDamaged, a.format)
	}
	return nil
}

func (a *Archive) ledgerPath() string { return filepath.Join(a.root.Name(), ledgerName) }

// makeArchiveDir makes dir, and what is missing above it, durably.
func makeArchiveDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // openRoot looks closer
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%w: %s is a symbolic link that leads nowhere", mailhaul.ErrUsage, dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := makeArchiveDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, fsys.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make archive: %w", err)
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	defer root.Close()
	return syncDir(root, ".")
}

// syncDir makes durable which names one directory holds.
func syncDir(root *os.Root, dir string) error {
	d, err := fsys.OpenDir(root, dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
