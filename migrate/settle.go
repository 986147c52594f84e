package migrate

import (
	"context"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// settle finds out, folder by folder, what of the messages that the ledger
// speaks of is in the account: those announced and not confirmed, those whose
// UID there is not known, those that should be there and are not.
func (b *haul) settle(ctx context.Context) error {
	if b.holder == nil {
		return nil
	}
	var todo []*look
	for _, l := range b.listed {
		if l.folder.ID == 0 || l.folder.At == nil {
			continue
		}
		if l.folder.At.UIDValidity == 0 {
			if len(b.account.intents[l.folder.ID]) > 0 {
				b.leaveOut(l, errNotSeen)
			}
			continue
		}
		if b.elsewhere(l.folder) || len(b.account.intents[l.folder.ID]) > 0 || b.o.Again && l.known != nil && l.known.Live > 0 || b.mayMiss(l) {
			todo = append(todo, l)
		}
	}
	return b.settleFolders(ctx, todo)
}

// elsewhere tells whether a folder's place in the account is another folder than
// the one that its messages were sent to.
func (b *haul) elsewhere(f *mailhaul.Folder) bool {
	before, known := b.account.before[f]
	return known && (before.UIDValidity != f.At.UIDValidity || before.Name != f.At.Name)
}

// losePlaces notes that the messages of a folder are not where they were sent to.
// That comes before the ledger learns which folder takes them now: else a run that
// ended in between would leave UIDs that mean other messages there.
func (b *haul) losePlaces(ctx context.Context, f *mailhaul.Folder) error {
	if !b.elsewhere(f) {
		return nil
	}
	places := map[uint32]map[mailhaul.UID]string{}
	for m, err := range b.led.Messages(ctx, f.ID) {
		if err != nil {
			return err
		}
		if places[m.UIDValidity] == nil {
			places[m.UIDValidity] = map[mailhaul.UID]string{}
		}
		places[m.UIDValidity][m.UID] = notThere
	}
	for validity, lost := range places {
		under := *f
		under.UIDValidity = validity
		if err := b.led.SetPlaces(ctx, &under, lost); err != nil {
			return err
		}
	}
	b.events.notice("folder %q is another one in the account than before: it was deleted, or its UIDs have changed", f.At.Name)
	return nil
}

// mayMiss tells whether the account has fewer messages than were sent.
func (b *haul) mayMiss(l *look) bool {
	return l.known != nil && l.known.Live > int64(l.folder.At.Messages)
}

// settleFolders settles folders.
func (b *haul) settleFolders(ctx context.Context, looks []*look) error {
	if len(looks) == 0 {
		return nil
	}
	inventories, err := b.takeInventories(ctx, looks)
	if err != nil {
		return err
	}
	err = b.see(ctx, inventories, b.lowest)
	if err != nil {
		return err
	}
	for _, inv := range inventories {
		f := inv.look.folder
		intents := b.account.intents[f.ID]
		if first := b.lowestIntent(inv); first != 0 && (inv.unseen || first < inv.floor) {
			b.leaveOut(inv.look, errNotSeen)
			continue
		}
		delete(b.account.intents, f.ID)
		if err := b.findPlaces(ctx, f, inv); err != nil {
			return err
		}
		if err := b.settleIntents(ctx, inv, intents); err != nil {
			return err
		}
		for _, c := range inv.unplaced {
			if c.UIDValidity == f.UIDValidity && !c.Gone && inv.absent.Contains(c.UID) && inv.floor <= 1 {
				inv.lost.AddRange(mailhaul.UIDRange{First: c.UID, Last: c.UID})
			}
		}
		if err := b.missing(ctx, inv.look, inv.lost); err != nil {
			return err
		}
	}
	return nil
}

// lowest is the lowest UID that any of the messages looked for can have, 0 when
// none is looked for.
func (b *haul) lowest(inv *inventory) mailhaul.UID {
	first := b.lowestIntent(inv)
	if first == 0 || inv.first != 0 && inv.first < first {
		return inv.first
	}
	return first
}

// lowestIntent is lowest for what was announced.
func (b *haul) lowestIntent(inv *inventory) mailhaul.UID {
	first := mailhaul.UID(0)
	for _, i := range b.account.intents[inv.look.folder.ID] {
		if i.TargetUIDValidity != inv.at.UIDValidity {
			return 1 // the server gave its messages other UIDs, or it is another folder
		}
		if first == 0 || i.First < first {
			first = max(i.First, 1)
		}
	}
	return first
}

// findPlaces finds rows' messages among the strangers.
func (b *haul) findPlaces(ctx context.Context, f *mailhaul.Folder, inv *inventory) error {
	matches, left, err := b.recogniseIn(ctx, inv, inv.unplaced, true)
	if err != nil {
		return err
	}
	inv.unplaced = left
	byValidity := map[uint32]map[mailhaul.UID]string{}
	for _, m := range matches {
		v := m.Candidate.UIDValidity
		if byValidity[v] == nil {
			byValidity[v] = map[mailhaul.UID]string{}
		}
		byValidity[v][m.Candidate.UID] = m.UID.Place()
	}
	for validity, places := range byValidity {
		under := *f
		under.UIDValidity = validity
		if err := b.led.SetPlaces(ctx, &under, places); err != nil {
			return err
		}
	}
	return nil
}

// settleIntents records the announced messages that have arrived, and forgets
// the announcement of the others.
func (b *haul) settleIntents(ctx context.Context, inv *inventory, intents []checkpoint.Intent) error {
	if len(intents) == 0 {
		return nil
	}
	l := inv.look
	byKey := map[[2]uint32]checkpoint.Intent{}
	var candidates []plan.Candidate
	for _, i := range intents {
		byKey[[2]uint32{i.UIDValidity, uint32(i.UID)}] = i
		candidates = append(candidates, plan.Candidate{UIDValidity: i.UIDValidity, UID: i.UID, Fingerprint: i.Fingerprint, Size: i.Size, Digest: i.Digest,
			InternalDate: i.InternalDate, Flags: i.Flags})
	}
	matches, _, err := b.recogniseIn(ctx, inv, candidates, true)
	if err != nil {
		return err
	}
	under := map[uint32]*mailhaul.Folder{} // the folder, as it was when the message was announced
	for _, i := range intents {
		if under[i.UIDValidity] == nil {
			f := *l.folder
			f.UIDValidity = i.UIDValidity
			under[i.UIDValidity] = &f
		}
	}
	receipts := make([]mailhaul.Receipt, len(matches))
	for n, m := range matches {
		c := m.Candidate
		key := [2]uint32{c.UIDValidity, uint32(c.UID)}
		i := byKey[key]
		delete(byKey, key)
		receipts[n] = mailhaul.Receipt{Folder: under[i.UIDValidity], UID: i.UID, Flags: i.Flags, InternalDate: i.InternalDate, Size: i.Size,
			Stored: i.Size, Fingerprint: i.Fingerprint, Digest: c.Digest, Place: m.UID.Place()}
		if i.UIDValidity == l.folder.UIDValidity {
			l.fetch.Remove(i.UID)
		}
	}
	if err := b.led.Record(ctx, b.runID, receipts); err != nil {
		return err
	}
	for _, r := range receipts {
		b.copied(l.folder, r)
	}
	lost := map[uint32]mailhaul.UIDSet{}
	for _, i := range byKey {
		set := lost[i.UIDValidity]
		set.Add(i.UID)
		lost[i.UIDValidity] = set
	}
	for validity, uids := range lost {
		if err := b.led.DropIntents(ctx, l.folder.ID, validity, uids); err != nil {
			return err
		}
	}
	return nil
}

// missing deals with messages that were sent before and are not in the account:
// somebody removed them there. They are sent again only on request.
func (b *haul) missing(ctx context.Context, l *look, lost mailhaul.UIDSet) error {
	told := b.account.missing[l.folder]
	lost = lost.Both(l.live).Minus(told) // a folder may be settled twice in a run
	if lost.Empty() {
		return nil
	}
	for _, r := range lost.Ranges() {
		told.AddRange(r)
	}
	b.account.missing[l.folder] = told
	if !b.o.Again {
		b.summary.Missing += int64(lost.Len())
		b.events.notice("%d messages of folder %q were sent before and are no longer in the account; they are sent once more only with --again", lost.Len(), l.folder.Name)
		return nil
	}
	if _, err := b.led.Forget(ctx, b.runID, l.folder, lost); err != nil {
		return err
	}
	for _, r := range lost.Both(l.chosen).Ranges() {
		l.fetch.AddRange(r)
	}
	return nil
}
