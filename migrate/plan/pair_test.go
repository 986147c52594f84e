package plan_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

func candidate(uid mailhaul.UID, print, digest byte, size int64) plan.Candidate {
	return plan.Candidate{UIDValidity: 1, UID: uid, Fingerprint: mailhaul.Fingerprint{print}, Digest: mailhaul.Digest{digest}, Size: size}
}

func gone(c plan.Candidate) plan.Candidate {
	c.Gone = true
	return c
}

func sighting(uid mailhaul.UID, print byte, size int64) plan.Sighting {
	return plan.Sighting{UID: uid, Fingerprint: mailhaul.Fingerprint{print}, Size: size}
}

func show(matches []plan.Match) string {
	var out []string
	for _, m := range matches {
		out = append(out, fmt.Sprintf("%d<%d", m.UID, m.Candidate.UID))
	}
	return strings.Join(out, " ")
}

func showCandidates(cs []plan.Candidate) string {
	var uids []mailhaul.UID
	for _, c := range cs {
		uids = append(uids, c.UID)
	}
	return mailhaul.UIDSetOf(uids...).String()
}

func TestPair(t *testing.T) {
	bare := plan.Sighting{UID: 11, Fingerprint: mailhaul.MakeFingerprint(nil), Size: 10}
	bareCandidate := plan.Candidate{UID: 1, Fingerprint: bare.Fingerprint, Size: 10, Digest: mailhaul.Digest{1}}
	for _, c := range []struct {
		name                         string
		seen                         []plan.Sighting
		candidates                   []plan.Candidate
		matches                      string // new<old
		doubtful, doubtfulCandidates string
	}{
		{"nothing", nil, nil, "", "", ""},
		{"one", []plan.Sighting{sighting(11, 1, 10)}, []plan.Candidate{candidate(1, 1, 1, 10)}, "11<1", "", ""},
		{"one whose digest is not known", []plan.Sighting{sighting(11, 1, 10)}, []plan.Candidate{candidate(1, 1, 0, 10)}, "11<1", "", ""},
		{"shuffled", []plan.Sighting{sighting(12, 1, 10), sighting(11, 2, 20)}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 2, 2, 20)}, "11<2 12<1", "", ""},
		{"new and gone", []plan.Sighting{sighting(11, 3, 30)}, []plan.Candidate{candidate(1, 1, 1, 10)}, "", "", ""},
		{"known twins keep their order", []plan.Sighting{sighting(12, 1, 10), sighting(11, 1, 10)}, []plan.Candidate{candidate(2, 1, 1, 10), candidate(1, 1, 1, 10)}, "11<1 12<2", "", ""},
		{"twins whose digests are not known", []plan.Sighting{sighting(11, 1, 10), sighting(12, 1, 10)}, []plan.Candidate{candidate(1, 1, 0, 10), candidate(2, 1, 0, 10)}, "", "11:12", "1:2"},
		{"a twin more", []plan.Sighting{sighting(11, 1, 10), sighting(12, 1, 10), sighting(13, 1, 10)}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 1, 1, 10)}, "", "11:13", "1:2"},
		{"a twin less", []plan.Sighting{sighting(11, 1, 10)}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 1, 1, 10)}, "", "11", "1:2"},
		{"alike by header and size only", []plan.Sighting{sighting(11, 1, 10), sighting(12, 1, 10)}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 1, 2, 10)}, "", "11:12", "1:2"},
		{"a size that lies", []plan.Sighting{sighting(11, 1, 0)}, []plan.Candidate{candidate(1, 1, 1, 10)}, "", "11", "1"},
		{"one size fits, one does not", []plan.Sighting{sighting(11, 1, 10), sighting(12, 1, 21)}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 1, 2, 20)}, "11<1", "12", "2"},
		{"a size nobody else has", []plan.Sighting{sighting(11, 1, 10), sighting(12, 1, 21)}, []plan.Candidate{candidate(1, 1, 1, 10)}, "11<1", "12", ""},
		{"a gone one, too", []plan.Sighting{sighting(11, 1, 10)}, []plan.Candidate{gone(candidate(1, 1, 1, 10)), candidate(2, 1, 1, 10)}, "", "11", "1:2"},
		{"no header to tell by", []plan.Sighting{bare}, []plan.Candidate{bareCandidate}, "", "11", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			matches, doubtful, candidates := plan.Pair(c.seen, c.candidates)
			if show(matches) != c.matches || doubtful.String() != c.doubtful || showCandidates(candidates) != c.doubtfulCandidates {
				t.Errorf("matches %s, doubtful %s and %s", show(matches), doubtful, showCandidates(candidates))
			}
		})
	}
}

// TestPairInParts: what is paired range by range of fingerprints is what is paired
// at once.
func TestPairInParts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var seen []plan.Sighting
		var candidates []plan.Candidate
		for i := range 60 {
			print := byte(random.IntN(20) * 13)
			seen = append(seen, sighting(mailhaul.UID(100+i), print, int64(random.IntN(2))))
			c := candidate(mailhaul.UID(i+1), byte(random.IntN(20)*13), byte(random.IntN(3)), int64(random.IntN(2)))
			c.Gone = random.IntN(4) == 0
			candidates = append(candidates, c)
		}
		matches, doubtful, left := plan.Pair(seen, candidates)
		for _, n := range []int{1, 2, 7, 256} {
			var parts []plan.Match
			var unsure mailhaul.UIDSet
			var rest []plan.Candidate
			for r := range mailhaul.FingerprintRanges(n) {
				m, d, l := plan.Pair(
					slices.DeleteFunc(slices.Clone(seen), func(s plan.Sighting) bool { return !r.Contains(s.Fingerprint) }),
					slices.DeleteFunc(slices.Clone(candidates), func(c plan.Candidate) bool { return !r.Contains(c.Fingerprint) }))
				parts, rest = append(parts, m...), append(rest, l...)
				for uid := range d.All() {
					unsure.Add(uid)
				}
			}
			slices.SortFunc(parts, func(a, b plan.Match) int { return cmp.Compare(a.UID, b.UID) })
			if show(parts) != show(matches) || unsure.String() != doubtful.String() || showCandidates(rest) != showCandidates(left) {
				t.Fatalf("in %d parts: %s, in doubt %s and %s\nat once: %s, in doubt %s and %s", n,
					show(parts), unsure, showCandidates(rest), show(matches), doubtful, showCandidates(left))
			}
		}
	}
}

func TestMatchDigests(t *testing.T) {
	type digests = map[mailhaul.UID]mailhaul.Digest
	for _, c := range []struct {
		name       string
		digests    digests
		candidates []plan.Candidate
		matches    string
	}{
		{"one of two", digests{11: {2}, 12: {9}}, []plan.Candidate{candidate(1, 1, 1, 10), candidate(2, 1, 2, 10)}, "11<2"},
		{"more sightings than twins", digests{11: {1}, 12: {1}, 13: {1}}, []plan.Candidate{candidate(2, 1, 1, 10), candidate(1, 1, 1, 10)}, "11<1 12<2"},
		{"live before gone", digests{11: {1}}, []plan.Candidate{gone(candidate(1, 1, 1, 10)), candidate(2, 1, 1, 10)}, "11<2"},
		{"not known is like nothing", digests{11: {}}, []plan.Candidate{candidate(1, 1, 0, 10)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []plan.Sighting
			for uid := range c.digests {
				seen = append(seen, plan.Sighting{UID: uid})
			}
			if got := show(plan.MatchDigests(seen, c.digests, c.candidates)); got != c.matches {
				t.Errorf("%s, want %s", got, c.matches)
			}
		})
	}
}

func TestMatchPrints(t *testing.T) {
	empty := mailhaul.MakeFingerprint(nil)
	for _, c := range []struct {
		name       string
		seen       []plan.Sighting
		candidates []plan.Candidate
		matches    string
	}{
		{"altered", []plan.Sighting{sighting(11, 1, 12)}, []plan.Candidate{candidate(1, 1, 1, 10)}, "11<1"},
		{"in order, each once", []plan.Sighting{sighting(12, 1, 12), sighting(11, 1, 13), sighting(13, 1, 12)}, []plan.Candidate{candidate(2, 1, 2, 10), candidate(1, 1, 1, 10)}, "11<1 12<2"},
		{"another header", []plan.Sighting{sighting(11, 2, 10)}, []plan.Candidate{candidate(1, 1, 1, 10)}, ""},
		{"no header to tell by", []plan.Sighting{{UID: 11, Fingerprint: empty}}, []plan.Candidate{{UID: 1, Fingerprint: empty}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(plan.MatchPrints(c.seen, c.candidates)); got != c.matches {
				t.Errorf("%s, want %s", got, c.matches)
			}
		})
	}
}

// TestTwinsAreToldApart: what is the same octets differs by date and flags, and
// those of one must not become those of another. None of it is needed to match.
func TestTwinsAreToldApart(t *testing.T) {
	day := time.Date(2011, 3, 4, 5, 6, 7, 0, time.UTC)
	is := func(uid mailhaul.UID, day time.Time, flags ...string) plan.Sighting {
		s := sighting(uid, 1, 10)
		s.InternalDate, s.Flags = day, mailhaul.MakeFlags(flags...)
		return s
	}
	was := func(uid mailhaul.UID, day time.Time, flags ...string) plan.Candidate {
		c := candidate(uid, 1, 1, 10)
		c.InternalDate, c.Flags = day, mailhaul.MakeFlags(flags...)
		return c
	}
	later, elsewhere := day.Add(time.Hour), day.In(time.FixedZone("", 3600))
	for _, c := range []struct {
		name       string
		seen       []plan.Sighting
		candidates []plan.Candidate
		matches    string
	}{
		{"by date", []plan.Sighting{is(11, later), is(12, day)}, []plan.Candidate{was(1, day), was(2, later)}, "11<2 12<1"},
		{"the same instant in another zone", []plan.Sighting{is(11, later), is(12, elsewhere)}, []plan.Candidate{was(1, day), was(2, later)}, "11<2 12<1"},
		{"by flags", []plan.Sighting{is(11, day, `\Seen`), is(12, day)}, []plan.Candidate{was(1, day), was(2, day, `\Seen`)}, "11<2 12<1"},
		{"by date before flags", []plan.Sighting{is(11, later, `\Seen`), is(12, day)}, []plan.Candidate{was(1, day, `\Seen`), was(2, later)}, "11<2 12<1"},
		{"by date and flags before date", []plan.Sighting{is(11, day), is(12, day, `\Seen`)}, []plan.Candidate{was(1, day, `\Seen`), was(2, day, "other")}, "11<2 12<1"},
		{"neither", []plan.Sighting{is(11, later, "a"), is(12, later, "b")}, []plan.Candidate{was(1, day), was(2, day)}, "11<1 12<2"},
		{"the rest in order", []plan.Sighting{is(11, later), is(12, day), is(13, later)}, []plan.Candidate{was(1, time.Time{}), was(2, day), was(3, time.Time{})}, "11<1 12<2 13<3"},
		{"live before gone, whatever the date", []plan.Sighting{is(11, day), is(12, day)}, []plan.Candidate{gone(was(1, day)), was(2, later)}, "11<2 12<1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _, _ := plan.Pair(c.seen, c.candidates); show(got) != c.matches {
				t.Errorf("Pair: %s, want %s", show(got), c.matches)
			}
			digests := map[mailhaul.UID]mailhaul.Digest{}
			for _, s := range c.seen {
				digests[s.UID] = mailhaul.Digest{1}
			}
			if got := plan.MatchDigests(c.seen, digests, c.candidates); show(got) != c.matches {
				t.Errorf("MatchDigests: %s, want %s", show(got), c.matches)
			}
			if got := plan.MatchPrints(c.seen, c.candidates); show(got) != c.matches {
				t.Errorf("MatchPrints: %s, want %s", show(got), c.matches)
			}
		})
	}
}
