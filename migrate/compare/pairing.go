package compare

import (
	"cmp"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// pass is one round of pairing: records are paired that are equal by the order
// and for which usable holds.
type pass struct {
	by     order
	usable func(*record) bool
	same   bool // the octets of such a pair are equal
	near   bool // and whose sizes are not far from each other
}

// passes are the rounds, the strictest first, so that of true duplicates those
// are paired that have flags and dates in common.
func (c *comparison) passes() []pass {
	byFlags := func(x, y *record) int { return cmp.Compare(c.flags.alike[x.flags], c.flags.alike[y.flags]) }
	equal, known := byDigest, func(r *record) bool { return r.is(read) }
	if c.o.Quick {
		equal, known = keys(byFingerprint, bySize), func(*record) bool { return true }
	}
	all := func(*record) bool { return true }
	// Messages without any identifying field have a fingerprint in common and
	// maybe nothing else.
	none := mailhaul.MakeFingerprint(nil)
	return []pass{
		{by: keys(equal, byFlags, byDate), usable: known, same: true},
		{by: keys(equal, byDate), usable: known, same: true},
		{by: keys(equal, byFlags), usable: known, same: true},
		{by: equal, usable: known, same: true},
		{by: keys(byFingerprint, byDate), usable: all, near: true},
		{by: byFingerprint, usable: all, near: true},
		{by: byFingerprint, usable: func(r *record) bool { return r.fingerprint != none }},
		{by: byID, usable: func(r *record) bool { return r.id != 0 }},
	}
}

// pair pairs the records of one group and appends those that stay alone to rest.
func (p pass) pair(g [2][]*record, found func(entry), rest *[2][]*record) {
	a, b := g[sideA], g[sideB]
	if p.near {
		slices.SortStableFunc(a, bySize)
		slices.SortStableFunc(b, bySize)
	}
	for len(a) > 0 && len(b) > 0 {
		switch {
		case !p.near || isNear(a[0].size, b[0].size):
			found(entry{a[0], b[0], p.same})
			a, b = a[1:], b[1:]
		case a[0].size < b[0].size:
			rest[sideA], a = append(rest[sideA], a[0]), a[1:]
		default:
			rest[sideB], b = append(rest[sideB], b[0]), b[1:]
		}
	}
	rest[sideA], rest[sideB] = append(rest[sideA], a...), append(rest[sideB], b...)
}

// isNear tells whether a message may have come to the other size by what servers
// do to line ends and to a header.
func isNear(a, b int64) bool { return max(a, b)-min(a, b) <= 32+max(a, b)/16 }

// entry is a message on both sides, or on one alone.
type entry struct {
	a, b *record
	same bool // the octets are equal
}

// match pairs the unit's messages and gives each entry to found.
func (u *unit) match(found func(entry)) {
	left := [2][]*record{}
	for i := range left {
		left[i] = u.records(i, func(r *record) bool { return !r.is(headless | gone) })
	}
	for _, p := range u.c.passes() {
		if len(left[sideA]) == 0 || len(left[sideB]) == 0 {
			break
		}
		var usable, rest [2][]*record
		for i, list := range left {
			for _, r := range list {
				if p.usable(r) {
					usable[i] = append(usable[i], r)
				} else {
					rest[i] = append(rest[i], r)
				}
			}
		}
		groups(usable, p.by, func(g [2][]*record) { p.pair(g, found, &rest) })
		left = rest
	}
	for _, r := range append(left[sideA], u.records(sideA, func(r *record) bool { return r.is(headless) })...) {
		found(entry{a: r})
	}
	for _, r := range append(left[sideB], u.records(sideB, func(r *record) bool { return r.is(headless) })...) {
		found(entry{b: r})
	}
}
