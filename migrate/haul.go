package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// Haul brings what is new at the source to the target and brings the ledger up
// to date. A message or folder that fails is in the Summary and is tried again
// by the next run. A cancelled ctx ends the run in good order: what was handed
// over is made durable and recorded, and ctx's error is returned with the
// Summary. In a dry run the ledger may be nil for an empty one, and the target
// is not used.
func Haul(ctx context.Context, src mailhaul.Source, dst mailhaul.Target, led *checkpoint.Ledger, o Options) (Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &haul{src: src, dst: dst, led: led, o: o, events: events{tell: o.Events, done: map[string]int64{}}, reports: map[*mailhaul.Folder]*FolderReport{},
		failed: map[*mailhaul.Folder][]checkpoint.Failure{}, broken: map[*mailhaul.Folder]bool{}, closed: map[*mailhaul.Folder]bool{}}
	b.holder, _ = dst.(mailhaul.Holder)
	start := o.Now()
	var err error
	if o.DryRun {
		err = b.dryRun(ctx)
	} else {
		err = b.run(ctx)
	}
	b.summary.Same = b.verifiedSame()
	b.summarise()
	b.summary.Elapsed = o.Now().Sub(start)
	b.summary.Interrupted = err != nil && ctx.Err() != nil
	return b.summary, err
}

// haul is one run.
type haul struct {
	src    mailhaul.Source
	dst    mailhaul.Target
	holder mailhaul.Holder // dst, when it is an account; else nil
	led    *checkpoint.Ledger
	o      Options
	runID  checkpoint.RunID

	events   events
	all      []*mailhaul.Folder // of the source, those that were not chosen, too
	summary  Summary
	folders  []plan.Folder
	vanished []*plan.Known
	listed   []*look
	account  account      // what only a target that is an account needs
	taken    atomic.Int64 // octets of the messages that were fetched, for the budget
	twins    *twins       // what comes out of the archive; nil before it does
	reportMu sync.Mutex
	reports  map[*mailhaul.Folder]*FolderReport
	failMu   sync.Mutex // deliver functions fail from several goroutines at once
	failed   map[*mailhaul.Folder][]checkpoint.Failure
	broken   map[*mailhaul.Folder]bool // not seen whole in this run
	closed   map[*mailhaul.Folder]bool // the target takes nothing more for it
}

func (b *haul) run(ctx context.Context) (err error) {
	b.runID, err = b.led.BeginRun(ctx, b.o.Command, b.o.Now())
	if err != nil {
		return err
	}
	b.summary.Run = b.runID
	if err = b.steps(ctx); err == nil {
		err = b.describe(ctx)
	}
	// What follows is recorded even when the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	if endErr := b.end(ctx, checkpoint.Outcome(err, b.summary.Spent || len(b.summary.Failures) > 0)); err == nil {
		err = endErr
	}
	return err
}

func (b *haul) end(ctx context.Context, outcome string) error {
	for f, failures := range b.failed {
		if err := b.led.PutFailures(ctx, b.runID, f, failures); err != nil {
			return err
		}
	}
	b.summary.Counts.Failed = int64(len(b.summary.Failures))
	known, err := b.led.Folders(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.GoneRun == 0 {
			b.summary.Folders++
			b.summary.Messages += k.Live
		}
	}
	return b.led.EndRun(ctx, b.runID, outcome, b.summary.Counts, b.o.Now())
}

// steps are those of a run: list, plan, look, prepare, match, fetch, record.
// Those of an account as target do nothing for another one.
func (b *haul) steps(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		b.plan, b.renames, b.place, b.look, b.goneFolders, b.prepare, b.await, b.settle, b.rematch, b.match,
		b.fetch, b.labels, b.check, b.carry, b.mirror, b.done,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Listed is what a source lists.
type Listed struct {
	Folders []*mailhaul.Folder
	Missing error // why some may not be among Folders; nil when all are
}

// Choose lists the folders of a source. A pattern of the filter that chooses
// none of them is an error that wraps mailhaul.ErrUsage.
func Choose(ctx context.Context, src mailhaul.Source, f filter.Filter) (*Listed, error) {
	all, err := src.Folders(ctx)
	if err != nil && (len(all) == 0 || mailhaul.ScopeOf(err) > mailhaul.ScopeFolder) {
		return nil, err
	}
	if unmatched := f.Unmatched(all); len(unmatched) > 0 && err == nil {
		return nil, &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "choose folders",
			Hint: "patterns match the whole name, \"*\" stands for any text; a dry run lists the folders",
			Err:  fmt.Errorf("%w: no folder matches %q", mailhaul.ErrUsage, strings.Join(unmatched, `", "`))}
	}
	return &Listed{all, err}, nil
}

// plan decides which folders need a look.
func (b *haul) plan(ctx context.Context) (err error) {
	listed := b.o.Listed
	if listed == nil {
		if listed, err = Choose(ctx, b.src, b.o.Filter); err != nil {
			return err
		}
	}
	b.all = listed.Folders
	var chosen []*mailhaul.Folder
	for _, f := range b.all {
		if b.o.Filter.Match(f) {
			chosen = append(chosen, f)
		}
	}
	var known []plan.Known
	if b.led != nil {
		rows, err := b.led.Folders(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if b.o.Filter.Match(&row.Folder) {
				known = append(known, plan.Known{Folder: row.Folder, Gone: row.GoneRun != 0, Live: row.Live, Rows: row.Live + row.Gone, Failures: row.Failures})
			}
		}
	}
	b.folders, b.vanished = plan.Folders(chosen, known)
	if listed.Missing != nil { // what is not listed may be there all the same
		b.vanished = nil
		b.failList(listed.Missing)
	}
	return nil
}

// goneFolders marks what vanished from the server. The archive keeps it.
func (b *haul) goneFolders(ctx context.Context) error {
	for _, v := range b.vanished {
		n, err := b.led.FolderGone(ctx, b.runID, v.ID)
		if err != nil {
			return err
		}
		b.summary.Gone += n
		b.events.notice("folder %q is gone from the source; its %d messages stay where they were put", v.Name, n)
	}
	return nil
}

// prepare gives each folder its place and its row before the first message
// comes.
func (b *haul) prepare(ctx context.Context) error {
	var work, all []*mailhaul.Folder
	for _, f := range b.folders {
		if b.broken[f.Folder] && f.ID == 0 {
			continue // it could not be opened and was never seen: nothing to remember
		}
		if f.Place == "" {
			work = append(work, f.Folder)
		}
		all = append(all, f.Folder)
	}
	for _, l := range b.listed {
		if l.folder.Place != "" && (!l.fetch.Empty() || l.moved) {
			work = append(work, l.folder)
		}
	}
	if err := b.prepareEach(ctx, work); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(f *mailhaul.Folder) bool { return b.broken[f] && f.ID == 0 })
	if err := b.led.PutFolders(ctx, b.runID, all); err != nil || b.holder == nil {
		return err
	}
	b.tellPlaces(all)
	for _, f := range all {
		if f.At != nil && f.At.UIDValidity != 0 {
			if err := b.losePlaces(ctx, f); err != nil {
				return err
			}
			if err := b.led.PutHeld(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// failList notes that folders are missing from the list.
func (b *haul) failList(err error) {
	reason := err.Error()
	if e, ok := errors.AsType[*mailhaul.Error](err); ok && e.Hint != "" {
		reason += "; " + e.Hint
	}
	b.summary.Failures = append(b.summary.Failures, Failure{Reason: reason})
	b.events.failure("", 0, reason)
}

// prepareEach prepares folders; one that cannot take mail fails alone.
func (b *haul) prepareEach(ctx context.Context, work []*mailhaul.Folder) error {
	for {
		err := b.dst.Prepare(ctx, work)
		e, ok := errors.AsType[*mailhaul.Error](err)
		if !ok || e.Scope != mailhaul.ScopeFolder {
			return err
		}
		at := slices.IndexFunc(work, func(f *mailhaul.Folder) bool { return f.Name == e.Folder })
		if at < 0 {
			return err
		}
		if errors.Is(err, mailhaul.ErrName) && b.rename(work[at]) {
			continue
		}
		b.fail(work[at], 0, err)
		for _, l := range b.listed {
			if l.folder == work[at] {
				l.fetch, l.moved = mailhaul.UIDSet{}, false
			}
		}
		work = slices.Delete(work, at, at+1)
	}
}

// done remembers the counters of the folders that were seen whole.
func (b *haul) done(ctx context.Context) error {
	var whole []*mailhaul.Folder
	for _, l := range b.listed {
		if !b.broken[l.folder] && !l.partial && !b.account.heldBack[l.folder] {
			whole = append(whole, l.folder)
		}
	}
	return b.led.FolderDone(ctx, b.runID, whole...)
}

// fail notes a message, or with uid 0 a folder, that failed.
func (b *haul) fail(f *mailhaul.Folder, uid mailhaul.UID, err error) {
	report := b.report(f)
	b.failMu.Lock()
	defer b.failMu.Unlock()
	report.Failed++
	reason := err.Error()
	if e, ok := errors.AsType[*mailhaul.Error](err); ok && e.Err != nil {
		reason = e.Err.Error()
		if uid == 0 {
			reason = e.Op + ": " + reason
		}
	}
	b.summary.Failures = append(b.summary.Failures, Failure{Folder: f.Name, UID: uid, Reason: reason})
	if uid == 0 {
		b.broken[f] = true
	} else {
		b.failed[f] = append(b.failed[f], checkpoint.Failure{UID: uid, Reason: reason})
	}
	b.events.failure(f.Name, uid, reason)
}
