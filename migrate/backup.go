package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// Backup hauls what is new at the source to the target and brings the ledger up
// to date. A message or folder that fails is in the Summary and is tried again
// by the next run. A cancelled ctx ends the run in good order: what was handed
// over is made durable and recorded, and ctx's error is returned with the
// Summary. In a dry run the ledger may be nil for an empty one, and the target
// is not used.
func Backup(ctx context.Context, src mailhaul.Source, dst mailhaul.Target, led *checkpoint.Ledger, o Options) (Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &backup{src: src, dst: dst, led: led, o: o, events: events{tell: o.Events}, failed: map[*mailhaul.Folder][]checkpoint.Failure{}, broken: map[*mailhaul.Folder]bool{}}
	start := o.Now()
	var err error
	if o.DryRun {
		err = b.dryRun(ctx)
	} else {
		err = b.run(ctx)
	}
	b.summary.Elapsed = o.Now().Sub(start)
	b.summary.Interrupted = err != nil && ctx.Err() != nil
	return b.summary, err
}

// backup is one run.
type backup struct {
	src   mailhaul.Source
	dst   mailhaul.Target
	led   *checkpoint.Ledger
	o     Options
	runID checkpoint.RunID

	events   events
	summary  Summary
	folders  []plan.Folder
	vanished []*plan.Known
	listed   []*look
	failMu   sync.Mutex // deliver functions fail from several goroutines at once
	failed   map[*mailhaul.Folder][]checkpoint.Failure
	broken   map[*mailhaul.Folder]bool // not seen whole in this run
}

func (b *backup) run(ctx context.Context) (err error) {
	b.runID, err = b.led.BeginRun(ctx, b.o.Command, b.o.Now())
	if err != nil {
		return err
	}
	err = b.steps(ctx)
	// What follows is recorded even when the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	outcome := "done"
	switch {
	case errors.Is(err, context.Canceled):
		outcome = "interrupted"
	case err != nil:
		outcome = "failed"
	case len(b.summary.Failures) > 0:
		outcome = "partial"
	}
	if endErr := b.end(ctx, outcome); err == nil {
		err = endErr
	}
	return err
}

func (b *backup) end(ctx context.Context, outcome string) error {
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
func (b *backup) steps(ctx context.Context) error {
	if err := b.plan(ctx); err != nil {
		return err
	}
	if err := b.renames(ctx); err != nil {
		return err
	}
	if err := b.look(ctx); err != nil {
		return err
	}
	if err := b.goneFolders(ctx); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if err := b.rematch(ctx); err != nil {
		return err
	}
	if err := b.fetch(ctx); err != nil {
		return err
	}
	return b.done(ctx)
}

// Choose lists the source's folders and returns those that the filter chooses.
// A pattern that chooses none is an error that wraps mailhaul.ErrUsage.
func Choose(ctx context.Context, src mailhaul.Source, f filter.Filter) ([]*mailhaul.Folder, error) {
	all, err := src.Folders(ctx)
	if err != nil {
		return nil, err
	}
	if unmatched := f.Unmatched(all); len(unmatched) > 0 {
		return nil, &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "choose folders",
			Hint: "patterns match the whole name, \"*\" stands for any text; a dry run lists the folders",
			Err:  fmt.Errorf("%w: no folder matches %q", mailhaul.ErrUsage, strings.Join(unmatched, `", "`))}
	}
	return slices.DeleteFunc(all, func(folder *mailhaul.Folder) bool { return !f.Match(folder) }), nil
}

// plan decides which folders need a look.
func (b *backup) plan(ctx context.Context) (err error) {
	chosen := b.o.Folders
	if chosen == nil {
		if chosen, err = Choose(ctx, b.src, b.o.Filter); err != nil {
			return err
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
				known = append(known, plan.Known{Folder: row.Folder, Gone: row.GoneRun != 0, Live: row.Live, Failures: row.Failures})
			}
		}
	}
	b.folders, b.vanished = plan.Folders(chosen, known)
	return nil
}

// goneFolders marks what vanished from the server. The archive keeps it.
func (b *backup) goneFolders(ctx context.Context) error {
	for _, v := range b.vanished {
		n, err := b.led.FolderGone(ctx, b.runID, v.ID)
		if err != nil {
			return err
		}
		b.summary.Gone += n
		b.events.notice("folder %q is gone from the server; its %d messages stay in the archive", v.Name, n)
	}
	return nil
}

// prepare gives each folder its place and its row before the first message
// comes.
func (b *backup) prepare(ctx context.Context) error {
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
	return b.led.PutFolders(ctx, b.runID, all)
}

// prepareEach prepares folders; one that cannot take mail fails alone.
func (b *backup) prepareEach(ctx context.Context, work []*mailhaul.Folder) error {
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
func (b *backup) done(ctx context.Context) error {
	var whole []*mailhaul.Folder
	for _, l := range b.listed {
		if !b.broken[l.folder] {
			whole = append(whole, l.folder)
		}
	}
	return b.led.FolderDone(ctx, b.runID, whole...)
}

// fail notes a message, or with uid 0 a folder, that failed.
func (b *backup) fail(f *mailhaul.Folder, uid mailhaul.UID, err error) {
	b.failMu.Lock()
	defer b.failMu.Unlock()
	reason := err.Error()
	if e, ok := errors.AsType[*mailhaul.Error](err); ok && e.Err != nil {
		reason = e.Err.Error()
		if uid == 0 {
			reason = e.Op + ": " + reason
		}
	}
	b.summary.Failures = append(b.summary.Failures, Failure{f.Name, uid, reason})
	if uid == 0 {
		b.broken[f] = true
	} else {
		b.failed[f] = append(b.failed[f], checkpoint.Failure{UID: uid, Reason: reason})
	}
	b.events.failure(f.Name, uid, reason)
}
