package mailhaul

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// UID is a unique identifier of a message within one folder and one
// UIDVALIDITY (RFC 9051, 2.3.1.1). 0 is no UID.
type UID uint32

// Place spells a UID as the Place of a message in an account; "" for none.
func (u UID) Place() string {
	if u == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(u), 10)
}

// PlaceFrom spells the Place of a message in an account that has an unknown UID, u
// or a higher one, as a sequence-set does (RFC 9051, 9).
func (u UID) PlaceFrom() string { return max(u, 1).Place() + rangeToLast }

// LowestUIDAt reads the lowest UID that a message can have by its Place in an
// account; 1 when that says nothing.
func LowestUIDAt(place string) UID { return max(1, UIDAt(strings.TrimSuffix(place, rangeToLast))) }

// rangeToLast is behind the first UID of a range without end.
const rangeToLast = ":*"

// UIDAt reads the Place of a message in an account; 0 when it says nothing.
func UIDAt(place string) UID {
	n, err := strconv.ParseUint(place, 10, 32)
	if err != nil {
		return 0
	}
	return UID(n)
}

// UIDRange is an inclusive range of UIDs, First <= Last.
type UIDRange struct{ First, Last UID }

// Len returns how many UIDs the range spans.
func (r UIDRange) Len() uint64 { return uint64(r.Last) - uint64(r.First) + 1 }

// UIDSet is a set of UIDs kept as sorted, disjoint ranges that do not touch:
// its size is that of its gaps, whatever its span. The zero value is empty.
type UIDSet struct{ ranges []UIDRange }

// UIDSetOf returns the set of the given UIDs, in any order, doubles folded.
// 0 is left out.
func UIDSetOf(uids ...UID) UIDSet {
	sorted := slices.Clone(uids)
	slices.Sort(sorted)
	var s UIDSet
	for _, u := range sorted {
		s.Add(u)
	}
	return s
}

// ParseUIDSet reads a sequence-set of UIDs without "*" (RFC 9051, 9). It
// refuses text that is not one.
func ParseUIDSet(text string) (UIDSet, error) {
	var s UIDSet
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, ":")
		if !isRange {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 32)
		b, errB := strconv.ParseUint(last, 10, 32)
		if errA != nil || errB != nil || a == 0 || b == 0 {
			return UIDSet{}, fmt.Errorf("parse UID set: %q is not a UID or a range of UIDs", part)
		}
		s.AddRange(UIDRange{UID(min(a, b)), UID(max(a, b))})
	}
	return s, nil
}

// Add puts one UID into the set. Ascending UIDs are added in constant time.
func (s *UIDSet) Add(u UID) {
	if u != 0 {
		s.AddRange(UIDRange{u, u})
	}
}

// AddRange puts all UIDs of r into the set.
func (s *UIDSet) AddRange(r UIDRange) {
	n := len(s.ranges)
	if n > 0 && r.First >= s.ranges[n-1].First { // ascending: the usual case
		last := &s.ranges[n-1]
		if uint64(r.First) <= uint64(last.Last)+1 {
			last.Last = max(last.Last, r.Last)
			return
		}
		s.ranges = append(s.ranges, r)
		return
	}
	// i is the first range that touches r or lies behind it, j the first that
	// lies wholly behind it.
	i, _ := slices.BinarySearchFunc(s.ranges, r, func(x, r UIDRange) int {
		if uint64(x.Last)+1 < uint64(r.First) {
			return -1
		}
		return 1
	})
	j := i
	for j < len(s.ranges) && uint64(s.ranges[j].First) <= uint64(r.Last)+1 {
		r.First = min(r.First, s.ranges[j].First)
		r.Last = max(r.Last, s.ranges[j].Last)
		j++
	}
	s.ranges = slices.Replace(s.ranges, i, j, r)
}

// Ranges returns the ranges of the set in ascending order. The slice belongs
// to the set.
func (s UIDSet) Ranges() []UIDRange { return s.ranges }

// Empty tells whether the set has no UID.
func (s UIDSet) Empty() bool { return len(s.ranges) == 0 }

// Len returns the number of UIDs in the set.
func (s UIDSet) Len() uint64 {
	var n uint64
	for _, r := range s.ranges {
		n += r.Len()
	}
	return n
}

// Contains tells whether u is in the set.
func (s UIDSet) Contains(u UID) bool {
	_, found := slices.BinarySearchFunc(s.ranges, u, func(r UIDRange, u UID) int {
		switch {
		case r.Last < u:
			return -1
		case r.First > u:
			return 1
		}
		return 0
	})
	return found
}

// All yields the UIDs in ascending order.
func (s UIDSet) All() iter.Seq[UID] {
	return func(yield func(UID) bool) {
		for _, r := range s.ranges {
			for u := r.First; ; u++ {
				if !yield(u) {
					return
				}
				if u == r.Last {
					break
				}
			}
		}
	}
}

// Both returns the UIDs that are in s and in t.
func (s UIDSet) Both(t UIDSet) UIDSet { return s.Minus(s.Minus(t)) }

// Minus returns the UIDs of s that are not in t.
func (s UIDSet) Minus(t UIDSet) UIDSet {
	var out UIDSet
	j := 0
	for _, r := range s.ranges {
		first := uint64(r.First)
		for j < len(t.ranges) && t.ranges[j].Last < r.First {
			j++
		}
		for k := j; k < len(t.ranges) && t.ranges[k].First <= r.Last; k++ {
			if uint64(t.ranges[k].First) > first {
				out.ranges = append(out.ranges, UIDRange{UID(first), t.ranges[k].First - 1})
			}
			first = max(first, uint64(t.ranges[k].Last)+1)
		}
		if first <= uint64(r.Last) {
			out.ranges = append(out.ranges, UIDRange{UID(first), r.Last})
		}
	}
	return out
}

// String returns the set as a sequence-set (RFC 9051, 9); "" when empty.
func (s UIDSet) String() string {
	var b strings.Builder
	for i, r := range s.ranges {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(uint64(r.First), 10))
		if r.Last != r.First {
			b.WriteByte(':')
			b.WriteString(strconv.FormatUint(uint64(r.Last), 10))
		}
	}
	return b.String()
}

// Cut takes the lowest UIDs out of the set, at most n of them in at most
// ranges ranges, and returns them.
func (s *UIDSet) Cut(n uint64, ranges int) UIDSet {
	var out UIDSet
	for n > 0 && len(out.ranges) < ranges && len(s.ranges) > 0 {
		r := s.ranges[0]
		if r.Len() <= n {
			s.ranges = s.ranges[1:]
		} else {
			r.Last = r.First + UID(n) - 1
			rest := slices.Clone(s.ranges) // the array may be shared with another set
			rest[0].First = r.Last + 1
			s.ranges = rest
		}
		n -= r.Len()
		out.ranges = append(out.ranges, r)
	}
	return out
}

// Remove takes one UID out of the set.
func (s *UIDSet) Remove(u UID) {
	if s.Contains(u) {
		*s = s.Minus(UIDSetOf(u))
	}
}
