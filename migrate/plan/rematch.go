package plan

import (
	"cmp"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// Candidate is a message of the ledger whose UID means nothing any more.
type Candidate struct {
	UIDValidity uint32
	UID         mailhaul.UID
	Fingerprint mailhaul.Fingerprint
	Size        int64
	Digest      mailhaul.Digest
	Gone        bool
}

// Sighting is a message on the server, known by its header only.
type Sighting struct {
	UID         mailhaul.UID
	Fingerprint mailhaul.Fingerprint
	Size        int64 // RFC822.SIZE: a hint
}

// Match says that a message on the server is one of the ledger's.
type Match struct {
	UID       mailhaul.UID
	Candidate Candidate
}

// Rematch recognises messages by fingerprint and size. What cannot be told
// apart that way is returned as unsure: its bodies must be read and given to
// MatchDigests, together with the candidates that are left.
func Rematch(seen []Sighting, candidates []Candidate) (matches []Match, unsure mailhaul.UIDSet, left []Candidate) {
	byPrint := map[mailhaul.Fingerprint][]Candidate{}
	for _, c := range ordered(candidates) {
		byPrint[c.Fingerprint] = append(byPrint[c.Fingerprint], c)
	}
	bySight := map[mailhaul.Fingerprint][]Sighting{}
	for _, s := range seen {
		bySight[s.Fingerprint] = append(bySight[s.Fingerprint], s)
	}
	for print, sights := range bySight {
		group := byPrint[print]
		if len(group) == 0 {
			continue // a new message
		}
		delete(byPrint, print)
		slices.SortFunc(sights, func(a, b Sighting) int { return cmp.Compare(a.UID, b.UID) })
		bySize := map[int64][]Candidate{}
		alike := map[int64]bool{} // all candidates of this size are the same octets
		for _, c := range group {
			same, seen := alike[c.Size]
			alike[c.Size] = (!seen || same) && (!seen || bySize[c.Size][0].Digest == c.Digest)
			bySize[c.Size] = append(bySize[c.Size], c)
		}
		for _, s := range sights {
			if c := bySize[s.Size]; len(c) > 0 && alike[s.Size] {
				matches = append(matches, Match{s.UID, c[0]})
				bySize[s.Size] = c[1:]
				continue
			}
			unsure.Add(s.UID)
		}
		for _, c := range bySize {
			left = append(left, c...)
		}
	}
	for _, group := range byPrint {
		left = append(left, group...)
	}
	return matches, unsure, left
}

// MatchDigests recognises messages by their octets.
func MatchDigests(digests map[mailhaul.UID]mailhaul.Digest, left []Candidate) []Match {
	byDigest := map[mailhaul.Digest][]Candidate{}
	for _, c := range ordered(left) {
		byDigest[c.Digest] = append(byDigest[c.Digest], c)
	}
	uids := make([]mailhaul.UID, 0, len(digests))
	for uid := range digests {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	var out []Match
	for _, uid := range uids {
		if c := byDigest[digests[uid]]; len(c) > 0 {
			out = append(out, Match{uid, c[0]})
			byDigest[digests[uid]] = c[1:]
		}
	}
	return out
}

// ordered puts live messages before gone ones, then those with lower UIDs
// first: equal messages keep their order.
func ordered(cs []Candidate) []Candidate {
	out := slices.Clone(cs)
	slices.SortFunc(out, func(a, b Candidate) int {
		if a.Gone != b.Gone {
			if a.Gone {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.UIDValidity, a.UIDValidity), cmp.Compare(a.UID, b.UID))
	})
	return out
}
