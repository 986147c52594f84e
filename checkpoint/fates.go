package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"
)

// octets is as much of a digest as tells messages apart.
type octets [16]byte

// fate is when the last message of some octets went.
type fate struct {
	octets octets
	gone   RunID
}

// never is later than any run.
const never = RunID(math.MaxInt64)

// fates are those of all messages that were ever lost: they are kept in memory, in
// half of what a map takes.
type fates struct {
	all    []fate                     // by octets, each once
	starts [math.MaxUint16 + 2]uint32 // where those begin whose first two octets are at least the index
}

// makeFates takes the fates of single messages, in any order.
func makeFates(all []fate) *fates {
	slices.SortFunc(all, func(a, b fate) int {
		return cmp.Or(bytes.Compare(a.octets[:], b.octets[:]), -cmp.Compare(a.gone, b.gone))
	})
	f := &fates{all: slices.CompactFunc(all, func(a, b fate) bool { return a.octets == b.octets })}
	for _, one := range f.all {
		f.starts[one.octets.prefix()+1]++
	}
	for i := range f.starts[1:] {
		f.starts[i+1] += f.starts[i]
	}
	return f
}

func (o *octets) prefix() int { return int(binary.BigEndian.Uint16(o[:])) }

// find returns the fate of these octets, nil when none of their messages went.
func (f *fates) find(o octets) *fate {
	some := f.all[f.starts[o.prefix()]:f.starts[o.prefix()+1]]
	i, found := slices.BinarySearchFunc(some, o, func(a fate, o octets) int { return bytes.Compare(a.octets[:], o[:]) })
	if !found {
		return nil
	}
	return &some[i]
}

// of returns in which run the last message of these octets went.
func (f *fates) of(o octets) RunID {
	if one := f.find(o); one != nil {
		return one.gone
	}
	return 0
}

// live notes that a message of these octets is there. It may be called from
// several goroutines.
func (f *fates) live(o octets) {
	if one := f.find(o); one != nil {
		atomic.StoreInt64((*int64)(&one.gone), int64(never))
	}
}
