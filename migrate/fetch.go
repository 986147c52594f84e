package migrate

import (
	"context"
	"errors"

	"github.com/mailhaul/mailhaul"
)

// fetch hauls what is new. Whatever ends it, what was handed over is made
// durable and recorded before it returns.
func (b *backup) fetch(ctx context.Context) error {
	var work []mailhaul.Work
	var messages int64
	for _, l := range b.listed {
		if !l.fetch.Empty() {
			work = append(work, mailhaul.Work{Folder: l.folder, UIDs: l.fetch})
			messages += int64(l.fetch.Len())
		}
	}
	b.events.plan(messages, b.octets(work))
	if len(work) == 0 {
		return nil
	}
	record := context.WithoutCancel(ctx)
	b.dst.Receipts(func(receipts []mailhaul.Receipt) error { return b.record(record, receipts) })
	err := b.src.Fetch(ctx, work, func(m *mailhaul.Message) error { return b.store(ctx, m) })
	if flushErr := b.dst.Flush(record); err == nil || mailhaul.ScopeOf(flushErr) == mailhaul.ScopeRun && flushErr != nil {
		err = flushErr
	}
	return err
}

// octets returns how much the work is, -1 when the source did not say.
func (b *backup) octets(work []mailhaul.Work) int64 {
	var sum int64
	for _, w := range work {
		if w.Folder.Size < 0 || uint64(w.Folder.Messages) != w.UIDs.Len() {
			return -1
		}
		sum += w.Folder.Size
	}
	return sum
}

// store hands one message to the target, or notes why there is none.
func (b *backup) store(ctx context.Context, m *mailhaul.Message) error {
	if m.Err != nil {
		if errors.Is(m.Err, mailhaul.ErrGone) {
			return nil // deleted while we ran: the next run will not miss it
		}
		b.fail(m.Folder, m.UID, m.Err)
		return nil
	}
	b.events.folder(m.Folder.Name)
	err := b.dst.Store(ctx, m)
	if err != nil && mailhaul.ScopeOf(err) == mailhaul.ScopeMessage && ctx.Err() == nil {
		b.fail(m.Folder, m.UID, err)
		return nil
	}
	return err
}

// record writes down what the target says is durable.
func (b *backup) record(ctx context.Context, receipts []mailhaul.Receipt) error {
	if err := b.led.Record(ctx, b.runID, receipts); err != nil {
		return err
	}
	var octets int64
	for _, r := range receipts {
		octets += r.Size
	}
	b.summary.New += int64(len(receipts))
	b.summary.Octets += octets
	b.events.progress(int64(len(receipts)), octets)
	return nil
}
