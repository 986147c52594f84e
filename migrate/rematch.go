package migrate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// rematchAtOnce is how many messages of the ledger and of a server are held against
// each other at once.
const rematchAtOnce = 50_000

// rematch recognises the messages of folders whose UIDVALIDITY changed, so that
// nothing is downloaded again that is there already, and nothing doubled.
func (b *haul) rematch(ctx context.Context) error {
	for _, l := range b.listed {
		if !l.moved {
			continue
		}
		if err := b.rematchFolder(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

func (b *haul) rematchFolder(ctx context.Context, l *look) error {
	seen, rebindings, err := b.recognise(ctx, l)
	if err != nil {
		return err
	}
	if err := b.led.Rebind(ctx, b.runID, l.folder, rebindings); err != nil {
		return err
	}
	live, _, err := b.led.UIDs(ctx, l.folder.ID, l.folder.UIDValidity)
	if err != nil {
		return err
	}
	l.fetch = l.live.Minus(live)
	if !b.o.Criteria.All() {
		l.partial = l.partial || !l.fetch.Minus(l.chosen).Empty()
		l.fetch = l.fetch.Both(l.chosen)
	}
	b.events.notice("folder %q has a new UIDVALIDITY: %d of its %d messages were recognised", l.folder.Name, len(rebindings), l.live.Len())
	if b.broken[l.folder] {
		return nil
	}
	for flags := range seen.flags() {
		if err := b.setFlags(ctx, l.folder, flags); err != nil {
			return err
		}
	}
	n, err := b.led.MarkOldGone(ctx, b.runID, l.folder)
	if err != nil {
		return err
	}
	b.summary.Gone += n
	return nil
}

// recognise sets the headers of a folder's messages against the ledger; where
// they do not tell messages apart, the bodies. It returns what it saw, and which
// message is which, ascending by UID.
func (b *haul) recognise(ctx context.Context, l *look) (*sights, []checkpoint.Rebinding, error) {
	live, gone, err := b.led.UIDs(ctx, l.folder.ID, l.folder.UIDValidity)
	if err != nil {
		return nil, nil, err
	}
	// An earlier run may have matched a part, or the UIDVALIDITY came back.
	todo := plan.Decide(l.live, live, gone, !b.broken[l.folder])
	if _, err := b.led.Revive(ctx, b.runID, l.folder, todo.Revive); err != nil {
		return nil, nil, err
	}
	n, err := b.led.MarkGone(ctx, b.runID, l.folder, todo.Gone)
	if err != nil {
		return nil, nil, err
	}
	b.summary.Gone += n
	seen := &sights{}
	work := []mailhaul.Work{{Folder: l.folder, UIDs: l.live}}
	if err := b.headers(ctx, b.src, work, seen.add); err != nil {
		return nil, nil, err
	}
	var rebindings []checkpoint.Rebinding
	parts := 1 + (int64(todo.Fetch.Len())+l.known.Rows)/rematchAtOnce
	for part := range mailhaul.FingerprintRanges(int(parts)) {
		matches, err := b.recognisePart(ctx, l, seen.of(part, todo.Fetch), part)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range matches {
			rebindings = append(rebindings, checkpoint.Rebinding{OldUIDValidity: m.Candidate.UIDValidity, OldUID: m.Candidate.UID, UID: m.UID})
		}
	}
	slices.SortFunc(rebindings, func(a, b checkpoint.Rebinding) int { return cmp.Compare(a.UID, b.UID) })
	return seen, rebindings, nil
}

// recognisePart recognises messages whose fingerprint is in part. What has the same
// fingerprint is in the same part, so it makes no difference how many there are.
func (b *haul) recognisePart(ctx context.Context, l *look, seen []plan.Sighting, part mailhaul.FingerprintRange) ([]plan.Match, error) {
	if len(seen) == 0 {
		return nil, nil
	}
	var candidates []plan.Candidate
	places := map[[2]uint32]mailhaul.UID{} // in a target account, of candidates whose digest is not known
	for m, err := range b.led.MessagesPrinted(ctx, l.folder.ID, part) {
		if err != nil {
			return nil, err
		}
		if m.UIDValidity != l.folder.UIDValidity {
			candidates = append(candidates, plan.Candidate{UIDValidity: m.UIDValidity, UID: m.UID, Fingerprint: m.Fingerprint, Size: m.Size, Digest: m.Digest, Gone: m.GoneRun != 0,
				InternalDate: m.InternalDate, Flags: m.Flags})
			if at := mailhaul.UIDAt(m.Place); b.holder != nil && m.Digest == (mailhaul.Digest{}) && at != 0 {
				places[[2]uint32{m.UIDValidity, uint32(m.UID)}] = at
			}
		}
	}
	matches, unsure, left := plan.Pair(seen, candidates)
	digests, err := b.digests(ctx, b.src, mailhaul.Work{Folder: l.folder, UIDs: unsure})
	if err != nil {
		return nil, err
	}
	if err := b.digestsAt(ctx, l.folder.At, left, places); err != nil {
		return nil, err
	}
	return append(matches, plan.MatchDigests(seen, digests, left)...), nil
}

// digestsAt fills in digests of candidates from what a target account has.
func (b *haul) digestsAt(ctx context.Context, at *mailhaul.Folder, candidates []plan.Candidate, places map[[2]uint32]mailhaul.UID) error {
	var uids []mailhaul.UID
	for _, c := range candidates {
		uids = append(uids, places[[2]uint32{c.UIDValidity, uint32(c.UID)}])
	}
	wanted := mailhaul.UIDSetOf(uids...)
	if wanted.Empty() {
		return nil
	}
	digests, err := b.digests(ctx, b.holder, mailhaul.Work{Folder: at, UIDs: wanted})
	for i, c := range candidates {
		if d, ok := digests[places[[2]uint32{c.UIDValidity, uint32(c.UID)}]]; ok {
			candidates[i].Digest = d
		}
	}
	return err
}

// headers reads the identifying header fields of messages. A message that cannot
// be read is left out.
func (b *haul) headers(ctx context.Context, from mailhaul.Source, work []mailhaul.Work, got func(*mailhaul.Message, mailhaul.Fingerprint)) error {
	return from.Headers(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return b.unseen(m)
		}
		print, err := fingerprint(m)
		if err == nil {
			got(m, print)
		}
		return err
	})
}

// fingerprint reads the header fields that a message is known by.
func fingerprint(m *mailhaul.Message) (mailhaul.Fingerprint, error) {
	header, err := io.ReadAll(m.Body)
	if err != nil {
		return mailhaul.Fingerprint{}, err
	}
	return mailhaul.MakeFingerprint(header), nil
}

// digests reads bodies for their digests only.
func (b *haul) digests(ctx context.Context, from mailhaul.Source, w mailhaul.Work) (map[mailhaul.UID]mailhaul.Digest, error) {
	digests := map[mailhaul.UID]mailhaul.Digest{}
	if w.UIDs.Empty() {
		return digests, nil
	}
	var mu sync.Mutex
	err := from.Fetch(ctx, []mailhaul.Work{w}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return b.unseen(m)
		}
		h := sha256.New()
		if _, err := io.Copy(h, m.Body); err != nil {
			if mailhaul.ScopeOf(err) == mailhaul.ScopeMessage {
				return nil // damaged: it is like none
			}
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		digests[m.UID] = mailhaul.Digest(h.Sum(nil))
		return nil
	})
	return digests, err
}

// unseen takes a message that could not be looked at: it is not matched, hence
// fetched, and fails there if it fails again. A folder that broke is noted.
func (b *haul) unseen(m *mailhaul.Message) error {
	if m.UID == 0 && !errors.Is(m.Err, mailhaul.ErrGone) {
		b.fail(m.Folder, 0, m.Err)
	}
	return nil
}
