package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// maxPruned bounds how many messages of a Maildir are pruned at once.
const maxPruned = 10_000

// lookMaildir tells why the files of a Maildir cannot be removed. One that is not
// there has none.
func (p *pruning) lookMaildir(f *checkpoint.Folder) error {
	for _, sub := range mailSubs {
		err := fsys.CheckDir(p.root, mailPath(f.Place)+"/"+sub)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// maildir prunes a Maildir.
func (p *pruning) maildir(ctx context.Context, x *PrunedFolder) error {
	after := checkpoint.Key{FolderID: x.folder.ID}
	total := x.Messages
	x.Messages = 0
	for x.Messages < total {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, last, err := p.ledger.Prune(ctx, p.run, after, p.goneBy, maxPruned)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		x.Messages, after = x.Messages+n, last
		// What the ledger has given up is removed even if the run is interrupted.
		if err := p.removePruned(context.WithoutCancel(ctx), x.folder); err != nil {
			p.left.Store(true)
			return err
		}
		p.progress(n)
	}
	return nil
}

// removePruned removes the files of pruned messages that have yet to be removed:
// steps 2 and 3 of Prune.
func (a *Archive) removePruned(ctx context.Context, f *checkpoint.Folder) error {
	for {
		files, err := a.ledger.Unremoved(ctx, f.ID, maxPruned)
		if err != nil || len(files) == 0 {
			return err
		}
		if err := a.removeFiles(ctx, f.Place, files); err != nil {
			return err
		}
		if err := a.ledger.Removed(ctx, f.ID, files); err != nil {
			return err
		}
	}
}

// removeFiles removes files of a Maildir durably, whatever flags other programs
// have given them in their names.
func (a *Archive) removeFiles(ctx context.Context, place string, files []checkpoint.Unremoved) error {
	renamed := make(map[string]bool)
	for _, f := range files {
		renamed[f.Place] = true
	}
	for i, sub := range mailSubs {
		dir, err := fsys.OpenDir(a.root, mailPath(place)+"/"+sub)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if i == 0 { // cur
			err = removeNamed(dir, files, renamed)
		}
		if err == nil && len(renamed) > 0 {
			err = a.removeRenamed(ctx, dir, mailPath(place)+"/"+sub, renamed)
		}
		if err == nil {
			err = dir.Sync()
		}
		if err = errors.Join(err, dir.Close()); err != nil {
			return fmt.Errorf("remove pruned messages: %w", err)
		}
	}
	return nil
}

// removeNamed removes files under the names that their flags give them, and takes
// them out of missing.
func removeNamed(cur *fsys.Dir, files []checkpoint.Unremoved, missing map[string]bool) error {
	for _, f := range files {
		err := cur.Remove(f.Place + maildir.Info(f.Flags))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		delete(missing, f.Place)
	}
	return nil
}

// removeRenamed removes the files of a directory whose base names are among those
// given.
func (a *Archive) removeRenamed(ctx context.Context, dir *fsys.Dir, path string, bases map[string]bool) error {
	var names []string
	err := fsys.EachName(a.root, path, func(e fs.DirEntry) error {
		if base, _ := maildir.Split(e.Name()); bases[base] && !e.IsDir() {
			names = append(names, e.Name())
		}
		return ctx.Err()
	})
	for _, name := range names {
		if err == nil {
			err = dir.Remove(name)
		}
	}
	return err
}
