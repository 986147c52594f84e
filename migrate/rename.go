package migrate

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// sampleSize is how many messages are compared before a rename is believed.
const sampleSize = 20

// renames finds folders that got another name, so that they are not downloaded
// again: the ledger keeps their messages under the new name, the archive keeps
// them in their place.
func (b *haul) renames(ctx context.Context) error {
	for _, r := range plan.Renames(b.folders, b.vanished) {
		to := &b.folders[r.To]
		same, err := b.sameMessages(ctx, r.From, to.Folder)
		if err != nil {
			return err
		}
		if !same {
			continue
		}
		if err := b.led.RenameFolder(ctx, b.runID, r.From.ID, to.Folder); err != nil {
			return err
		}
		b.events.notice("folder %q is now called %q", r.From.Name, to.Name)
		known := *r.From
		known.Folder.Name, known.Folder.Raw = to.Name, to.Raw
		to.Known, to.Action = &known, plan.Changed
		to.ID, to.Place = known.ID, known.Place
		b.vanished = slices.DeleteFunc(b.vanished, func(v *plan.Known) bool { return v == r.From })
	}
	return nil
}

// sameMessages compares a sample of the messages that the ledger knows of one
// folder with those of the same UIDs in another.
func (b *haul) sameMessages(ctx context.Context, from *plan.Known, to *mailhaul.Folder) (bool, error) {
	want, err := b.sample(ctx, from)
	if err != nil {
		return false, err
	}
	if len(want) == 0 {
		return to.Messages == 0, nil
	}
	var uids mailhaul.UIDSet
	for uid := range want {
		uids.Add(uid)
	}
	var mu sync.Mutex
	differ, found := 0, 0
	err = b.src.Headers(ctx, []mailhaul.Work{{Folder: to, UIDs: uids}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // deleted meanwhile, or not to be had: it tells nothing
		}
		header, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found++
		if mailhaul.MakeFingerprint(header) != want[m.UID] {
			differ++
		}
		return nil
	})
	return err == nil && differ == 0 && found > 0, err
}

// sample takes messages evenly from the live ones of a folder.
func (b *haul) sample(ctx context.Context, from *plan.Known) (map[mailhaul.UID]mailhaul.Fingerprint, error) {
	out := map[mailhaul.UID]mailhaul.Fingerprint{}
	step := max(1, from.Live/sampleSize)
	n := int64(0)
	for m, err := range b.led.Messages(ctx, from.ID) {
		if err != nil {
			return nil, err
		}
		if m.GoneRun != 0 || m.UIDValidity != from.UIDValidity {
			continue
		}
		if n%step == 0 {
			out[m.UID] = m.Fingerprint
		}
		n++
	}
	return out, nil
}
