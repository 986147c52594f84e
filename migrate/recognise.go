package migrate

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// match recognises, among what a target account holds already, the messages
// that are to be sent, and does not send them.
func (b *haul) match(ctx context.Context) error {
	if b.holder == nil || !b.o.Match {
		return nil
	}
	for _, l := range b.listed {
		f := l.folder
		if l.fetch.Empty() || f.ID == 0 || f.At == nil || f.At.Messages == 0 || b.broken[f] {
			continue
		}
		inv, err := b.takeInventory(ctx, f)
		if err != nil {
			return err
		}
		b.matchUIDs(l, inv)
		if inv.strangers.Empty() || l.fetch.Empty() {
			continue
		}
		if err := b.see(ctx, f, inv, 1); err != nil {
			return err
		}
		if err := b.matchFolder(ctx, l, inv); err != nil {
			return err
		}
	}
	return nil
}

// matchUIDs recognises messages by their UIDs where these mean the same on both
// sides. No row is written: the next run finds out the same at the same price.
func (b *haul) matchUIDs(l *look, inv *inventory) {
	f := l.folder
	if !b.sameUIDs(f) {
		return
	}
	there := l.fetch.Both(inv.live)
	l.fetch = l.fetch.Minus(there)
	inv.strangers = inv.strangers.Minus(l.live)
	b.summary.Matched += int64(there.Len())
	b.report(f).Matched += int64(there.Len())
}

// sameUIDs tells whether equal UIDs are the same message at both ends.
func (b *haul) sameUIDs(f *mailhaul.Folder) bool {
	return b.o.Same && f.Raw == f.At.Raw && f.UIDValidity == f.At.UIDValidity
}

func (b *haul) matchFolder(ctx context.Context, l *look, inv *inventory) error {
	headers := map[mailhaul.UID]mailhaul.Receipt{}
	var candidates []plan.Candidate
	var mu sync.Mutex
	err := b.src.Headers(ctx, []mailhaul.Work{{Folder: l.folder, UIDs: l.fetch}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return b.unseen(m)
		}
		header, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		r := mailhaul.Receipt{Folder: l.folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size, Stored: m.Size, Fingerprint: mailhaul.MakeFingerprint(header)}
		mu.Lock()
		defer mu.Unlock()
		headers[m.UID] = r
		candidates = append(candidates, plan.Candidate{UIDValidity: l.folder.UIDValidity, UID: m.UID, Fingerprint: r.Fingerprint, Size: r.Size})
		return nil
	})
	if err != nil {
		return err
	}
	matches, _, err := b.recogniseIn(ctx, l.folder, inv, candidates, false)
	if err != nil {
		return err
	}
	receipts := make([]mailhaul.Receipt, 0, len(matches))
	found := make([]mailhaul.UID, 0, len(matches))
	for _, m := range matches {
		r := headers[m.Candidate.UID]
		r.Digest, r.Place = m.Candidate.Digest, placeOf(m.UID)
		receipts = append(receipts, r)
		found = append(found, r.UID)
	}
	if err := b.led.Record(ctx, b.runID, receipts); err != nil {
		return err
	}
	l.fetch = l.fetch.Minus(mailhaul.UIDSetOf(found...))
	b.summary.Matched += int64(len(matches))
	b.report(l.folder).Matched += int64(len(matches))
	return nil
}

// recogniseIn finds candidates among the strangers that were seen, and takes
// those out. Where headers do not decide, bodies of both sides are read. altered
// allows, at last, a message whose header is alike and whose body is not: it was
// sent, so the account has altered it.
func (b *haul) recogniseIn(ctx context.Context, f *mailhaul.Folder, inv *inventory, candidates []plan.Candidate, altered bool) (matches []plan.Match, left []plan.Candidate, err error) {
	if len(candidates) == 0 || len(inv.sights) == 0 {
		return nil, candidates, nil
	}
	seen := make([]plan.Sighting, 0, len(inv.sights))
	for _, s := range inv.sights {
		seen = append(seen, s)
	}
	matches, unsure, doubtful := plan.Pair(seen, candidates)
	if !unsure.Empty() {
		digests, err := b.digests(ctx, b.holder, mailhaul.Work{Folder: f.At, UIDs: unsure})
		if err != nil {
			return nil, nil, err
		}
		if err := b.fillDigests(ctx, f, doubtful); err != nil {
			return nil, nil, err
		}
		matches = append(matches, plan.MatchDigests(digests, doubtful)...)
	}
	left = b.take(inv, matches, candidates)
	if altered && len(left) > 0 {
		seen = seen[:0]
		for _, s := range inv.sights {
			seen = append(seen, s)
		}
		more := plan.MatchPrints(seen, left)
		left = b.take(inv, more, left)
		matches = append(matches, more...)
	}
	return matches, left, nil
}

// take takes matched messages out of the strangers and returns the candidates
// that are left.
func (b *haul) take(inv *inventory, matches []plan.Match, candidates []plan.Candidate) []plan.Candidate {
	if len(matches) == 0 {
		return candidates
	}
	taken := map[[2]uint32]bool{}
	uids := make([]mailhaul.UID, 0, len(matches))
	for _, m := range matches {
		taken[[2]uint32{m.Candidate.UIDValidity, uint32(m.Candidate.UID)}] = true
		delete(inv.sights, m.UID)
		uids = append(uids, m.UID)
	}
	inv.strangers = inv.strangers.Minus(mailhaul.UIDSetOf(uids...))
	return slices.DeleteFunc(slices.Clone(candidates), func(c plan.Candidate) bool { return taken[[2]uint32{c.UIDValidity, uint32(c.UID)}] })
}

// fillDigests reads the bodies of candidates whose digest is not known, where
// the source still has them.
func (b *haul) fillDigests(ctx context.Context, f *mailhaul.Folder, candidates []plan.Candidate) error {
	var uids []mailhaul.UID
	for _, c := range candidates {
		if c.Digest == (mailhaul.Digest{}) && c.UIDValidity == f.UIDValidity {
			uids = append(uids, c.UID)
		}
	}
	digests, err := b.digests(ctx, b.src, mailhaul.Work{Folder: f, UIDs: mailhaul.UIDSetOf(uids...)})
	if err != nil {
		return err
	}
	for i, c := range candidates {
		if d, ok := digests[c.UID]; ok && c.Digest == (mailhaul.Digest{}) && c.UIDValidity == f.UIDValidity {
			candidates[i].Digest = d
		}
	}
	return nil
}

// sightings reads headers.
func (b *haul) sightings(ctx context.Context, from mailhaul.Source, w mailhaul.Work) ([]plan.Sighting, error) {
	if w.UIDs.Empty() {
		return nil, nil
	}
	var seen []plan.Sighting
	var mu sync.Mutex
	err := from.Headers(ctx, []mailhaul.Work{w}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // it tells nothing
		}
		header, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, plan.Sighting{UID: m.UID, Fingerprint: mailhaul.MakeFingerprint(header), Size: m.Size})
		return nil
	})
	return seen, err
}
