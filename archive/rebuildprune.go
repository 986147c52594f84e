package archive

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

// isPruned tells whether a file of a Maildir is one of a message that a prune which
// was cut off has yet to remove: the old ledger knows. The new one is told, too, and
// the next run that writes removes it.
func (b *folderRebuild) isPruned(ctx context.Context, file *filed) (bool, error) {
	if b.box != nil || !b.ofOld[b.folder.ID] {
		return false, nil
	}
	pruned, err := b.old.IsUnremoved(ctx, b.folder.ID, file.base())
	return pruned, unlessDamaged(err)
}

// finishPrune puts the mbox file in place of which the old ledger speaks. It is
// harmless to come to it twice.
func (b *folderRebuild) finishPrune(ctx context.Context) error {
	if !b.ofOld[b.folder.ID] {
		return nil
	}
	beside, err := b.old.Unrenamed(ctx, b.folder.Place)
	if err != nil || !beside {
		return unlessDamaged(err)
	}
	err = renameBox(b.root, b.folder)
	if errors.Is(err, mailhaul.ErrDamaged) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsys.ErrSymlink) {
		// The places that the old ledger knows are those in a file that is lost.
		delete(b.ofOld, b.folder.ID)
		return nil
	}
	return err
}

// unlessDamaged leaves out an error that tells of damage.
func unlessDamaged(err error) error {
	if errors.Is(err, mailhaul.ErrDamaged) {
		return nil
	}
	return err
}
