package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// builder makes the folders that a source gives out of those of the ledger.
type builder struct {
	source  *Source
	folders []*mailhaul.Folder
	given   map[string]*origin
}

// add adds what there is to give of a folder. owned tells that it is given under
// its own name; else only its messages are.
func (b *builder) add(ctx context.Context, f checkpoint.Folder, owned bool) error {
	sums, err := b.source.survey(ctx, &f)
	if errors.Is(err, mailhaul.ErrDamaged) {
		// The folder is shown all the same: List tells what is wrong with it.
		b.show(f, f.Name, &origin{folder: f, uidValidity: f.UIDValidity}, false)
		return nil
	}
	if err != nil {
		return err
	}
	state := stateOf(&f, sums)
	if owned {
		o := &origin{folder: f, uidValidity: state}
		if s := sums[state]; s != nil {
			o.sum = *s
		}
		b.show(f, f.Name, o, true)
	}
	for _, v := range slices.Sorted(maps.Keys(sums)) {
		suffix := fmt.Sprintf(" (UIDVALIDITY %d)", v)
		switch {
		case !owned:
			suffix = fmt.Sprintf(" (UIDVALIDITY %d, gone in run %d)", v, f.GoneRun)
		case v == state:
			continue
		}
		part := f
		part.Folder = mailhaul.Folder{Delimiter: f.Delimiter, Namespace: f.Namespace}
		b.show(part, b.free(f.Name+suffix), &origin{folder: f, uidValidity: v, sum: *sums[v]}, true)
	}
	return nil
}

// stateOf returns the UIDVALIDITY under which a folder's last state is: the one
// that it has, unless a run that found it changed did not come as far as to move
// the messages to it.
func stateOf(f *checkpoint.Folder, sums map[uint32]*sum) uint32 {
	state, found := f.UIDValidity, false
	for v, s := range sums {
		switch {
		case s.present == 0:
		case v == f.UIDValidity:
			return v
		case !found || v > state:
			state, found = v, true
		}
	}
	return state
}

// free returns a name that no folder has yet.
func (b *builder) free(name string) string {
	free := name
	for n := 2; ; n++ {
		if _, taken := b.given[free]; !taken {
			return free
		}
		free = fmt.Sprintf("%s %d", name, n)
	}
}

// show gives a folder out, without what belongs to the archive's ledger.
func (b *builder) show(f checkpoint.Folder, name string, o *origin, counted bool) {
	out := f.Folder
	out.ID, out.Place, out.At, out.Name = 0, "", nil, name
	o.count(&out)
	if !counted {
		out.HasCounters, out.Size = false, -1
	}
	b.given[name] = o
	b.folders = append(b.folders, &out)
}

// count puts the counters of what is given into a folder.
func (o *origin) count(f *mailhaul.Folder) {
	f.UIDValidity, f.HighestModSeq, f.HasCounters = o.uidValidity, 0, true
	f.Messages, f.Size = uint32(o.sum.messages), o.sum.octets
	f.UIDNext = max(o.sum.last, min(o.sum.last, math.MaxUint32-1)+1)
}

// survey sums up what there is to give of a folder, by UIDVALIDITY. Those
// without anything are left out.
func (s *Source) survey(ctx context.Context, f *checkpoint.Folder) (map[uint32]*sum, error) {
	sums := make(map[uint32]*sum)
	if s.lost != nil {
		for v, part := range s.lost[f.ID] {
			sums[v] = &part.sum
		}
		return sums, nil
	}
	if f.Live+f.Gone == 0 {
		return sums, nil
	}
	if f.GoneRun == 0 && !s.o.Deleted {
		// Usually the ledger's own sums say it all.
		live, _, err := s.from.UIDs(ctx, f.ID, f.UIDValidity)
		if err != nil {
			return nil, oneFolder(f.Name, err)
		}
		if int64(live.Len()) == f.Live {
			if f.Live > 0 {
				sums[f.UIDValidity] = &sum{messages: f.Live, octets: f.LiveOctets, last: highest(live), present: f.Live}
			}
			return sums, nil
		}
	}
	for m, err := range s.from.Messages(ctx, f.ID) {
		if err != nil {
			return nil, oneFolder(f.Name, err)
		}
		given, present := s.gives(f, &m)
		if !given {
			continue
		}
		if sums[m.UIDValidity] == nil {
			sums[m.UIDValidity] = new(sum)
		}
		sums[m.UIDValidity].add(&m, present)
	}
	return sums, nil
}

// highest returns the highest UID of a set, 0 for an empty one.
func highest(set mailhaul.UIDSet) mailhaul.UID {
	ranges := set.Ranges()
	if len(ranges) == 0 {
		return 0
	}
	return ranges[len(ranges)-1].Last
}
