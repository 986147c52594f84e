package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// region is the part of an mbox file that a message has.
type region struct{ begin, end int64 }

// box verifies an mbox file: its messages, and that there is nothing between
// them, behind them, or in two of them. When a prune that runs beside has replaced
// it meanwhile, what seemed to be damage is none, and it is verified anew.
func (v *verifier) box(ctx context.Context, f *checkpoint.Folder) error {
	defer func() { v.replaced = nil }()
	for {
		before, err := v.ledger.Rewritten(ctx, f.ID)
		if err != nil {
			return err
		}
		var replaced atomic.Bool
		v.replaced = func() bool {
			now, err := v.ledger.Rewritten(context.Background(), f.ID)
			if err == nil && now != before {
				replaced.Store(true)
			}
			return replaced.Load()
		}
		err = v.boxOnce(ctx, f)
		v.open.Wait()
		if err != nil || !replaced.Load() {
			return err
		}
	}
}

func (v *verifier) boxOnce(ctx context.Context, f *checkpoint.Folder) error {
	path := mailPath(f.Place)
	file, openErr := v.readBoxFile(ctx, f.Place)
	if openErr == nil {
		defer file.Close()
		defer v.open.Wait() // before the file is closed
	} else if !errors.Is(openErr, fs.ErrNotExist) && !errors.Is(openErr, fsys.ErrSymlink) {
		return openErr
	}
	var size int64 // at the beginning: what a run appends meanwhile is not in the rows
	if openErr == nil {
		info, err := file.Stat()
		if err != nil {
			return fmt.Errorf("look at mbox file: %w", err)
		}
		size = info.Size()
	}
	var regions []region
	for m, err := range v.ledger.Messages(ctx, f.ID) {
		if err != nil {
			return err
		}
		if m.Stored > 0 {
			regions = append(regions, region{m.Offset, m.Offset + m.Stored})
		}
		if !v.o.chooses(&m) && openErr == nil && m.Stored > 0 && m.Offset+m.Stored <= size {
			continue
		}
		v.give(job{folder: f, m: m, path: path, open: func() (*wireReader, error) {
			if openErr != nil {
				return nil, openErr
			}
			return v.checkedBox(ctx, file, m)
		}})
	}
	if openErr != nil {
		if len(regions) == 0 && errors.Is(openErr, fsys.ErrSymlink) {
			v.damage(Damage{Folder: f.Name, Path: path, Problem: openErr.Error()})
		}
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at mbox file: %w", err)
	}
	return v.gaps(ctx, f, regions, info.Size())
}

// checkedBox opens a message of an mbox file and looks at what its separator
// line says of it. UIDVALIDITY and UID are those of the time when it was
// written: the server may have given it others since.
func (v *verifier) checkedBox(ctx context.Context, file *os.File, m checkpoint.Message) (*wireReader, error) {
	changed := fmt.Errorf("%w: the separator line was changed", mailhaul.ErrDamaged)
	if m.Stored == 0 {
		return nil, fmt.Errorf("%w: it was in a part of the file that was lost", mailhaul.ErrDamaged)
	}
	line, err := separatorLine(file, m)
	if err != nil {
		return nil, err
	}
	s, ok := mbox.ParseSeparator(line)
	if !ok || s.Size != m.Size || s.LineEnds != m.LineEnds || !sameDate(s.InternalDate, m.InternalDate) {
		return nil, changed
	}
	if s.UIDValidity != m.UIDValidity || s.UID != m.UID {
		had, err := v.ledger.HadKey(ctx, m.Key(), s.UIDValidity, s.UID)
		if err != nil {
			return nil, err
		}
		if !had {
			return nil, changed
		}
	}
	return readBehind(file, m, line), nil
}

// sameDate tells whether two dates have the same second and zone, or both are
// none.
func sameDate(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	_, zoneA := a.Zone()
	_, zoneB := b.Zone()
	return a.Unix() == b.Unix() && zoneA/60 == zoneB/60
}

// gaps reports parts of a file of the given size that are not in exactly one of
// the regions.
func (v *verifier) gaps(ctx context.Context, f *checkpoint.Folder, regions []region, size int64) error {
	slices.SortFunc(regions, func(x, y region) int { return cmp.Compare(x.begin, y.begin) })
	tell := func(format string, args ...any) {
		v.damage(Damage{Folder: f.Name, Path: mailPath(f.Place), Problem: fmt.Sprintf(format, args...)})
	}
	var retired []checkpoint.Region // read when there is a first gap
	var end int64
	for _, r := range regions {
		switch {
		case r.begin > end:
			if retired == nil {
				var err error
				if retired, err = v.ledger.Retired(ctx, f.ID); err != nil {
					return err
				}
			}
			for _, part := range without(checkpoint.Region{Offset: end, Stored: r.begin - end}, retired) {
				tell("%d octets at %d belong to no message", part.Stored, part.Offset)
			}
		case r.begin < end:
			tell("two messages share %d octets at %d", min(end, r.end)-r.begin, r.begin)
		}
		end = max(end, r.end)
	}
	if size <= end {
		return nil // a message that is cut off has been told of
	}
	if busy, err := v.busy(); err != nil || busy {
		return err
	}
	// A run may have come and gone since the messages were listed.
	now, err := v.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	for _, n := range now {
		if n.ID == f.ID && n.StoredEnd > end {
			return nil
		}
	}
	tell("%d octets behind the last message belong to none", size-end)
	return nil
}
