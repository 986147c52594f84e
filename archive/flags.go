package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// SetFlags implements [mailhaul.FlagSetter]: it brings the letters in the names
// of a Maildir up to date. An mbox shows no flags, since its messages are not
// changed; the ledger has them.
//
// Nothing is synced for it. Messages are looked up by base name, so a rename
// that a power loss undoes changes nothing but what other programs show.
func (a *Archive) SetFlags(ctx context.Context, f *mailhaul.Folder, changes []mailhaul.FlagChange) error {
	if a.format == Mbox || len(changes) == 0 {
		return nil
	}
	if err := a.checkPlace(f.Place); err != nil {
		return err
	}
	h, err := a.maildirs.get(f.Place)
	if err != nil {
		return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "set flags", Folder: f.Name, Err: err}
	}
	defer a.maildirs.put(h)
	missing := make(map[string]mailhaul.Flags)
	for _, c := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		from, to := maildir.Info(c.Old), maildir.Info(c.New)
		if from == to {
			continue
		}
		err := h.value.cur.Rename(c.Place+from, h.value.cur, c.Place+to)
		if errors.Is(err, fs.ErrNotExist) {
			missing[c.Place] = c.New
		} else if err != nil {
			return a.fail("set flags", err)
		}
	}
	return a.setRenamed(f, h.value.cur, missing)
}

// setRenamed sets the flags of messages whose names another program changed. A
// message that is not there at all is left to verify.
func (a *Archive) setRenamed(f *mailhaul.Folder, cur *fsys.Dir, missing map[string]mailhaul.Flags) error {
	if len(missing) == 0 {
		return nil
	}
	renames := make(map[string]string)
	err := fsys.EachName(a.root, mailPath(f.Place)+"/cur", func(e fs.DirEntry) error {
		base, info := maildir.Split(e.Name())
		if flags, ok := missing[base]; ok {
			renames[e.Name()] = base + maildir.Replace(info, flags)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set flags: %w", err)
	}
	for from, to := range renames {
		if err := cur.Rename(from, cur, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return a.fail("set flags", err)
		}
	}
	return nil
}
