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

// maxAdopted bounds how many messages are looked for and recorded at once.
const maxAdopted = 1000

// adoption recovers one Maildir: it removes what was not finished and adopts
// what was.
type adoption struct {
	*Archive
	folder *checkpoint.Folder
	run    checkpoint.RunID
	// known are the UIDs that the ledger has under the folder's UIDVALIDITY,
	// read when the first file of ours is met.
	known  mailhaul.UIDSet
	loaded bool
}

// orphan is a file that mailhaul named and the ledger does not know.
type orphan struct {
	path string // below the archive's root
	info string
	name maildir.Name
}

func (o *adoption) recover(ctx context.Context) error {
	if err := o.clearTmp(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, sub := range []string{"/cur", "/new"} {
		if err := o.search(ctx, mailPath(o.folder.Place)+sub); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// clearTmp removes what was being written.
func (o *adoption) clearTmp() error {
	tmp, err := fsys.OpenDir(o.root, mailPath(o.folder.Place)+"/tmp")
	if err != nil {
		return err
	}
	defer tmp.Close()
	return tmp.Each(func(e fs.DirEntry) error {
		if _, ours := maildir.Parse(e.Name()); !ours || !e.Type().IsRegular() {
			return nil
		}
		return tmp.Remove(e.Name())
	})
}

// search adopts the orphans in a directory.
func (o *adoption) search(ctx context.Context, dir string) error {
	orphans := make(map[string]orphan) // by base name
	err := fsys.EachName(o.root, dir, func(e fs.DirEntry) error {
		n, ours := maildir.Parse(e.Name())
		if !ours || !e.Type().IsRegular() || n.UIDValidity != o.folder.UIDValidity {
			return nil
		}
		if known, err := o.has(ctx, n.UID); known || err != nil {
			return err
		}
		base, info := maildir.Split(e.Name())
		orphans[base] = orphan{path: dir + "/" + e.Name(), info: info, name: n}
		if len(orphans) < maxAdopted {
			return nil
		}
		defer clear(orphans)
		return o.adopt(ctx, dir, orphans)
	})
	if err != nil {
		return err
	}
	return o.adopt(ctx, dir, orphans)
}

// has tells whether the ledger knows a message of the folder by its UID.
func (o *adoption) has(ctx context.Context, uid mailhaul.UID) (bool, error) {
	if !o.loaded {
		live, gone, err := o.ledger.UIDs(ctx, o.folder.ID, o.folder.UIDValidity)
		if err != nil {
			return false, err
		}
		o.known, o.loaded = live, true
		for _, r := range gone.Ranges() {
			o.known.AddRange(r)
		}
	}
	return o.known.Contains(uid), nil
}

// adopt records the orphans that are whole: their data was synced before they
// got the name under which they are found. Others are removed, their messages
// are fetched again.
func (o *adoption) adopt(ctx context.Context, dir string, orphans map[string]orphan) error {
	if len(orphans) == 0 {
		return nil
	}
	// A message whose UID changed on the server keeps its name here.
	for m, err := range o.ledger.Messages(ctx, o.folder.ID) {
		if err != nil {
			return err
		}
		delete(orphans, m.Place)
	}
	var receipts []mailhaul.Receipt
	var paths []string
	for _, x := range orphans {
		r, err := o.examine(x)
		if errors.Is(err, mailhaul.ErrDamaged) || err == nil && o.known.Contains(r.UID) {
			if err := o.root.Remove(x.path); err != nil {
				return fmt.Errorf("remove unfinished message: %w", err)
			}
			continue
		}
		if err != nil {
			return err
		}
		o.known.Add(r.UID)
		receipts, paths = append(receipts, r), append(paths, x.path)
	}
	if len(receipts) == 0 {
		return nil
	}
	// Before they are recorded they must be durable under these names, which
	// the run that gave them may not have lived to see.
	err := o.syncer.Files(len(paths), func(i int) string { return paths[i] })
	if err == nil {
		err = o.syncer.Dirs([]string{dir})
	}
	if err != nil {
		return fmt.Errorf("make adopted messages durable: %w", err)
	}
	return o.ledger.Record(ctx, o.run, receipts)
}

// examine reads an orphan and returns its receipt. The error wraps ErrDamaged
// when the file is not what its name says.
func (o *adoption) examine(x orphan) (mailhaul.Receipt, error) {
	r := mailhaul.Receipt{
		Folder: &o.folder.Folder, UID: x.name.UID, Flags: maildir.Flags(x.info), InternalDate: x.name.InternalDate,
		Size: x.name.Size, Stored: x.name.Stored, LineEnds: x.name.LineEnds, Place: x.name.Base(),
	}
	file, err := fsys.OpenRegular(o.root, x.path, os.O_RDONLY)
	if err != nil {
		return r, err
	}
	defer file.Close()
	if err := measure(file, &r); err != nil {
		return r, err
	}
	if maildir.NameOf(&r).Digest != x.name.Digest {
		return r, fmt.Errorf("%w: other octets than its name tells", mailhaul.ErrDamaged)
	}
	return r, nil
}
