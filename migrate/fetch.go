package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// fetch hauls what is new. Whatever ends it, what was handed over is made
// durable and recorded before it returns.
func (b *haul) fetch(ctx context.Context) error {
	var work []mailhaul.Work
	messages := map[string]int64{}
	for _, l := range b.listed {
		if !l.fetch.Empty() {
			work = append(work, mailhaul.Work{Folder: l.folder, UIDs: l.fetch})
			messages[l.folder.Name] += int64(l.fetch.Len())
		}
	}
	octets := b.octets(work)
	b.events.plan(messages, octets)
	b.tellRoom(octets)
	if len(work) == 0 {
		return nil
	}
	record := context.WithoutCancel(ctx)
	b.dst.Receipts(func(receipts []mailhaul.Receipt) error { return b.record(record, nil, receipts) })
	if b.holder != nil {
		b.holder.Announce(func(intents []mailhaul.Intent, receipts []mailhaul.Receipt) error {
			return b.record(record, intents, receipts)
		})
	}
	twins, rest, err := b.findTwins(ctx, work)
	if err != nil {
		return err
	}
	if err := b.fetchAll(ctx, rest); err != nil {
		return err
	}
	left, err := b.copyTwins(ctx, twins, work)
	if err != nil || b.summary.Spent {
		return err
	}
	return b.fetchAll(ctx, left)
}

// fetchAll fetches messages, those under way once more that were lost.
func (b *haul) fetchAll(ctx context.Context, work []mailhaul.Work) error {
	for len(work) > 0 {
		before := b.progressed()
		err := b.src.Fetch(ctx, work, func(m *mailhaul.Message) error { return b.store(ctx, m) })
		if b.summary.Spent = errors.Is(err, errSpent); b.summary.Spent {
			err = nil
		}
		if err = b.flush(ctx, err); err != nil {
			return err
		}
		if work, err = b.unsettled(ctx); err != nil {
			return err
		}
		if b.summary.Spent {
			b.leaveRest()
			return nil
		}
		if len(work) > 0 && b.progressed() == before {
			return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "store messages",
				Hint: "what has arrived is safe: run the same command again and it goes on", Err: fmt.Errorf("%w: the connection breaks each time before a message is confirmed", mailhaul.ErrConnect)}
		}
	}
	return nil
}

// flush makes durable what was handed over before err, nil or not, and returns the
// error to go on with.
func (b *haul) flush(ctx context.Context, err error) error {
	flushErr := b.dst.Flush(context.WithoutCancel(ctx))
	if err == nil || mailhaul.ScopeOf(flushErr) == mailhaul.ScopeRun && flushErr != nil {
		return flushErr
	}
	return err
}

// errSpent ends a fetch because the budget is used up.
var errSpent = errors.New("the budget is used up")

// leaveRest leaves what was to be fetched to another run, which must look again.
func (b *haul) leaveRest() {
	for _, l := range b.listed {
		l.partial = l.partial || !l.fetch.Empty()
	}
}

// progressed counts the messages whose fate is known.
func (b *haul) progressed() int64 {
	b.failMu.Lock()
	defer b.failMu.Unlock()
	return b.summary.New + int64(len(b.summary.Failures))
}

// unsettled returns, for a target that is an account, the messages that were
// under way when a connection was lost and have not arrived: they are to be
// fetched again. Those that have arrived are recorded.
func (b *haul) unsettled(ctx context.Context) ([]mailhaul.Work, error) {
	if b.holder == nil {
		return nil, nil
	}
	intents, err := b.led.Intents(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range intents {
		b.account.intents[i.FolderID] = append(b.account.intents[i.FolderID], i)
	}
	var unsettled []*look
	for _, l := range b.listed {
		waiting := b.account.intents[l.folder.ID]
		if len(waiting) == 0 || l.folder.ID == 0 {
			continue
		}
		again := *l
		again.fetch = mailhaul.UIDSet{}
		for _, i := range waiting {
			again.fetch.AddRange(mailhaul.UIDRange{First: i.UID, Last: i.UID})
		}
		unsettled = append(unsettled, &again)
	}
	if err := b.await(ctx); err != nil {
		return nil, err
	}
	if err := b.settleFolders(ctx, unsettled); err != nil {
		return nil, err
	}
	var work []mailhaul.Work
	for _, l := range unsettled {
		if !l.fetch.Empty() && !b.isClosed(l.folder) {
			work = append(work, mailhaul.Work{Folder: l.folder, UIDs: l.fetch})
		}
	}
	return work, nil
}

// tellRoom warns when a target account has not the room for what is to come. The
// run goes on: what fits is copied, the rest when there is room.
func (b *haul) tellRoom(octets int64) {
	if b.holder == nil {
		return
	}
	if l := b.holder.Limits(); l.Total >= 0 && octets > l.Total-l.Used {
		b.events.notice("the account has room for %d octets (quota), and %d are to be copied", max(0, l.Total-l.Used), octets)
	}
}

// octets returns how much the work is, -1 when the source did not say.
func (b *haul) octets(work []mailhaul.Work) int64 {
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
func (b *haul) store(ctx context.Context, m *mailhaul.Message) error {
	if m.Err != nil {
		if errors.Is(m.Err, mailhaul.ErrGone) {
			return nil // deleted while we ran: the next run will not miss it
		}
		b.fail(m.Folder, m.UID, m.Err)
		return nil
	}
	if b.isClosed(m.Folder) {
		return nil
	}
	if size := max(m.Size, 0); !b.o.Budget.allows(b.taken.Add(size)-size, size) {
		return errSpent
	}
	return b.put(ctx, m)
}

// put hands one message to the target.
func (b *haul) put(ctx context.Context, m *mailhaul.Message) error {
	b.events.folder(m.Folder.Name)
	err := b.dst.Store(ctx, m)
	if err == nil || ctx.Err() != nil {
		return err
	}
	switch mailhaul.ScopeOf(err) {
	case mailhaul.ScopeMessage:
		b.fail(m.Folder, m.UID, err)
		return nil
	case mailhaul.ScopeFolder: // the target's: the folder takes nothing more
		if b.closeFolder(m.Folder) {
			b.fail(m.Folder, 0, err)
		}
		return nil
	}
	return err
}

// closeFolder notes that nothing more can be stored in a folder; true for the
// first who finds out.
func (b *haul) closeFolder(f *mailhaul.Folder) bool {
	b.failMu.Lock()
	defer b.failMu.Unlock()
	first := !b.closed[f]
	b.closed[f] = true
	return first
}

func (b *haul) isClosed(f *mailhaul.Folder) bool {
	b.failMu.Lock()
	defer b.failMu.Unlock()
	return b.closed[f]
}

// record writes down what the target says is durable, what it refused, and what
// it is about to be sent.
func (b *haul) record(ctx context.Context, intents []mailhaul.Intent, receipts []mailhaul.Receipt) error {
	durable := receipts
	if slices.ContainsFunc(receipts, func(r mailhaul.Receipt) bool { return r.Err != nil }) {
		durable = nil
		for _, r := range receipts {
			if r.Err == nil {
				durable = append(durable, r)
				continue
			}
			b.fail(r.Folder, r.UID, r.Err)
			if err := b.led.DropIntents(ctx, r.Folder.ID, r.Folder.UIDValidity, mailhaul.UIDSetOf(r.UID)); err != nil {
				return err
			}
		}
	}
	if err := b.led.Journal(ctx, b.runID, intents, durable); err != nil {
		return err
	}
	for _, r := range durable {
		b.copied(r.Folder, r)
	}
	return nil
}

// copied counts a message that is safe.
func (b *haul) copied(f *mailhaul.Folder, r mailhaul.Receipt) {
	report := b.report(f)
	fetched := !b.twins.wasCopied(f, r.UID)
	b.failMu.Lock()
	b.summary.New++
	if fetched {
		b.summary.Octets += r.Size
	}
	report.Copied++
	report.Octets += r.Size
	b.failMu.Unlock()
	if b.holder != nil {
		b.remember(f, r)
	}
	b.events.progress(f.Name, r.Size)
}
