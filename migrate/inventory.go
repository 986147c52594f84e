package migrate

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// site is a folder of the target account, which may take the messages of
// several folders.
type site struct {
	at        *mailhaul.Folder
	live      mailhaul.UIDSet                // what is there
	floor     mailhaul.UID                   // the lowest UID that the account shows, 0 for all; see mailhaul.Listing
	strangers mailhaul.UIDSet                // of these, what no row of the ledger speaks of
	sights    map[mailhaul.UID]plan.Sighting // headers of strangers that were read
	unseen    bool                           // of some strangers the header could not be read
	err       error                          // why it cannot be looked into
}

// inventory sets what the ledger knows of one folder against its site.
type inventory struct {
	*site
	look     *look
	lost     mailhaul.UIDSet  // rows, by the source's UID, whose message is not there
	unplaced []plan.Candidate // rows whose message is there under an unknown UID, or may be
	first    mailhaul.UID     // the lowest that any of unplaced can have; 0 when there are none
	absent   mailhaul.UIDSet  // of these, by the source's UID, what was sent to a folder that is no more
}

// takeInventories lists the sites of folders, all in one flight, and sets the
// ledger's rows against them.
func (b *haul) takeInventories(ctx context.Context, looks []*look) ([]*inventory, error) {
	sites := map[string]*site{}
	var requests []mailhaul.ListRequest
	var all []*inventory
	byID := map[int64]*inventory{}
	for _, l := range looks {
		s := sites[l.folder.At.Raw]
		if s == nil {
			s = &site{at: l.folder.At, sights: map[mailhaul.UID]plan.Sighting{}}
			sites[s.at.Raw] = s
			requests = append(requests, mailhaul.ListRequest{Folder: s.at})
		}
		inv := &inventory{site: s, look: l}
		all = append(all, inv)
		byID[l.folder.ID] = inv
	}
	next := 0
	err := b.holder.List(ctx, requests, func(l mailhaul.Listing) error {
		s := sites[requests[next].Folder.Raw]
		next++
		s.live, s.floor, s.err = l.Live, l.Floor, l.Err
		if l.Err == nil && l.Folder.UIDValidity != s.at.UIDValidity {
			s.err = errOtherUIDs
		}
		if mailhaul.ScopeOf(l.Err) > mailhaul.ScopeFolder && l.Err != nil {
			return l.Err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(inv *inventory) bool {
		if inv.err != nil {
			b.leaveOut(inv.look, inv.err)
		}
		return inv.err != nil
	})
	rows, err := b.led.Folders(ctx)
	if err != nil {
		return nil, err
	}
	placed := map[*site][]mailhaul.UID{}
	for _, row := range rows {
		if row.At == nil || sites[row.At.Raw] == nil {
			continue
		}
		s := sites[row.At.Raw]
		for m, err := range b.led.Messages(ctx, row.ID) {
			if err != nil {
				return nil, err
			}
			if at := mailhaul.UIDAt(m.Place); at != 0 && (s.live.Contains(at) || at < s.floor) {
				placed[s] = append(placed[s], at)
			} else if inv := byID[row.ID]; inv != nil {
				inv.misses(m, at)
			}
		}
	}
	for _, s := range sites {
		s.strangers = s.live.Minus(mailhaul.UIDSetOf(placed[s]...))
	}
	return all, nil
}

// leaveOut leaves a folder alone whose place in the account cannot be looked into.
// What was announced is not sent again: perhaps it is there. The next run finds
// out.
func (b *haul) leaveOut(l *look, err error) {
	b.failFolder(l.folder, err)
	for _, i := range b.account.intents[l.folder.ID] {
		l.fetch.Remove(i.UID)
	}
}

// failFolder notes that a folder failed, unless that is known.
func (b *haul) failFolder(f *mailhaul.Folder, err error) {
	b.failMu.Lock()
	known := b.broken[f]
	b.failMu.Unlock()
	if !known {
		b.fail(f, 0, err)
	}
}

// misses takes a row whose message is not where it was put.
func (inv *inventory) misses(m checkpoint.Message, at mailhaul.UID) {
	switch {
	case at == 0:
		inv.unplaced = append(inv.unplaced, plan.Candidate{UIDValidity: m.UIDValidity, UID: m.UID, Fingerprint: m.Fingerprint, Size: m.Size, Digest: m.Digest, Gone: m.GoneRun != 0,
			InternalDate: m.InternalDate, Flags: m.Flags})
		if lowest := mailhaul.LowestUIDAt(m.Place); inv.first == 0 || lowest < inv.first {
			inv.first = lowest
		}
		if m.Place == notThere && m.UIDValidity == inv.look.folder.UIDValidity {
			inv.absent.AddRange(mailhaul.UIDRange{First: m.UID, Last: m.UID})
		}
	case m.GoneRun == 0 && m.UIDValidity == inv.look.folder.UIDValidity:
		inv.lost.AddRange(mailhaul.UIDRange{First: m.UID, Last: m.UID})
	}
}

// see reads the headers of strangers, in one flight for all folders. first tells
// from which UID on; 0 leaves a folder out.
func (b *haul) see(ctx context.Context, inventories []*inventory, first func(*inventory) mailhaul.UID) error {
	from := map[*site]mailhaul.UID{}
	var sites []*site
	for _, inv := range inventories {
		f := first(inv)
		if f == 0 {
			continue
		}
		if from[inv.site] == 0 {
			sites = append(sites, inv.site)
			from[inv.site] = f
		}
		from[inv.site] = min(from[inv.site], f)
	}
	var work []mailhaul.Work
	byFolder := map[*mailhaul.Folder]*site{}
	for _, s := range sites {
		uids := s.strangers
		if f := from[s]; f > 1 {
			var below mailhaul.UIDSet
			below.AddRange(mailhaul.UIDRange{First: 1, Last: f - 1})
			uids = uids.Minus(below)
		}
		if !uids.Empty() {
			work = append(work, mailhaul.Work{Folder: s.at, UIDs: uids})
			byFolder[s.at] = s
		}
	}
	if len(work) == 0 {
		return nil
	}
	var mu sync.Mutex
	return b.holder.Headers(ctx, work, func(m *mailhaul.Message) error {
		var print mailhaul.Fingerprint
		if m.Err == nil {
			var err error
			if print, err = fingerprint(m); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		s := byFolder[m.Folder]
		if m.Err != nil { // also of one that is said to have gone: a moment ago it was there
			s.unseen = true
			return nil
		}
		s.sights[m.UID] = plan.Sighting{UID: m.UID, Fingerprint: print, Size: m.Size, InternalDate: m.InternalDate, Flags: m.Flags}
		return nil
	})
}

// recogniseIn finds candidates among the strangers that were seen, and takes those
// out. Where headers do not decide, bodies of both sides are read. altered
// allows, at last, a message whose header is alike and whose body is not: it was
// sent, so the account has altered it.
func (b *haul) recogniseIn(ctx context.Context, inv *inventory, candidates []plan.Candidate, altered bool) (matches []plan.Match, left []plan.Candidate, err error) {
	if len(candidates) == 0 || len(inv.sights) == 0 {
		return nil, candidates, nil
	}
	f := inv.look.folder
	matches, unsure, doubtful := plan.Pair(inv.seen(), candidates)
	if !unsure.Empty() {
		digests, err := b.digests(ctx, b.holder, mailhaul.Work{Folder: f.At, UIDs: unsure})
		if err != nil {
			return nil, nil, err
		}
		if err := b.fillDigests(ctx, f, doubtful); err != nil {
			return nil, nil, err
		}
		matches = append(matches, plan.MatchDigests(inv.seen(), digests, doubtful)...)
	}
	left = inv.take(matches, candidates)
	if altered && len(left) > 0 {
		more := plan.MatchPrints(inv.seen(), left)
		left = inv.take(more, left)
		matches = append(matches, more...)
	}
	return matches, left, nil
}

func (s *site) seen() []plan.Sighting {
	seen := make([]plan.Sighting, 0, len(s.sights))
	for _, x := range s.sights {
		seen = append(seen, x)
	}
	return seen
}

// take takes matched messages out of the strangers and returns the candidates
// that are left.
func (s *site) take(matches []plan.Match, candidates []plan.Candidate) []plan.Candidate {
	if len(matches) == 0 {
		return candidates
	}
	taken := map[[2]uint32]bool{}
	uids := make([]mailhaul.UID, 0, len(matches))
	for _, m := range matches {
		taken[[2]uint32{m.Candidate.UIDValidity, uint32(m.Candidate.UID)}] = true
		delete(s.sights, m.UID)
		uids = append(uids, m.UID)
	}
	s.strangers = s.strangers.Minus(mailhaul.UIDSetOf(uids...))
	return slices.DeleteFunc(slices.Clone(candidates), func(c plan.Candidate) bool { return taken[[2]uint32{c.UIDValidity, uint32(c.UID)}] })
}

// fillDigests reads the bodies of candidates whose digest is not known, where
// the source still has them.
func (b *haul) fillDigests(ctx context.Context, f *mailhaul.Folder, candidates []plan.Candidate) error {
	unknown := func(c plan.Candidate) bool {
		return c.Digest == (mailhaul.Digest{}) && c.UIDValidity == f.UIDValidity
	}
	var uids []mailhaul.UID
	for _, c := range candidates {
		if unknown(c) {
			uids = append(uids, c.UID)
		}
	}
	digests, err := b.digests(ctx, b.src, mailhaul.Work{Folder: f, UIDs: mailhaul.UIDSetOf(uids...)})
	for i, c := range candidates {
		if d, ok := digests[c.UID]; ok && unknown(c) {
			candidates[i].Digest = d
		}
	}
	return err
}

// Why messages that were announced cannot be looked for in a folder. They are not
// sent again then: perhaps they are there.
var (
	errNotSeen   = errors.New("it cannot be seen which messages have arrived there: the server does not show all of the folder; what was under way is left for the next run")
	errOtherUIDs = errors.New("the account gave the folder's messages other UIDs meanwhile (UIDVALIDITY has changed); the next run finds out what is there")
)

// notThere is the place of a row whose message was sent to a folder that is no
// more. A run may find it in the folder that has taken the place of that one; until
// then it is missing, while one whose place is a range of UIDs, or "", was stored.
const notThere = "0"
