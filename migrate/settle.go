package migrate

import (
	"context"
	"strconv"

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
	moved := map[*look]bool{}
	for _, l := range b.listed {
		before, known := b.account.before[l.folder]
		if known && l.folder.ID != 0 && l.folder.At.UIDValidity != 0 && before.UIDValidity != l.folder.At.UIDValidity {
			moved[l] = true
			if err := b.led.ClearPlaces(ctx, l.folder.ID); err != nil {
				return err
			}
		}
	}
	for _, l := range b.listed {
		if l.folder.ID == 0 || l.folder.At == nil || l.folder.At.UIDValidity == 0 {
			continue
		}
		if !moved[l] && len(b.account.intents[l.folder.ID]) == 0 && !b.o.Again && !b.mayMiss(l) {
			continue
		}
		if err := b.settleFolder(ctx, l, moved[l]); err != nil {
			return err
		}
	}
	return nil
}

// mayMiss tells whether the account has fewer messages than were sent.
func (b *haul) mayMiss(l *look) bool {
	for _, f := range b.folders {
		if f.Folder == l.folder {
			return f.Known != nil && f.Known.Live > int64(l.folder.At.Messages)
		}
	}
	return false
}

// inventory sets what the ledger knows of a folder against the account.
type inventory struct {
	live      mailhaul.UIDSet                // in the account
	strangers mailhaul.UIDSet                // of these, what no row of the ledger speaks of
	lost      mailhaul.UIDSet                // rows, by the source's UID, whose message is not there
	unplaced  []plan.Candidate               // rows whose message may be there under any UID
	sights    map[mailhaul.UID]plan.Sighting // headers of strangers, once they were read
}

// settleFolder settles one folder. moved says that the account's UIDVALIDITY is
// another one than when the messages were sent.
func (b *haul) settleFolder(ctx context.Context, l *look, moved bool) error {
	f := l.folder
	inv, err := b.takeInventory(ctx, f)
	if err != nil {
		return err
	}
	intents := b.account.intents[f.ID]
	delete(b.account.intents, f.ID)
	if len(inv.unplaced)+len(intents) > 0 {
		if err := b.see(ctx, f, inv, lowest(inv.unplaced, intents)); err != nil {
			return err
		}
		if err := b.findPlaces(ctx, f, inv); err != nil {
			return err
		}
		if err := b.settleIntents(ctx, l, inv, intents); err != nil {
			return err
		}
	}
	if moved {
		b.events.notice("folder %q has a new UIDVALIDITY in the account", f.At.Name)
		for _, c := range inv.unplaced {
			if c.UIDValidity == f.UIDValidity && !c.Gone {
				inv.lost.AddRange(mailhaul.UIDRange{First: c.UID, Last: c.UID})
			}
		}
	}
	return b.missing(ctx, l, inv.lost)
}

// lowest is the lowest UID that any of the messages looked for can have.
func lowest(unplaced []plan.Candidate, intents []checkpoint.Intent) mailhaul.UID {
	if len(unplaced) > 0 {
		return 1
	}
	first := intents[0].First
	for _, i := range intents {
		first = min(first, i.First)
	}
	return first
}

// takeInventory lists the folder in the account and the rows of all folders
// that share it.
func (b *haul) takeInventory(ctx context.Context, f *mailhaul.Folder) (*inventory, error) {
	inv := &inventory{sights: map[mailhaul.UID]plan.Sighting{}}
	err := b.holder.List(ctx, []mailhaul.ListRequest{{Folder: f.At}}, func(l mailhaul.Listing) error {
		inv.live = l.Live
		return l.Err
	})
	if err != nil {
		return nil, err
	}
	var placed []mailhaul.UID
	rows, err := b.led.Folders(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.At == nil || row.At.Raw != f.At.Raw {
			continue
		}
		for m, err := range b.led.Messages(ctx, row.ID) {
			if err != nil {
				return nil, err
			}
			at := uidOf(m.Place)
			mine := row.ID == f.ID
			switch {
			case at != 0 && inv.live.Contains(at):
				placed = append(placed, at)
			case at == 0 && mine:
				inv.unplaced = append(inv.unplaced, candidate(m))
			case at != 0 && mine && m.GoneRun == 0 && m.UIDValidity == f.UIDValidity:
				inv.lost.AddRange(mailhaul.UIDRange{First: m.UID, Last: m.UID})
			}
		}
	}
	inv.strangers = inv.live.Minus(mailhaul.UIDSetOf(placed...))
	return inv, nil
}

// uidOf reads a row's place; 0 when it is not known.
func uidOf(place string) mailhaul.UID {
	n, err := strconv.ParseUint(place, 10, 32)
	if err != nil {
		return 0
	}
	return mailhaul.UID(n)
}

func placeOf(uid mailhaul.UID) string { return strconv.FormatUint(uint64(uid), 10) }

func candidate(m checkpoint.Message) plan.Candidate {
	return plan.Candidate{UIDValidity: m.UIDValidity, UID: m.UID, Fingerprint: m.Fingerprint, Size: m.Size, Digest: m.Digest, Gone: m.GoneRun != 0}
}

// see reads the headers of strangers from a UID on.
func (b *haul) see(ctx context.Context, f *mailhaul.Folder, inv *inventory, first mailhaul.UID) error {
	uids := inv.strangers
	if first > 1 {
		var below mailhaul.UIDSet
		below.AddRange(mailhaul.UIDRange{First: 1, Last: first - 1})
		uids = uids.Minus(below)
	}
	for uid := range inv.sights {
		uids.Remove(uid)
	}
	sights, err := b.sightings(ctx, b.holder, mailhaul.Work{Folder: f.At, UIDs: uids})
	for _, s := range sights {
		inv.sights[s.UID] = s
	}
	return err
}

// findPlaces finds rows' messages among the strangers.
func (b *haul) findPlaces(ctx context.Context, f *mailhaul.Folder, inv *inventory) error {
	matches, left, err := b.recogniseIn(ctx, f, inv, inv.unplaced, true)
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
		byValidity[v][m.Candidate.UID] = placeOf(m.UID)
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
func (b *haul) settleIntents(ctx context.Context, l *look, inv *inventory, intents []checkpoint.Intent) error {
	byKey := map[[2]uint32]checkpoint.Intent{}
	var candidates []plan.Candidate
	for _, i := range intents {
		byKey[[2]uint32{i.UIDValidity, uint32(i.UID)}] = i
		if i.TargetUIDValidity == l.folder.At.UIDValidity { // else the folder that it was sent to is no more
			candidates = append(candidates, plan.Candidate{UIDValidity: i.UIDValidity, UID: i.UID, Fingerprint: i.Fingerprint, Size: i.Size, Digest: i.Digest})
		}
	}
	matches, _, err := b.recogniseIn(ctx, l.folder, inv, candidates, true)
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
			Stored: i.Size, Fingerprint: i.Fingerprint, Digest: c.Digest, Place: placeOf(m.UID)}
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
	lost = lost.Both(l.live)
	if lost.Empty() {
		return nil
	}
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
