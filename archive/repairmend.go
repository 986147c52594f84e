package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	pathpkg "path"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// mendBoxes brings the mbox files in order that are longer or shorter than the
// ledger knows them: nothing can be appended to them else.
func (r *repair) mendBoxes(ctx context.Context) error {
	if r.format != Mbox {
		return nil
	}
	for _, f := range r.folders {
		if f.Place == "" || r.checkPlace(f.Place) != nil {
			continue
		}
		if err := r.mendBox(ctx, f); err != nil {
			return fmt.Errorf("folder %q: %w", f.Name, err)
		}
	}
	return nil
}

// mendBox does, for a file that is cut or has something behind its last message:
//
//  1. what is behind the last whole message is copied to the quarantine
//  2. the ledger forgets where the messages are that are not in the file any more
//  3. the file is cut back
func (r *repair) mendBox(ctx context.Context, f *checkpoint.Folder) error {
	file, err := openBox(r.root, f.Place, os.O_RDONLY)
	if errors.Is(err, fsys.ErrSymlink) {
		return nil // its messages are told of
	}
	if errors.Is(err, fs.ErrNotExist) {
		_, err := r.unplace(ctx, f, 0)
		return err
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at mbox file: %w", err)
	}
	size := info.Size()
	if size == f.StoredEnd {
		return nil
	}
	end, lost, err := r.wholeEnd(ctx, f, size)
	if err != nil {
		return err
	}
	aside := ""
	if size > end {
		if aside, err = keepPart(r.root, mailPath(f.Place), file, end); err != nil {
			return err
		}
	}
	if err := r.ledger.Unplace(ctx, lost); err != nil {
		return err
	}
	if size > end {
		if err := cutFile(r.root, f.Place, end); err != nil {
			return err
		}
		r.mended(f, aside)
	}
	return nil
}

// unplace forgets where the messages of a folder are that do not end within size
// octets.
func (r *repair) unplace(ctx context.Context, f *checkpoint.Folder, size int64) (end int64, err error) {
	end, lost, err := r.wholeEnd(ctx, f, size)
	if err != nil || len(lost) == 0 {
		return end, err
	}
	return end, r.ledger.Unplace(ctx, lost)
}

// wholeEnd returns where the last message ends that lies within size octets, and
// the messages that do not.
func (r *repair) wholeEnd(ctx context.Context, f *checkpoint.Folder, size int64) (end int64, lost []checkpoint.Key, err error) {
	for m, err := range r.ledger.Messages(ctx, f.ID) {
		if err != nil {
			return 0, nil, err
		}
		if last := m.Offset + m.Stored; last <= size {
			end = max(end, last)
		} else {
			lost = append(lost, m.Key())
		}
	}
	return end, lost, nil
}

// mended notes that the octets behind the last message of an mbox were put into
// the quarantine.
func (r *repair) mended(f *checkpoint.Folder, aside string) {
	d := Damage{Folder: f.Name, Path: mailPath(f.Place), Problem: "octets behind the last whole message"}
	r.others = slices.DeleteFunc(r.others, func(o Damage) bool {
		found := o.Path == d.Path && strings.Contains(o.Problem, "behind the last message")
		if found {
			d = o
		}
		return found
	})
	r.report.Mended++
	r.tell(Repaired{Damage: d, Healed: true, Aside: aside})
}

// rest deals with what else was found: a file that has the name of a message and
// is none goes into the quarantine, what others put there is left alone.
func (r *repair) rest(ctx context.Context) error {
	for _, d := range r.others {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := Repaired{Damage: d, Why: "left alone"}
		spare, err := r.spare(ctx, d.Path)
		if err != nil {
			return err
		}
		if spare == "" {
			r.report.Other++
			r.tell(x)
			continue
		}
		if !r.o.DryRun {
			if x.Aside, err = moveAside(r.root, spare); err != nil {
				return err
			}
		}
		x.Healed, x.Why = true, ""
		r.report.Mended++
		r.tell(x)
	}
	return nil
}

// spare returns the file to be put away for one that is reported: one with a name
// that only mailhaul gives and that no row has, or the second of two files of one
// message; "" for none. A file is left that may be all there is of a message.
func (r *repair) spare(ctx context.Context, path string) (string, error) {
	dir, name := pathpkg.Split(path)
	n, ours := maildir.Parse(name)
	if r.format != Maildir || !ours {
		return "", nil
	}
	for _, h := range r.hurts {
		if !h.healed && (h.Row.Place == n.Base() || h.UID == n.UID && h.Row.UIDValidity == n.UIDValidity) {
			return "", nil
		}
	}
	place := strings.TrimPrefix(pathpkg.Dir(strings.TrimSuffix(dir, "/")), mailName+"/")
	for _, f := range r.folders {
		if f.Place != place {
			continue
		}
		for m, err := range r.ledger.Messages(ctx, f.ID) {
			if err != nil {
				return "", err
			}
			if m.Place == n.Base() {
				return r.second(f.Place, m)
			}
		}
	}
	return path, nil
}

// second returns the file of a message that is not the one under the name that
// its flags give it, "" when that is missing.
func (r *repair) second(place string, m checkpoint.Message) (string, error) {
	first := mailPath(place) + "/cur/" + m.Place + maildir.Info(m.Flags)
	if _, err := r.root.Lstat(first); err != nil {
		return "", nil //nolint:nilerr // what is there is left alone
	}
	second := ""
	for _, sub := range mailSubs {
		dir := mailPath(place) + "/" + sub
		err := fsys.EachName(r.root, dir, func(e fs.DirEntry) error {
			if base, _ := maildir.Split(e.Name()); base == m.Place && dir+"/"+e.Name() != first {
				second = dir + "/" + e.Name()
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return second, nil
}
