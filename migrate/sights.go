package migrate

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// sight is a plan.Sighting, small enough for a million of them: it has no pointers,
// its date is in Unix seconds, its flags are those of a number.
type sight struct {
	second, size int64
	uid          mailhaul.UID
	flags        uint32
	print        mailhaul.Fingerprint
}

// flagSets gives each set of flags a number: there are few different ones.
type flagSets struct {
	list    []mailhaul.Flags // by their numbers
	numbers map[mailhaul.Flags]uint32
}

func (s *flagSets) number(f mailhaul.Flags) uint32 {
	n, known := s.numbers[f]
	if !known {
		if s.numbers == nil {
			s.numbers = map[mailhaul.Flags]uint32{}
		}
		n = uint32(len(s.list))
		s.numbers[f] = n
		s.list = append(s.list, f)
	}
	return n
}

// sights are the messages of a folder as their headers show them.
type sights struct {
	mu     sync.Mutex
	blocks [][]sight // a slice that grows would be copied, and be there twice
	sets   flagSets
}

// sightBlock is how many sights one block has.
const sightBlock = 4096

// add takes a message. It may be called from several goroutines at once.
func (s *sights) add(m *mailhaul.Message, print mailhaul.Fingerprint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last]) == sightBlock {
		s.blocks = append(s.blocks, nil)
		last++
	}
	s.blocks[last] = append(s.blocks[last], sight{m.InternalDate.Unix(), m.Size, m.UID, s.sets.number(m.Flags), print})
}

// of returns those of uids whose fingerprint is in a range.
func (s *sights) of(r mailhaul.FingerprintRange, uids mailhaul.UIDSet) []plan.Sighting {
	var found []plan.Sighting
	for _, block := range s.blocks {
		for _, x := range block {
			if r.Contains(x.print) && uids.Contains(x.uid) {
				found = append(found, plan.Sighting{UID: x.uid, Fingerprint: x.print, Size: x.size,
					InternalDate: time.Unix(x.second, 0), Flags: s.sets.list[x.flags]})
			}
		}
	}
	return found
}

// flags yields the flags of all, ascending by UID, so many at once as one
// transaction should set.
func (s *sights) flags() iter.Seq[[]mailhaul.UIDFlags] {
	const atOnce = 100_000
	return func(yield func([]mailhaul.UIDFlags) bool) {
		var order []*sight
		for _, block := range s.blocks {
			for i := range block {
				order = append(order, &block[i])
			}
		}
		slices.SortFunc(order, func(a, b *sight) int { return cmp.Compare(a.uid, b.uid) })
		for part := range slices.Chunk(order, atOnce) {
			flags := make([]mailhaul.UIDFlags, len(part))
			for i, x := range part {
				flags[i] = mailhaul.UIDFlags{UID: x.uid, Flags: s.sets.list[x.flags]}
			}
			if !yield(flags) {
				return
			}
		}
	}
}
