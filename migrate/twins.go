package migrate

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// Keeper is a target that gives back what it holds.
type Keeper interface {
	// Message returns the octets of a message by its row in the ledger. It may be
	// called while messages are stored. What is not what was stored gives an error,
	// at the latest in place of io.EOF.
	Message(ctx context.Context, f checkpoint.Folder, m checkpoint.Message) (io.ReadCloser, error)
}

// spot is where a message is at the source.
type spot struct {
	folder *mailhaul.Folder
	uid    mailhaul.UID
}

// twin is a message of which the source tells what it knows it by, and its size.
type twin struct {
	spot
	size int64
}

// twins are messages that need not be fetched: the source has each of them in
// another folder, too, and from there it is in the archive, or will be.
type twins struct {
	keeper Keeper
	// originals holds for each of them the message that it is the same as.
	originals map[spot]spot

	mu     sync.Mutex
	copied map[spot]bool // settled: they need not be fetched
}

// findTwins takes the messages out of work that are the same as others.
func (b *haul) findTwins(ctx context.Context, work []mailhaul.Work) (*twins, []mailhaul.Work, error) {
	t := &twins{originals: map[spot]spot{}, copied: map[spot]bool{}}
	source, ok := b.src.(mailhaul.Identifier)
	if !ok {
		return t, work, nil
	}
	if t.keeper, ok = b.dst.(Keeper); !ok {
		return t, work, nil
	}
	fresh, err := identities(ctx, source, work)
	if err != nil || len(fresh) == 0 {
		return t, work, err
	}
	stored, err := b.storedTwins(ctx, source, fresh)
	if err != nil {
		return t, work, err
	}
	for id, list := range fresh {
		known := slices.Clone(stored[id])
		for _, m := range list {
			if at, ok := ofSize(known, m.size); ok {
				t.originals[m.spot] = at
			} else {
				known = append(known, m)
			}
		}
	}
	_, rest := t.split(work)
	return t, rest, nil
}

// ofSize returns where the first of several messages is that has a size.
func ofSize(known []twin, size int64) (spot, bool) {
	for _, k := range known {
		if k.size == size {
			return k.spot, true
		}
	}
	return spot{}, false
}

// identities asks what messages are known by. Those of one identity are in the
// order of work, but for those of the folder that holds all mail: they are first.
func identities(ctx context.Context, source mailhaul.Identifier, work []mailhaul.Work) (map[string][]twin, error) {
	var mu sync.Mutex
	found := map[string][]twin{}
	err := source.Identities(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // it is like one that has no twin
		}
		id, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found[string(id)] = append(found[string(id)], twin{spot{m.Folder, m.UID}, m.Size})
		return nil
	})
	order := make(map[*mailhaul.Folder]int, len(work))
	for i, w := range work {
		order[w.Folder] = i + 1
		if w.Folder.SpecialUse == `\All` {
			order[w.Folder] = 0
		}
	}
	for _, list := range found {
		slices.SortFunc(list, func(a, b twin) int {
			return cmp.Or(cmp.Compare(order[a.folder], order[b.folder]), cmp.Compare(a.uid, b.uid))
		})
	}
	return found, err
}

// storedTwins finds messages of the ledger that may be the same as new ones: of
// those that have the size of one, the source is asked what it knows them by.
func (b *haul) storedTwins(ctx context.Context, source mailhaul.Identifier, fresh map[string][]twin) (map[string][]twin, error) {
	sizes := map[int64]bool{}
	for _, list := range fresh {
		for _, m := range list {
			sizes[m.size] = true
		}
	}
	var work []mailhaul.Work
	for _, f := range b.folders {
		if f.Known == nil || f.NoSelect || b.broken[f.Folder] {
			continue
		}
		w := mailhaul.Work{Folder: f.Folder}
		for m, err := range b.led.Messages(ctx, f.ID) {
			if err != nil {
				return nil, err
			}
			if m.GoneRun == 0 && m.UIDValidity == f.UIDValidity && sizes[m.Size] {
				w.UIDs.Add(m.UID)
			}
		}
		if !w.UIDs.Empty() {
			work = append(work, w)
		}
	}
	return identities(ctx, source, work)
}

// split divides work into messages that have an original, and the rest.
func (t *twins) split(work []mailhaul.Work) (mine, rest []mailhaul.Work) {
	uids := map[*mailhaul.Folder][]mailhaul.UID{}
	for at := range t.originals {
		uids[at.folder] = append(uids[at.folder], at.uid)
	}
	for _, w := range work {
		set := mailhaul.UIDSetOf(uids[w.Folder]...)
		if both := w.UIDs.Both(set); !both.Empty() {
			mine = append(mine, mailhaul.Work{Folder: w.Folder, UIDs: both})
		}
		if left := w.UIDs.Minus(set); !left.Empty() {
			rest = append(rest, mailhaul.Work{Folder: w.Folder, UIDs: left})
		}
	}
	return mine, rest
}
