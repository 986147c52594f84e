package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

// target is a folder that Prepare made ready.
type target struct {
	place string
	box   *box  // of an mbox, nil for a Maildir
	err   error // why the folder cannot take messages
}

// Prepare implements [mailhaul.Target]. It gives each folder its place and makes
// it durably. What is wrong with single folders is told in one error, joined of
// a [mailhaul.Error] for each of them; all others are ready then.
func (a *Archive) Prepare(ctx context.Context, folders []*mailhaul.Folder) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var (
		errs  []error
		fresh []*target
		dirs  = make(map[string]bool) // to sync
	)
	for _, f := range folders {
		if t := a.prepared[f.Place]; t != nil {
			errs = append(errs, t.err)
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// A place that the ledger has was made durable before it was written
		// there; any other may be one that a run was cut off in making.
		known := f.Place != ""
		if err := a.givePlace(ctx, f); err != nil {
			return err
		}
		if f.NoSelect {
			continue // it has a place for those below it, and nothing else
		}
		t := &target{place: f.Place}
		if err := a.makeFolder(t, known, dirs); isFull(err) {
			return a.fail("make folder", err) // so are all other folders
		} else if err != nil {
			t.err = &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "prepare archive", Folder: f.Name, Err: err}
			errs = append(errs, t.err)
		}
		fresh = append(fresh, t)
	}
	// Durable before any message is: a message must not be found in a folder
	// that is gone after a power loss.
	if err := a.syncDirs(dirs); err != nil {
		return a.fail("make folders durable", err)
	}
	for _, t := range fresh {
		a.prepared[t.place] = t
	}
	return errors.Join(errs...)
}

// givePlace fills in the place of a folder that has none, and reads from the
// ledger what the first folder needs.
func (a *Archive) givePlace(ctx context.Context, f *mailhaul.Folder) error {
	if f.Place != "" && (a.format == Maildir || a.ends != nil) {
		return nil
	}
	if a.names == nil {
		known, err := a.ledger.Folders(ctx)
		if err != nil {
			return err
		}
		a.names, a.ends = newPlaces(known), make(map[string]int64)
		for _, k := range known {
			if k.StoredEnd > 0 {
				a.ends[k.Place] = k.StoredEnd
			}
		}
	}
	if f.Place == "" {
		f.Place = a.names.dirFor(f.Name, f.Delimiter)
		if a.format == Mbox {
			f.Place += mboxExt
		}
	}
	return nil
}

// makeFolder makes what is missing of a folder on disk and adds the directories
// that must be synced for it. known tells that all of it was there once.
func (a *Archive) makeFolder(t *target, known bool, dirs map[string]bool) error {
	if err := a.checkPlace(t.place); err != nil {
		return err
	}
	if a.format == Mbox {
		return a.makeBox(t, dirs)
	}
	base := mailPath(t.place)
	if known {
		if err := fsys.CheckDir(a.root, base+"/cur"); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, sub := range []string{"/tmp", "/new", "/cur"} {
		if err := fsys.MakeDir(a.root, base+sub); err != nil {
			return err
		}
	}
	// Also what was there already: a run may have been cut off before it could
	// make it durable.
	dirs[base] = true
	fsys.Parents(base, func(dir string) { dirs[dir] = true })
	return nil
}

// checkPlace refuses a place that this program would not give: a ledger can be
// damaged, too.
func (a *Archive) checkPlace(place string) error { return checkPlace(a.format, place) }

func checkPlace(format Format, place string) error {
	ok := fs.ValidPath(place) && place != "." && !strings.Contains(place, `\`)
	if format == Mbox {
		ok = ok && strings.HasSuffix(place, mboxExt)
	} else {
		for part := range strings.SplitSeq(place, "/") {
			ok = ok && part != "cur" && part != "new" && part != "tmp"
		}
	}
	if !ok {
		return fmt.Errorf("%w: the ledger has the impossible place %q", mailhaul.ErrDamaged, place)
	}
	return nil
}

// syncDirs makes directories durable, those below before those above.
func (a *Archive) syncDirs(dirs map[string]bool) error {
	if len(dirs) == 0 {
		return nil
	}
	list := make([]string, 0, len(dirs))
	for d := range dirs {
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y string) int { return strings.Compare(y, x) })
	return a.syncer.Dirs(list)
}

// folder returns the prepared folder of a message.
func (a *Archive) folder(f *mailhaul.Folder) (*target, error) {
	a.mu.RLock()
	t := a.prepared[f.Place]
	a.mu.RUnlock()
	if t == nil {
		return nil, &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "store message", Folder: f.Name,
			Err: errors.New("the folder was not prepared")}
	}
	return t, t.err
}

// mailPath returns where a place is below the archive's root.
func mailPath(place string) string { return mailName + "/" + place }
