package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// mailDir opens the messages of one Maildir.
type mailDir struct {
	root *os.Root
	path string
	cur  *fsys.Dir // nil when there is none

	mu    sync.Mutex
	names *fileNames // nil until a message is not where it should be
}

func openMailDir(root *os.Root, place string) (*mailDir, error) {
	d := &mailDir{root: root, path: mailPath(place)}
	var err error
	if d.cur, err = fsys.OpenDir(root, d.path+"/cur"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d, nil
}

// Close implements io.Closer.
func (d *mailDir) Close() error {
	if d.cur == nil {
		return nil
	}
	return d.cur.Close()
}

// open opens a message.
func (d *mailDir) open(ctx context.Context, m checkpoint.Message) (*wireReader, error) {
	f, err := d.file(ctx, m)
	if err != nil {
		return nil, err
	}
	r := readMaildir(f, m)
	r.file = f
	return r, nil
}

// file opens a message's file: under the name that its flags give it, or else,
// because another program changed that, under any that begins with its base name.
func (d *mailDir) file(ctx context.Context, m checkpoint.Message) (*os.File, error) {
	if d.cur != nil {
		f, err := d.cur.Open(m.Place + maildir.Info(m.Flags))
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return d.search(ctx, m.Place)
}

// maxSearches is how often a message is looked for whose file is renamed again
// and again meanwhile.
const maxSearches = 4

// search opens the file with a base name. Another program that changed one name
// has often changed many, so what the directories hold is read once for all.
func (d *mailDir) search(ctx context.Context, base string) (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range maxSearches {
		if sub, name, known := d.names.find(base); known {
			f, err := d.openIn(sub, name)
			if !errors.Is(err, fs.ErrNotExist) {
				return f, err
			}
		}
		changed, err := d.refresh(ctx)
		if err != nil {
			return nil, err
		}
		if !changed {
			break
		}
	}
	return nil, fmt.Errorf("find file %s: %w", base, fs.ErrNotExist)
}

func (d *mailDir) openIn(sub, name string) (*os.File, error) {
	dir, err := fsys.OpenDir(d.root, d.path+"/"+sub)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Open(name)
}

// settled is how long ago a directory must have been changed for its time to
// tell of every later change: file systems count in ticks, FAT in 2 seconds.
const settled = 3 * time.Second

// refresh reads which files there are, unless nothing has changed since that was
// done.
func (d *mailDir) refresh(ctx context.Context) (changed bool, err error) {
	var times [len(mailSubs)]time.Time // of before the reading: what comes later is seen the next time
	for i, sub := range mailSubs {
		info, err := d.root.Lstat(d.path + "/" + sub)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("look at directory: %w", err)
		}
		if err == nil {
			times[i] = info.ModTime()
		}
	}
	if d.names != nil && d.names.settled && d.names.times == times {
		return false, nil
	}
	names := &fileNames{times: times, seed: maphash.MakeSeed(), settled: true}
	for _, t := range times {
		names.settled = names.settled && time.Since(t) > settled
	}
	if err := names.read(ctx, d.root, d.path); err != nil {
		return false, err
	}
	d.names = names
	return true, nil
}

// mailSubs are the directories of a Maildir in which messages lie.
var mailSubs = [...]string{"cur", "new"}

// fileNames are the names of the files in a Maildir. Of a million it keeps 16
// octets each.
type fileNames struct {
	times   [len(mailSubs)]time.Time // of the directories
	settled bool
	seed    maphash.Seed
	files   []fileName // by hash
	tails   []tail
}

// fileName is a base name's hash, and what follows it as an index of tails.
type fileName struct {
	base uint64
	tail int32
}

// tail is where a file lies and how its name goes on behind the base name. There
// are as many as combinations of flags.
type tail struct{ sub, info string }

// find returns where the file with a base name lies. It works on nil.
func (n *fileNames) find(base string) (sub, name string, known bool) {
	if n == nil {
		return "", "", false
	}
	i, known := slices.BinarySearchFunc(n.files, maphash.String(n.seed, base),
		func(f fileName, hash uint64) int { return cmp.Compare(f.base, hash) })
	if !known {
		return "", "", false
	}
	t := n.tails[n.files[i].tail]
	return t.sub, base + t.info, true
}

// read reads the names in a Maildir's directories.
func (n *fileNames) read(ctx context.Context, root *os.Root, path string) error {
	indexes := make(map[tail]int32)
	for _, sub := range mailSubs {
		err := fsys.EachName(root, path+"/"+sub, func(e fs.DirEntry) error {
			base, info := maildir.Split(e.Name())
			t := tail{sub, info}
			i, known := indexes[t]
			if !known {
				i = int32(len(n.tails))
				indexes[t] = i
				n.tails = append(n.tails, t)
			}
			n.files = append(n.files, fileName{maphash.String(n.seed, base), i})
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fsys.ErrSymlink) {
			return err
		}
	}
	slices.SortStableFunc(n.files, func(x, y fileName) int { return cmp.Compare(x.base, y.base) })
	return nil
}
