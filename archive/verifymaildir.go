package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// maildirCheck is the state of verifying one Maildir. Of a million messages it
// keeps eight octets each.
type maildirCheck struct {
	*verifier
	folder *checkpoint.Folder
	seed   maphash.Seed
	known  []uint64 // hashes of the base names of all messages, sorted
	seen   []bool   // by place in known: a file was found
	link   bool     // cur is no directory, which was told

	mu sync.Mutex
	// missing are the messages without a file under the expected name, by base
	// name. Usually another program changed their flags.
	missing map[string][]missed
}

// missed is a message whose file could not be opened under the expected name.
type missed struct {
	checkpoint.Message
	why error
}

// maildir verifies a Maildir.
func (v *verifier) maildir(ctx context.Context, f *checkpoint.Folder) error {
	c := &maildirCheck{verifier: v, folder: f, seed: maphash.MakeSeed(), missing: make(map[string][]missed)}
	path := mailPath(f.Place) + "/cur"
	dir, err := fsys.OpenDir(v.root, path)
	switch {
	case errors.Is(err, fsys.ErrSymlink):
		c.link = true
		v.damage(Damage{Folder: f.Name, Path: path, Problem: err.Error()})
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err == nil {
		defer dir.Close()
		defer v.open.Wait() // before the directory is closed
	}
	if err := c.messages(ctx, dir); err != nil {
		return err
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		err := c.files(ctx, sub)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fsys.ErrSymlink) {
			return err
		}
	}
	if err := c.unread(ctx); err != nil {
		return err
	}
	return c.lost(ctx)
}

// unread adds the messages to those missing that were not to be read and have no
// file.
func (c *maildirCheck) unread(ctx context.Context) error {
	if c.o.all() || !slices.Contains(c.seen, false) {
		return nil
	}
	for m, err := range c.ledger.Messages(ctx, c.folder.ID) {
		if err != nil {
			return err
		}
		i, known := slices.BinarySearch(c.known, maphash.String(c.seed, m.Place))
		if known && !c.seen[i] && !c.o.chooses(&m) {
			c.missing[m.Place] = append(c.missing[m.Place], missed{m, fs.ErrNotExist})
		}
	}
	return nil
}

// messages reads all messages that are where they should be. dir is nil when
// there is no directory.
func (c *maildirCheck) messages(ctx context.Context, dir *fsys.Dir) error {
	miss := func(m checkpoint.Message, why error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.missing[m.Place] = append(c.missing[m.Place], missed{m, why})
	}
	if c.folder.Live+c.folder.Gone == 0 {
		return nil // a query for each of a hundred thousand folders takes time
	}
	for m, err := range c.ledger.Messages(ctx, c.folder.ID) {
		if err != nil {
			return err
		}
		c.known = append(c.known, maphash.String(c.seed, m.Place))
		if !c.o.chooses(&m) {
			continue // whether there is a file shows when the directories are read
		}
		if dir == nil {
			miss(m, fs.ErrNotExist)
			continue
		}
		name := m.Place + maildir.Info(m.Flags)
		c.give(job{folder: c.folder, m: m, path: mailPath(c.folder.Place) + "/cur/" + name, missing: miss,
			open: func() (*wireReader, error) { return openFile(dir, name, m) }})
	}
	c.open.Wait()
	slices.Sort(c.known)
	c.seen = make([]bool, len(c.known))
	return nil
}

// openFile opens the file of a message.
func openFile(dir *fsys.Dir, name string, m checkpoint.Message) (*wireReader, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	r := readMaildir(f, m)
	r.file = f
	return r, nil
}

// files looks at all files of a directory: those of missing messages are read,
// those that nobody knows are reported.
func (c *maildirCheck) files(ctx context.Context, sub string) error {
	path := mailPath(c.folder.Place) + "/" + sub
	dir, err := fsys.OpenDir(c.root, path)
	if errors.Is(err, fsys.ErrSymlink) && !c.link {
		c.damage(Damage{Folder: c.folder.Name, Path: path, Problem: err.Error()})
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	defer c.open.Wait()
	return dir.Each(func(e fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		base, _ := maildir.Split(e.Name())
		i, known := slices.BinarySearch(c.known, maphash.String(c.seed, base))
		if sub == "tmp" || !known || !e.Type().IsRegular() {
			return c.stranger(ctx, path+"/"+e.Name(), base)
		}
		if c.seen[i] {
			c.damage(Damage{Folder: c.folder.Name, Path: path + "/" + e.Name(),
				Problem: "a second file for one message"})
		}
		c.seen[i] = true
		for _, m := range c.missing[base] {
			c.give(job{folder: c.folder, m: m.Message, path: path + "/" + e.Name(),
				open: func() (*wireReader, error) { return openFile(dir, e.Name(), m.Message) }})
		}
		delete(c.missing, base)
		return nil
	})
}

// stranger reports a file that nobody knows, unless a run that is writing now,
// or was a moment ago, does.
func (c *maildirCheck) stranger(ctx context.Context, path, base string) error {
	problem := "a file that the ledger does not know"
	if n, ours := maildir.Parse(base); ours {
		if busy, err := c.busy(); err != nil || busy {
			return err
		}
		// Of a prune that is under way, or was cut off.
		if pruned, err := c.ledger.IsUnremoved(ctx, c.folder.ID, base); err != nil || pruned {
			return err
		}
		m, err := c.ledger.Message(ctx, c.folder.ID, n.UID)
		if err == nil && m.Place == base {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		problem = "a file of a run that was cut off; the next backup clears it up"
	}
	c.damage(Damage{Folder: c.folder.Name, Path: path, Problem: problem})
	return nil
}

// lost reports the messages for which there is no file, in the ledger's order.
func (c *maildirCheck) lost(ctx context.Context) error {
	var all []missed
	for _, ms := range c.missing {
		all = append(all, ms...)
	}
	slices.SortFunc(all, func(x, y missed) int {
		return cmp.Or(cmp.Compare(x.UIDValidity, y.UIDValidity), cmp.Compare(x.UID, y.UID))
	})
	for _, m := range all {
		path, err := mailPath(c.folder.Place)+"/cur/"+m.Place, m.why
		if errors.Is(err, fs.ErrNotExist) {
			err = c.again(ctx, m.Message)
		} else {
			path += maildir.Info(m.Flags)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.done(job{folder: c.folder, m: m.Message, path: path}, err)
	}
	return nil
}

// again looks for a message once more: a run that is writing may have renamed
// its file while the directory was read, for flags that the ledger knows by now.
func (c *maildirCheck) again(ctx context.Context, m checkpoint.Message) error {
	gone := fmt.Errorf("%w: the file is gone", mailhaul.ErrDamaged)
	now, err := c.ledger.Message(ctx, c.folder.ID, m.UID)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (now.Place != m.Place || now.Flags == m.Flags) {
		return gone
	}
	if err != nil {
		return err
	}
	r, err := c.Archive.open(ctx, c.folder.Place, now)
	if errors.Is(err, fs.ErrNotExist) {
		return gone
	}
	if err != nil {
		return err
	}
	return errors.Join(r.drain(), r.Close())
}
