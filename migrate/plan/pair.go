package plan

import (
	"cmp"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// Candidate is a message that one on a server may be: of the ledger, its UID
// meaning nothing any more, or of a source, perhaps at the target already.
type Candidate struct {
	UIDValidity uint32
	UID         mailhaul.UID
	Fingerprint mailhaul.Fingerprint
	Size        int64
	Digest      mailhaul.Digest // zero when it is not known
	Gone        bool
}

// Sighting is a message on the server, known by its header only.
type Sighting struct {
	UID         mailhaul.UID
	Fingerprint mailhaul.Fingerprint
	Size        int64 // RFC822.SIZE: a hint
}

// Match says that a message on the server is one of the candidates.
type Match struct {
	UID       mailhaul.UID
	Candidate Candidate
}

// kin is what messages have in common that may be the same.
type kin struct {
	print mailhaul.Fingerprint
	size  int64
}

// Pair recognises messages by fingerprint and size, each candidate at most
// once. It is strict: it takes a sighting for a candidate only when there are
// as many of the one as of the other and the candidates are all the same octets
// (one of each, or known twins). Whatever else has the fingerprint of
// candidates is in doubt: the bodies of those sightings, and of those doubtful
// candidates whose digest is not known, must be read and given to MatchDigests.
// Messages without any identifying header field are always in doubt. A sighting
// in neither is new. The order is that of UIDs, whatever that of the arguments.
func Pair(seen []Sighting, candidates []Candidate) (matches []Match, doubtful mailhaul.UIDSet, doubtfulCandidates []Candidate) {
	sights := bySize(seen)
	groups := map[kin][]Candidate{}
	sighted := map[mailhaul.Fingerprint]bool{}
	known := map[mailhaul.Fingerprint]bool{}
	for _, s := range sights {
		sighted[s.Fingerprint] = true
	}
	candidates = ordered(candidates)
	for _, c := range candidates {
		known[c.Fingerprint] = true
		groups[kin{c.Fingerprint, c.Size}] = append(groups[kin{c.Fingerprint, c.Size}], c)
	}
	empty := mailhaul.MakeFingerprint(nil)
	sure := map[kin]bool{}
	for begin := 0; begin < len(sights); {
		k := kin{sights[begin].Fingerprint, sights[begin].Size}
		end := begin + 1
		for end < len(sights) && (kin{sights[end].Fingerprint, sights[end].Size}) == k {
			end++
		}
		group := groups[k]
		sure[k] = k.print != empty && len(group) == end-begin && alike(group)
		for i, s := range sights[begin:end] {
			if sure[k] {
				matches = append(matches, Match{s.UID, group[i]})
			} else if known[k.print] {
				doubtful.Add(s.UID)
			}
		}
		begin = end
	}
	for _, c := range candidates {
		if sighted[c.Fingerprint] && !sure[kin{c.Fingerprint, c.Size}] {
			doubtfulCandidates = append(doubtfulCandidates, c)
		}
	}
	slices.SortFunc(matches, func(a, b Match) int { return cmp.Compare(a.UID, b.UID) })
	return matches, doubtful, doubtfulCandidates
}

// alike tells that the candidates are the same octets for all that is known:
// one is, several are when their digests say so.
func alike(group []Candidate) bool {
	for _, c := range group[1:] {
		if c.Digest != group[0].Digest || c.Digest == (mailhaul.Digest{}) {
			return false
		}
	}
	return true
}

// MatchDigests recognises messages by their octets, each candidate at most
// once, in order. Candidates whose digest is not known match nothing.
func MatchDigests(digests map[mailhaul.UID]mailhaul.Digest, candidates []Candidate) []Match {
	byDigest := map[mailhaul.Digest][]Candidate{}
	for _, c := range ordered(candidates) {
		if c.Digest != (mailhaul.Digest{}) {
			byDigest[c.Digest] = append(byDigest[c.Digest], c)
		}
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

// MatchPrints is the last resort for messages that a server altered: it pairs
// what MatchDigests left by fingerprint alone, in order, each candidate at most
// once. Messages without any identifying header field match nothing.
func MatchPrints(seen []Sighting, candidates []Candidate) []Match {
	byPrint := map[mailhaul.Fingerprint][]Candidate{}
	for _, c := range ordered(candidates) {
		byPrint[c.Fingerprint] = append(byPrint[c.Fingerprint], c)
	}
	delete(byPrint, mailhaul.MakeFingerprint(nil))
	var out []Match
	for _, s := range byUID(seen) {
		if c := byPrint[s.Fingerprint]; len(c) > 0 {
			out = append(out, Match{s.UID, c[0]})
			byPrint[s.Fingerprint] = c[1:]
		}
	}
	return out
}

func byUID(seen []Sighting) []Sighting {
	out := slices.Clone(seen)
	slices.SortFunc(out, func(a, b Sighting) int { return cmp.Compare(a.UID, b.UID) })
	return out
}

// bySize puts what has the same fingerprint and size side by side.
func bySize(seen []Sighting) []Sighting {
	out := slices.Clone(seen)
	slices.SortFunc(out, func(a, b Sighting) int {
		return cmp.Or(slices.Compare(a.Fingerprint[:], b.Fingerprint[:]), cmp.Compare(a.Size, b.Size), cmp.Compare(a.UID, b.UID))
	})
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
