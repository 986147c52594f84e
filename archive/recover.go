package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// maxAdopted bounds how many messages are recorded, or looked for, at once.
const maxAdopted = 1000

// recover brings in order what a run left that was cut off. The ledger is the
// truth: what it does not know is adopted if it is whole, and removed if not.
// Files that mailhaul did not name are never touched.
func (a *Archive) recover(ctx context.Context, last checkpoint.RunID) error {
	folders, err := a.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	for i := range folders {
		f := &folders[i]
		if f.Place == "" || f.NoSelect {
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
		if a.format == Mbox {
			err = a.recoverBox(f)
		} else {
			err = a.recoverMaildir(ctx, f, last)
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

// recoverMaildir removes what was not finished and adopts what was.
func (a *Archive) recoverMaildir(ctx context.Context, f *checkpoint.Folder, last checkpoint.RunID) error {
	tmp, err := fsys.OpenDir(a.root, mailPath(f.Place)+"/tmp")
	if err != nil {
		return err
	}
	defer tmp.Close()
	err = fsys.EachName(a.root, mailPath(f.Place)+"/tmp", func(e fs.DirEntry) error {
		if _, ours := maildir.Parse(e.Name()); !ours || !e.Type().IsRegular() {
			return nil
		}
		return tmp.Remove(e.Name())
	})
	if err != nil {
		return err
	}
	live, gone, err := a.ledger.UIDs(ctx, f.ID, f.UIDValidity)
	if err != nil {
		return err
	}
	for _, sub := range []string{"cur", "new"} {
		// Names that the ledger has no message for, by base name.
		orphans := make(map[string]orphan)
		err := fsys.EachName(a.root, mailPath(f.Place)+"/"+sub, func(e fs.DirEntry) error {
			n, ours := maildir.Parse(e.Name())
			if !ours || !e.Type().IsRegular() || n.UIDValidity != f.UIDValidity ||
				live.Contains(n.UID) || gone.Contains(n.UID) {
				return nil
			}
			orphans[n.Base()] = orphan{sub: sub, file: e.Name(), name: n}
			if len(orphans) < maxAdopted {
				return nil
			}
			defer clear(orphans)
			return a.adopt(ctx, f, last, orphans)
		})
		if err != nil {
			return err
		}
		if err := a.adopt(ctx, f, last, orphans); err != nil {
			return err
		}
	}
	return nil
}

// orphan is a file that mailhaul named and the ledger does not know.
type orphan struct {
	sub, file string
	name      maildir.Name
}

// adopt records the orphans that are whole: their data was synced before they
// got the name under which they are found. Others are removed, their messages
// are fetched again.
func (a *Archive) adopt(ctx context.Context, f *checkpoint.Folder, last checkpoint.RunID, orphans map[string]orphan) error {
	if len(orphans) == 0 {
		return nil
	}
	// A message whose UID changed on the server keeps its name here.
	for m, err := range a.ledger.Messages(ctx, f.ID) {
		if err != nil {
			return err
		}
		delete(orphans, m.Place)
	}
	var receipts []mailhaul.Receipt
	uids := make(map[mailhaul.UID]bool)
	for _, o := range orphans {
		r, err := a.examine(f, o)
		switch {
		case errors.Is(err, mailhaul.ErrDamaged) || err == nil && uids[o.name.UID]:
			if err := a.root.Remove(mailPath(f.Place) + "/" + o.sub + "/" + o.file); err != nil {
				return fmt.Errorf("remove unfinished message: %w", err)
			}
		case err != nil:
			return err
		default:
			uids[r.UID] = true
			receipts = append(receipts, r)
		}
	}
	if len(receipts) == 0 {
		return nil
	}
	// Before they are recorded their names must be durable, which the run that
	// made them may not have lived to see.
	if err := a.syncAdopted(f, receipts, orphans); err != nil {
		return err
	}
	return a.ledger.Record(ctx, last, receipts)
}

// examine reads an orphan and returns its receipt. The error wraps ErrDamaged
// when the file is not what its name says.
func (a *Archive) examine(f *checkpoint.Folder, o orphan) (mailhaul.Receipt, error) {
	_, info := maildir.Split(o.file)
	r := mailhaul.Receipt{
		Folder: &f.Folder, UID: o.name.UID, Flags: maildir.Flags(info), InternalDate: o.name.InternalDate,
		Size: o.name.Size, Stored: o.name.Stored, LineEnds: o.name.LineEnds, Place: o.name.Base(),
	}
	file, err := fsys.OpenRegular(a.root, mailPath(f.Place)+"/"+o.sub+"/"+o.file, os.O_RDONLY)
	if err != nil {
		return r, err
	}
	defer file.Close()
	if err := measure(file, &r); err != nil {
		return r, err
	}
	if maildir.NameOf(&r).Digest != o.name.Digest {
		return r, fmt.Errorf("%w: other octets than its name tells", mailhaul.ErrDamaged)
	}
	return r, nil
}

func (a *Archive) syncAdopted(f *checkpoint.Folder, receipts []mailhaul.Receipt, orphans map[string]orphan) error {
	path := func(i int) string {
		o := orphans[receipts[i].Place]
		return mailPath(f.Place) + "/" + o.sub + "/" + o.file
	}
	if err := a.syncer.Files(len(receipts), path); err != nil {
		return fmt.Errorf("make adopted messages durable: %w", err)
	}
	dirs := []string{mailPath(f.Place) + "/cur", mailPath(f.Place) + "/new"}
	if err := a.syncer.Dirs(dirs); err != nil {
		return fmt.Errorf("make adopted messages durable: %w", err)
	}
	return nil
}
