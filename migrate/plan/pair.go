package plan

import (
	"cmp"
	"slices"
	"time"

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
	// InternalDate and Flags tell apart what is the same octets: a hint.
	InternalDate time.Time
	Flags        mailhaul.Flags
}

// Sighting is a message on the server, known by its header only.
type Sighting struct {
	UID         mailhaul.UID
	Fingerprint mailhaul.Fingerprint
	Size        int64 // RFC822.SIZE: a hint
	// InternalDate and Flags are those that it has now.
	InternalDate time.Time
	Flags        mailhaul.Flags
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
// (one of each, or known twins, which date and flags tell apart). Whatever else has the fingerprint of
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
		if sure[k] {
			matches = append(matches, assign(sights[begin:end], group)...)
		} else if known[k.print] {
			for _, s := range sights[begin:end] {
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

// assign pairs messages that are the same octets, each at most once: those that
// arrived at the same moment and have the same flags, then those of the same
// moment, then the others; each time in order, live candidates before gone ones.
func assign(seen []Sighting, candidates []Candidate) (out []Match) {
	type trait struct {
		second int64
		flags  mailhaul.Flags
	}
	traits := []func(time.Time, mailhaul.Flags) trait{
		func(t time.Time, f mailhaul.Flags) trait { return trait{t.Unix(), f} },
		func(t time.Time, _ mailhaul.Flags) trait { return trait{t.Unix(), ""} },
		func(time.Time, mailhaul.Flags) trait { return trait{} },
	}
	for _, gone := range []bool{false, true} {
		var group []Candidate
		for _, c := range candidates {
			if c.Gone == gone {
				group = append(group, c)
			}
		}
		for _, of := range traits {
			byTrait := map[trait][]Candidate{}
			for _, c := range group {
				k := of(c.InternalDate, c.Flags)
				byTrait[k] = append(byTrait[k], c)
			}
			var rest []Sighting
			taken := map[[2]uint32]bool{}
			for _, s := range seen {
				k := of(s.InternalDate, s.Flags)
				if len(byTrait[k]) == 0 {
					rest = append(rest, s)
					continue
				}
				c := byTrait[k][0]
				byTrait[k] = byTrait[k][1:]
				taken[[2]uint32{c.UIDValidity, uint32(c.UID)}] = true
				out = append(out, Match{s.UID, c})
			}
			seen = rest
			group = slices.DeleteFunc(group, func(c Candidate) bool { return taken[[2]uint32{c.UIDValidity, uint32(c.UID)}] })
		}
	}
	return out
}

// MatchDigests recognises those of the messages seen whose digest is given by
// their octets, each candidate at most once. Of candidates that are the same
// octets, date and flags decide, then the order. Candidates whose digest is not
// known match nothing.
func MatchDigests(seen []Sighting, digests map[mailhaul.UID]mailhaul.Digest, candidates []Candidate) []Match {
	return matchBy(seen, candidates,
		func(s Sighting) (mailhaul.Digest, bool) { d, ok := digests[s.UID]; return d, ok },
		func(c Candidate) (mailhaul.Digest, bool) { return c.Digest, c.Digest != mailhaul.Digest{} })
}

// MatchPrints is the last resort for messages that a server altered: it pairs
// what MatchDigests left by fingerprint alone, each candidate at most once, by
// date and flags where there are several, then in order. Messages without any
// identifying header field match nothing.
func MatchPrints(seen []Sighting, candidates []Candidate) []Match {
	empty := mailhaul.MakeFingerprint(nil)
	return matchBy(seen, candidates,
		func(s Sighting) (mailhaul.Fingerprint, bool) { return s.Fingerprint, s.Fingerprint != empty },
		func(c Candidate) (mailhaul.Fingerprint, bool) { return c.Fingerprint, true })
}

// matchBy pairs what has the same key, in the order of UIDs.
func matchBy[K comparable](seen []Sighting, candidates []Candidate, ofSighting func(Sighting) (K, bool), ofCandidate func(Candidate) (K, bool)) (out []Match) {
	groups := map[K][]Candidate{}
	for _, c := range ordered(candidates) {
		if k, ok := ofCandidate(c); ok {
			groups[k] = append(groups[k], c)
		}
	}
	sights := map[K][]Sighting{}
	for _, s := range byUID(seen) {
		if k, ok := ofSighting(s); ok && len(groups[k]) > 0 {
			sights[k] = append(sights[k], s)
		}
	}
	for k, group := range sights {
		out = append(out, assign(group, groups[k])...)
	}
	slices.SortFunc(out, func(a, b Match) int { return cmp.Compare(a.UID, b.UID) })
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
