package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// recover brings in order what a run left that was cut off. The ledger is the
// truth: what it does not know is adopted if it is whole, and removed if not.
// Files that mailhaul did not name are never touched.
func (a *Archive) recover(ctx context.Context, last checkpoint.RunID) error {
	if err := a.root.Remove(catalogueName + newSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove unfinished file: %w", err)
	}
	folders, err := a.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	for i := range folders {
		f := &folders[i]
		if f.Place == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// A folder that cannot be looked into takes no messages either: what
		// is wrong with it is told when they are stored, or by verify.
		if a.checkPlace(f.Place) != nil {
			continue
		}
		// Before all else: the rows of the ledger speak of what comes out of it.
		err := a.finishPrune(ctx, f)
		switch {
		case err != nil || f.NoSelect:
		case a.format == Mbox:
			err = a.recoverBox(f)
		default:
			err = (&adoption{Archive: a, folder: f, run: last}).recover(ctx)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fsys.ErrSymlink) {
			return fmt.Errorf("folder %q: %w", f.Name, err)
		}
	}
	return nil
}

// recoverBox cuts off what was appended and not recorded.
func (a *Archive) recoverBox(f *checkpoint.Folder) error {
	file, err := openBox(a.root, f.Place, os.O_RDWR)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at mbox file: %w", err)
	}
	if info.Size() <= f.StoredEnd {
		return nil
	}
	if err := file.Truncate(f.StoredEnd); err != nil {
		return fmt.Errorf("cut mbox file: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync mbox file: %w", err)
	}
	return nil
}
