package compare

import (
	"bytes"
	"cmp"
	"slices"
)

// order compares records by a key.
type order func(x, y *record) int

func byFingerprint(x, y *record) int { return bytes.Compare(x.fingerprint[:], y.fingerprint[:]) }
func byDigest(x, y *record) int      { return bytes.Compare(x.digest[:], y.digest[:]) }
func bySize(x, y *record) int        { return cmp.Compare(x.size, y.size) }
func byID(x, y *record) int          { return cmp.Compare(x.id, y.id) }
func byDate(x, y *record) int {
	return cmp.Or(cmp.Compare(x.date, y.date), cmp.Compare(x.zone, y.zone))
}
func byPlace(x, y *record) int {
	return cmp.Or(cmp.Compare(x.folder, y.folder), cmp.Compare(x.uid, y.uid))
}

// keys orders by several keys, one after the other.
func keys(list ...order) order {
	return func(x, y *record) int {
		for _, by := range list {
			if c := by(x, y); c != 0 {
				return c
			}
		}
		return 0
	}
}

// groups sorts two lists and calls f with each set of records that are equal by
// the order; one of the two parts may be empty. Within a part records stand by
// place, so that the same mail is always paired in the same way.
func groups(lists [2][]*record, by order, f func([2][]*record)) {
	for _, list := range lists {
		slices.SortFunc(list, keys(by, byPlace))
	}
	a, b := lists[sideA], lists[sideB]
	for len(a)+len(b) > 0 {
		var first *record
		if len(b) == 0 || len(a) > 0 && by(a[0], b[0]) <= 0 {
			first = a[0]
		} else {
			first = b[0]
		}
		i, j := prefix(a, first, by), prefix(b, first, by)
		f([2][]*record{a[:i], b[:j]})
		a, b = a[i:], b[j:]
	}
}

// prefix returns how many records at the head of a sorted list equal r.
func prefix(list []*record, r *record, by order) int {
	n := 0
	for n < len(list) && by(list[n], r) == 0 {
		n++
	}
	return n
}

// records returns the unit's messages of one side for which keep holds.
func (u *unit) records(i int, keep func(*record) bool) []*record {
	var list []*record
	for _, f := range u.sides[i] {
		for j := range f.records {
			if r := &f.records[j]; keep(r) {
				list = append(list, r)
			}
		}
	}
	return list
}

// choose marks the messages whose bodies have to be read and returns how many
// they are: all that may have an equal at the other side. A fingerprint alone
// does not rule one out: servers differ in what they take for header fields in a
// broken header. So those that are left are read where their sizes meet.
func (u *unit) choose() (n int64) {
	identified := func(r *record) bool { return !r.is(headless) }
	left := [2][]*record{u.records(sideA, identified), u.records(sideB, identified)}
	for _, by := range []order{byFingerprint, bySize} {
		var rest [2][]*record
		groups(left, by, func(g [2][]*record) {
			meet := len(g[sideA]) > 0 && len(g[sideB]) > 0
			for i, list := range g {
				if !meet {
					rest[i] = append(rest[i], list...)
					continue
				}
				for _, r := range list {
					r.state |= wanted
					n++
				}
			}
		})
		left = rest
	}
	return n
}
