package migrate

import (
	"context"
	"fmt"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// matchAtOnce bounds how many messages of both sides are held against each other
// at once, so that memory does not grow with the number of folders.
const matchAtOnce = 200_000

// match recognises, among what a target account holds already, the messages
// that are to be sent, and does not send them.
func (b *haul) match(ctx context.Context) error {
	if b.holder == nil || !b.o.Match {
		return nil
	}
	var part []*look
	messages := uint64(0)
	for _, l := range b.listed {
		f := l.folder
		if l.fetch.Empty() || f.ID == 0 || f.At == nil || f.At.Messages == 0 || b.broken[f] {
			continue
		}
		n := l.fetch.Len() + uint64(f.At.Messages)
		if len(part) > 0 && messages+n > matchAtOnce {
			if err := b.matchFolders(ctx, part); err != nil {
				return err
			}
			part, messages = nil, 0
		}
		part = append(part, l)
		messages += n
	}
	if len(part) == 0 {
		return nil
	}
	return b.matchFolders(ctx, part)
}

// candidates are messages of the source that may be in the account.
type candidates struct {
	list     []plan.Candidate
	receipts map[mailhaul.UID]mailhaul.Receipt // what is to be recorded if one is
}

// matchFolders recognises messages of some folders: headers of both sides are
// read at once, in one flight each.
func (b *haul) matchFolders(ctx context.Context, looks []*look) error {
	inventories, err := b.takeInventories(ctx, looks)
	if err != nil {
		return err
	}
	if err := b.compareUIDs(ctx, inventories); err != nil {
		return err
	}
	var work []mailhaul.Work
	for _, inv := range inventories {
		b.matchUIDs(inv)
		if !inv.strangers.Empty() && !inv.look.fetch.Empty() {
			work = append(work, mailhaul.Work{Folder: inv.look.folder, UIDs: inv.look.fetch})
		}
	}
	if len(work) == 0 {
		return nil
	}
	wanted := func(inv *inventory) mailhaul.UID {
		if inv.look.fetch.Empty() {
			return 0
		}
		return 1
	}
	var seeing sync.WaitGroup
	var seeErr error
	seeing.Go(func() { seeErr = b.see(ctx, inventories, wanted) })
	found, err := b.candidates(ctx, work)
	seeing.Wait()
	if err != nil {
		return err
	}
	if seeErr != nil {
		return seeErr
	}
	for _, inv := range inventories {
		if c := found[inv.look.folder]; c != nil {
			if err := b.matchFolder(ctx, inv, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// candidates reads headers at the source.
func (b *haul) candidates(ctx context.Context, work []mailhaul.Work) (map[*mailhaul.Folder]*candidates, error) {
	found := map[*mailhaul.Folder]*candidates{}
	for _, w := range work {
		found[w.Folder] = &candidates{receipts: map[mailhaul.UID]mailhaul.Receipt{}}
	}
	var mu sync.Mutex
	err := b.headers(ctx, b.src, work, func(m *mailhaul.Message, print mailhaul.Fingerprint) {
		mu.Lock()
		defer mu.Unlock()
		c := found[m.Folder]
		c.list = append(c.list, plan.Candidate{UIDValidity: m.Folder.UIDValidity, UID: m.UID, Fingerprint: print, Size: m.Size,
			InternalDate: m.InternalDate, Flags: m.Flags})
		c.receipts[m.UID] = mailhaul.Receipt{Folder: m.Folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size, Fingerprint: print} // nothing stored: it is not ours to remove
	})
	return found, err
}

// matchUIDs recognises messages by their UIDs where these mean the same on both
// sides. No row is written: the next run finds out the same at the same price.
func (b *haul) matchUIDs(inv *inventory) {
	l := inv.look
	if !b.account.sameUIDs[l.folder] {
		return
	}
	there := l.fetch.Both(inv.live)
	shown := visible(l.fetch, inv.floor)
	if hidden := l.fetch.Len() - shown.Len(); hidden > 0 {
		b.failFolder(l.folder, fmt.Errorf("%d messages are not sent: the account shows the newest %d messages of the folder only, and whether those are there cannot be seen", hidden, inv.live.Len()))
	}
	l.fetch = shown.Minus(there)
	inv.strangers = inv.strangers.Minus(l.live)
	b.matched(l.folder, int64(there.Len()))
}

// maySameUIDs tells whether equal UIDs may be the same message at both ends.
func (b *haul) maySameUIDs(f *mailhaul.Folder) bool {
	return b.o.Same && f.Raw == f.At.Raw && f.UIDValidity == f.At.UIDValidity
}

// compareUIDs finds out in which folders equal UIDs are the same message: names
// and UIDVALIDITY may be alike by chance, say on two servers behind one address.
// Of each folder a sample of headers is compared.
func (b *haul) compareUIDs(ctx context.Context, inventories []*inventory) error {
	var here, there []mailhaul.Work
	for _, inv := range inventories {
		if f := inv.look.folder; b.maySameUIDs(f) {
			if uids := spread(inv.look.fetch.Both(inv.live), sampleSize); !uids.Empty() {
				here = append(here, mailhaul.Work{Folder: f, UIDs: uids})
				there = append(there, mailhaul.Work{Folder: f.At, UIDs: uids})
			}
		}
	}
	if len(here) == 0 {
		return nil
	}
	type key struct {
		raw string
		uid mailhaul.UID
	}
	var mu sync.Mutex
	prints := map[key]mailhaul.Fingerprint{}
	err := b.headers(ctx, b.src, here, func(m *mailhaul.Message, print mailhaul.Fingerprint) {
		mu.Lock()
		defer mu.Unlock()
		prints[key{m.Folder.Raw, m.UID}] = print
	})
	if err != nil {
		return err
	}
	same, differ := map[string]bool{}, map[string]bool{}
	err = b.headers(ctx, b.holder, there, func(m *mailhaul.Message, print mailhaul.Fingerprint) {
		mu.Lock()
		defer mu.Unlock()
		if want, known := prints[key{m.Folder.Raw, m.UID}]; known && want == print {
			same[m.Folder.Raw] = true
		} else if known {
			differ[m.Folder.Raw] = true
		}
	})
	for _, w := range here {
		b.account.sameUIDs[w.Folder] = same[w.Folder.Raw] && !differ[w.Folder.Raw]
	}
	b.account.otherAccount = b.account.otherAccount || len(differ) > 0
	return err
}

// spread takes at most n UIDs evenly out of a set.
func spread(uids mailhaul.UIDSet, n uint64) mailhaul.UIDSet {
	step := max(1, uids.Len()/n)
	var out mailhaul.UIDSet
	i := uint64(0)
	for u := range uids.All() {
		if i%step == 0 && out.Len() < n {
			out.Add(u)
		}
		i++
	}
	return out
}

// verifiedSame tells whether source and account turned out to be the same one.
func (b *haul) verifiedSame() bool {
	for _, same := range b.account.sameUIDs {
		if same {
			return !b.account.otherAccount
		}
	}
	return false
}

func (b *haul) matched(f *mailhaul.Folder, n int64) {
	b.summary.Matched += n
	b.report(f).Matched += n
}

// matchFolder records what of one folder is in the account already.
func (b *haul) matchFolder(ctx context.Context, inv *inventory, c *candidates) error {
	matches, _, err := b.recogniseIn(ctx, inv, c.list, false)
	if err != nil {
		return err
	}
	receipts := make([]mailhaul.Receipt, 0, len(matches))
	found := make([]mailhaul.UID, 0, len(matches))
	for _, m := range matches {
		r := c.receipts[m.Candidate.UID]
		r.Digest, r.Place = m.Candidate.Digest, m.UID.Place()
		receipts = append(receipts, r)
		found = append(found, r.UID)
	}
	if err := b.led.Record(ctx, b.runID, receipts); err != nil {
		return err
	}
	l := inv.look
	l.fetch = l.fetch.Minus(mailhaul.UIDSetOf(found...))
	b.matched(l.folder, int64(len(matches)))
	return nil
}
