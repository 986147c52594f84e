package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// region is the part of an mbox file that a message has.
type region struct{ begin, end int64 }

// box verifies an mbox file: its messages, and that there is nothing between
// them, behind them, or in two of them.
func (v *verifier) box(ctx context.Context, f *checkpoint.Folder) error {
	path := mailPath(f.Place)
	file, openErr := openBox(v.root, f.Place, os.O_RDONLY)
	if openErr == nil {
		defer file.Close()
		defer v.open.Wait() // before the file is closed
	} else if !errors.Is(openErr, fs.ErrNotExist) && !errors.Is(openErr, fsys.ErrSymlink) {
		return openErr
	}
	var regions []region
	for m, err := range v.ledger.Messages(ctx, f.ID) {
		if err != nil {
			return err
		}
		regions = append(regions, region{m.Offset, m.Offset + m.Stored})
		v.give(job{folder: f, m: m, path: path, open: func() (*wireReader, error) {
			if openErr != nil {
				return nil, openErr
			}
			return checkedBox(file, m)
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
func checkedBox(file *os.File, m checkpoint.Message) (*wireReader, error) {
	line, err := separatorLine(file, m)
	if err != nil {
		return nil, err
	}
	s, ok := mbox.ParseSeparator(line)
	if !ok || s.Size != m.Size || s.LineEnds != m.LineEnds || s.InternalDate.Unix() != m.InternalDate.Unix() {
		return nil, fmt.Errorf("%w: the separator line was changed", mailhaul.ErrDamaged)
	}
	return readBox(file, m)
}

// gaps reports parts of a file of the given size that are not in exactly one of
// the regions.
func (v *verifier) gaps(ctx context.Context, f *checkpoint.Folder, regions []region, size int64) error {
	slices.SortFunc(regions, func(x, y region) int { return cmp.Compare(x.begin, y.begin) })
	tell := func(format string, args ...any) {
		v.damage(Damage{Folder: f.Name, Path: mailPath(f.Place), Problem: fmt.Sprintf(format, args...)})
	}
	retired, err := v.ledger.Retired(ctx, f.ID)
	if err != nil {
		return err
	}
	var end int64
	for _, r := range regions {
		switch {
		case r.begin > end:
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
