package migrate

import (
	"context"
	"io"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// labelsAtOnce is how many messages' labels are written in one transaction.
const labelsAtOnce = 10_000

// labels keeps in an archive's ledger the labels of messages that are new, and of
// those of which something changed. It comes before the counters are remembered: what
// a run that is cut off did not ask for, the next one does.
func (b *haul) labels(ctx context.Context) error {
	source := b.labeller()
	if source == nil {
		return nil
	}
	var work []mailhaul.Work
	for _, l := range b.listed {
		if uids := l.relabel(); !uids.Empty() && l.folder.ID != 0 {
			work = append(work, mailhaul.Work{Folder: l.folder, UIDs: uids})
		}
	}
	if len(work) == 0 {
		return nil
	}
	var mu sync.Mutex
	told := map[*mailhaul.Folder][]mailhaul.UIDLabels{}
	err := source.Labels(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // the message may have gone; it is no loss
		}
		text, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		list := append(told[m.Folder], mailhaul.UIDLabels{UID: m.UID, Labels: mailhaul.Labels(text)})
		if len(list) >= labelsAtOnce {
			err, list = b.led.SetLabels(ctx, m.Folder, list), nil
		}
		told[m.Folder] = list
		return err
	})
	if err != nil {
		return err
	}
	for f, list := range told {
		if err := b.led.SetLabels(ctx, f, list); err != nil {
			return err
		}
	}
	return nil
}

// labeller returns the source if its labels are to be kept, else nil.
func (b *haul) labeller() mailhaul.Labeller {
	if source, ok := b.src.(mailhaul.Labeller); ok && b.holder == nil && source.HasLabels() {
		return source
	}
	return nil
}

// relabel returns the messages whose labels may be others than the ledger knows.
func (l *look) relabel() mailhaul.UIDSet {
	if l.moved || l.known == nil {
		return l.live
	}
	var uids mailhaul.UIDSet
	for _, some := range []mailhaul.UIDSet{l.fetch, l.changed} {
		for _, r := range some.Ranges() {
			uids.AddRange(r)
		}
	}
	return uids
}
