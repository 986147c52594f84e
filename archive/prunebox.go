package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// stay is a part of an mbox file that stays: what lies from begin to end lies from
// to on in the new file.
type stay struct{ begin, end, to int64 }

// newBoxPath returns where the file lies that is to replace the mbox at place. No
// folder has a place whose name begins with a dot.
func newBoxPath(place string) string {
	sum := sha256.Sum256([]byte(place))
	return path.Dir(mailPath(place)) + "/.new-" + hex.EncodeToString(sum[:8])
}

// readBoxFile opens the mbox file of a folder that the ledger speaks of: the new
// one as long as it lies beside.
func (a *Archive) readBoxFile(ctx context.Context, place string) (*os.File, error) {
	beside, err := a.ledger.Unrenamed(ctx, place)
	if err != nil {
		return nil, err
	}
	if beside {
		name := newBoxPath(place)
		if err := fsys.CheckDir(a.root, path.Dir(name)); err != nil {
			return nil, err
		}
		f, err := fsys.OpenRegular(a.root, name, os.O_RDONLY)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return openBox(a.root, place, os.O_RDONLY)
}

// staying returns the parts of an mbox file that stay, in order, and how many
// octets these are. The error, which wraps ErrDamaged, tells that the file is not
// as the ledger knows it: nothing of it may be thrown away then.
func (p *pruning) staying(ctx context.Context, f *checkpoint.Folder, box *os.File) (stays []stay, room int64, err error) {
	info, err := box.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("look at mbox file: %w", err)
	}
	if info.Size() != f.StoredEnd {
		return nil, 0, fmt.Errorf("%w: the file has %d octets and should have %d", mailhaul.ErrDamaged, info.Size(), f.StoredEnd)
	}
	var goes []region
	for m, err := range p.ledger.Messages(ctx, f.ID) {
		if err != nil {
			return nil, 0, err
		}
		begin, end := m.Offset, m.Offset+m.Stored
		switch {
		case m.Stored == 0:
		case m.GoneRun != 0 && m.GoneRun <= p.goneBy:
			if n := len(goes); n > 0 && goes[n-1].end == begin {
				goes[n-1].end = end
			} else {
				goes = append(goes, region{begin, end})
			}
		case len(stays) > 0 && stays[len(stays)-1].end == begin:
			stays[len(stays)-1].end = end
		default:
			stays = append(stays, stay{begin: begin, end: end})
		}
	}
	slices.SortFunc(stays, func(x, y stay) int { return cmp.Compare(x.begin, y.begin) })
	for i := range stays {
		stays[i].to = room
		room += stays[i].end - stays[i].begin
	}
	return stays, room, p.checkParts(ctx, f, stays, goes)
}

// checkParts fails unless each octet of an mbox file belongs to one message, or
// to none any more, as the ledger knows.
func (p *pruning) checkParts(ctx context.Context, f *checkpoint.Folder, stays []stay, goes []region) error {
	retired, err := p.ledger.Retired(ctx, f.ID)
	if err != nil {
		return err
	}
	all := slices.Grow(goes, len(stays))
	for _, s := range stays {
		all = append(all, region{s.begin, s.end})
	}
	slices.SortFunc(all, func(x, y region) int { return cmp.Compare(x.begin, y.begin) })
	var end int64
	for _, r := range all {
		if r.begin < end {
			return fmt.Errorf("%w: two messages share %d octets at %d", mailhaul.ErrDamaged, min(end, r.end)-r.begin, r.begin)
		}
		for _, gap := range without(checkpoint.Region{Offset: end, Stored: r.begin - end}, retired) {
			return fmt.Errorf("%w: %d octets at %d belong to no message", mailhaul.ErrDamaged, gap.Stored, gap.Offset)
		}
		end = r.end
	}
	return nil
}

// box prunes an mbox. The order is that of Prune.
func (p *pruning) box(ctx context.Context, x *PrunedFolder) error {
	f := x.folder
	stays, err := p.writeBox(ctx, f)
	if err != nil {
		return err
	}
	to := func(offset int64) int64 {
		s := stays[sort.Search(len(stays), func(i int) bool { return stays[i].end > offset })]
		return s.to + offset - s.begin
	}
	n, err := p.ledger.PruneBox(ctx, p.run, f.ID, p.goneBy, to)
	switch {
	case errors.Is(err, context.Canceled) || isFull(err): // nothing was committed
		return errors.Join(err, p.root.Remove(newBoxPath(f.Place)))
	case err != nil: // whether it was shows when the ledger is opened again
		p.left.Store(true)
		return err
	}
	x.Messages = n
	// From here on the new file counts: it gets its name even if the run is
	// interrupted.
	if err := p.finishBox(context.WithoutCancel(ctx), f); err != nil {
		p.left.Store(true)
		return err
	}
	p.progress(n)
	return nil
}

// writeBox writes what stays of an mbox into a new file beside it, durably. After
// an error there is none.
func (p *pruning) writeBox(ctx context.Context, f *checkpoint.Folder) ([]stay, error) {
	name := newBoxPath(f.Place)
	fail := func(err error) ([]stay, error) {
		return nil, &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "prune", Folder: f.Name, Err: err}
	}
	box, err := openBox(p.root, f.Place, os.O_RDONLY)
	if err != nil {
		return fail(err)
	}
	defer box.Close()
	stays, room, err := p.staying(ctx, f, box)
	if err != nil {
		return fail(err)
	}
	err = p.copyBox(ctx, name, box, stays)
	if err == nil {
		err = syncDir(p.root, path.Dir(name))
	}
	if err == nil {
		return stays, nil
	}
	if removeErr := p.root.Remove(name); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return fail(noRoom(err, room))
}

// noRoom tells of a full disk how much room is needed.
func noRoom(err error, room int64) error {
	if err != nil && isFull(err) {
		return fmt.Errorf("no room for the file that is to replace it, of %d octets: %w", room, err)
	}
	return err
}

// copyBox writes the parts of an mbox file that stay into the file name, and syncs
// it.
func (p *pruning) copyBox(ctx context.Context, name string, box *os.File, stays []stay) error {
	to, err := p.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("write mbox file: %w", err)
	}
	buf := make([]byte, chunk)
	for _, s := range stays {
		if err = copyPart(ctx, to, io.NewSectionReader(box, s.begin, s.end-s.begin), buf); err != nil {
			break
		}
	}
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("write mbox file: %w", err)
	}
	return nil
}

// copyPart writes all of a part. It does without the system's ways to copy from
// file to file: some share what is on the disk, or have been at fault.
func copyPart(ctx context.Context, to io.Writer, part *io.SectionReader, buf []byte) error {
	for left := part.Size(); left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(left, int64(len(buf)))]
		if _, err := io.ReadFull(part, b); err != nil {
			return err
		}
		if _, err := to.Write(b); err != nil {
			return err
		}
		left -= int64(len(b))
	}
	return nil
}

// finishBox puts the mbox file that a prune wrote in place of the old one, if it is
// the one that the ledger speaks of, and removes it otherwise.
func (a *Archive) finishBox(ctx context.Context, f *checkpoint.Folder) error {
	name := newBoxPath(f.Place)
	if err := fsys.CheckDir(a.root, path.Dir(name)); err != nil {
		return err
	}
	counts, err := a.ledger.Unrenamed(ctx, f.Place)
	if err != nil {
		return err
	}
	if !counts {
		if err := a.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove unfinished mbox file: %w", err)
		}
		return nil
	}
	if err := renameBox(a.root, f); err != nil {
		return err
	}
	return a.ledger.Renamed(ctx, f.ID)
}

// renameBox gives the new mbox file of a folder its name, durably. When there is
// none it has it already, and its length is the one that the ledger knows.
func renameBox(root *os.Root, f *checkpoint.Folder) error {
	name := mailPath(f.Place)
	err := root.Rename(newBoxPath(f.Place), name)
	if errors.Is(err, fs.ErrNotExist) {
		var info fs.FileInfo
		if info, err = root.Lstat(name); err == nil && info.Size() != f.StoredEnd {
			return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "replace mbox file " + name,
				Hint: "'mailhaul rebuild --force ARCHIVE' makes the ledger anew from the mail; the old one is kept",
				Err:  fmt.Errorf("%w: the file %s that is to replace it is gone", mailhaul.ErrDamaged, newBoxPath(f.Place))}
		}
	}
	if err != nil {
		return fmt.Errorf("replace mbox file: %w", err)
	}
	return syncDir(root, path.Dir(name))
}
