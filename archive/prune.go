package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// PruneOptions say what Prune takes out of an archive.
type PruneOptions struct {
	// Before: messages are pruned that are surely gone from the server since before
	// that moment.
	Before time.Time
	// Folders chooses folders, nil all.
	Folders func(*mailhaul.Folder) bool
	// DryRun only tells what would be pruned. It may be asked of an archive that is
	// open for reading.
	DryRun bool
	// Confirm is told what is to be pruned and says whether it is; nil says yes.
	Confirm func(context.Context, []PrunedFolder) (bool, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Progress is told how many messages were pruned so far; nil is for nobody.
	Progress func(messages int64)
}

// PrunedFolder is what is pruned of a folder.
type PrunedFolder struct {
	Folder   string
	Messages int64
	Octets   int64 // on the wire
	// Freed are the octets of disk that get free.
	Freed int64
	// Oldest and Newest are dates of arrival, zero when none is known.
	Oldest, Newest time.Time
	// Err says why the folder is left as it is, nil when it is not.
	Err error

	folder *checkpoint.Folder
}

// PruneReport says what Prune did, or with DryRun would do.
type PruneReport struct {
	Folders []PrunedFolder // by name; those without anything to prune are left out
	// The sums leave out folders that are left as they are.
	Messages, Octets, Freed int64
	// Left is how many folders are left as they are.
	Left int64
	// Refused: Confirm said no, and nothing was done.
	Refused bool
}

// Prune takes messages out of the archive that are gone from the server, or lie in
// folders that are, for long enough. What is on the server as far as the archive
// knows stays, whatever the options. The ledger remembers of a pruned message that
// it was there.
//
// Of a Maildir, some thousand messages at a time:
//
//  1. the ledger gives up their rows and notes the files that are to be removed
//  2. the files are removed, and their directories synced
//  3. the ledger is told that they are
//
// Of an mbox:
//
//  1. what stays is written into a new file beside it, which is made durable
//  2. the ledger gives up the rows of what goes, and says for all others where they
//     lie in the new file, and that it is this file which counts, in one transaction
//  3. the new file takes the old one's name, durably
//  4. the ledger is told that it has
//
// Whoever opens the archive next, after a kill or a loss of power at any moment,
// does what is left of steps 2 and 3, or 3 and 4, and removes a new file of which
// the ledger does not know. Readers find the file that the ledger speaks of also in
// between.
//
// A folder that cannot be pruned is left as it is; PrunedFolder.Err says why. The
// archive must be open for writing and not have taken messages before.
func (a *Archive) Prune(ctx context.Context, o PruneOptions) (report PruneReport, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &pruning{Archive: a, o: o}
	if err := p.plan(ctx); err != nil {
		return p.report, err
	}
	p.sum()
	if p.report.Messages == 0 || o.DryRun {
		return p.report, nil
	}
	if o.Confirm != nil {
		yes, err := o.Confirm(ctx, p.report.Folders)
		if err != nil || !yes {
			p.report.Refused = true
			return p.report, err
		}
	}
	if p.run, err = a.ledger.BeginRun(ctx, "prune", o.Now()); err != nil {
		return p.report, err
	}
	err = p.folders(ctx)
	p.sum()
	outcome := checkpoint.Outcome(err, p.report.Left > 0)
	counts := checkpoint.Counts{Pruned: p.done}
	return p.report, errors.Join(err, a.ledger.EndRun(context.WithoutCancel(ctx), p.run, outcome, counts, o.Now()))
}

// pruning is one Prune.
type pruning struct {
	*Archive
	o      PruneOptions
	goneBy checkpoint.RunID
	run    checkpoint.RunID
	done   int64 // messages pruned
	report PruneReport
}

// plan finds out what is to be pruned, and looks whether it can be.
func (p *pruning) plan(ctx context.Context) error {
	var err error
	if p.goneBy, err = p.ledger.GoneBefore(ctx, p.o.Before, p.o.Now()); err != nil || p.goneBy == 0 {
		return err
	}
	folders, err := p.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	byID := make(map[int64]*checkpoint.Folder, len(folders))
	for i := range folders {
		byID[folders[i].ID] = &folders[i]
	}
	sums, err := p.ledger.Prunable(ctx, p.goneBy)
	if err != nil {
		return err
	}
	for _, s := range sums {
		f := byID[s.FolderID]
		if f == nil || p.o.Folders != nil && !p.o.Folders(&f.Folder) {
			continue
		}
		x := PrunedFolder{Folder: f.Name, Messages: s.Messages, Octets: s.Octets, Freed: s.Stored,
			Oldest: s.Oldest, Newest: s.Newest, folder: f}
		if x.Freed, x.Err = p.look(ctx, f, s.Stored); x.Err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		p.report.Folders = append(p.report.Folders, x)
	}
	slices.SortStableFunc(p.report.Folders, func(x, y PrunedFolder) int { return strings.Compare(x.Folder, y.Folder) })
	return nil
}

// look returns how many octets a folder will give free, or why it cannot be pruned.
func (p *pruning) look(ctx context.Context, f *checkpoint.Folder, stored int64) (freed int64, err error) {
	if err := p.checkPlace(f.Place); err != nil {
		return 0, err
	}
	if p.format == Maildir {
		return stored, p.lookMaildir(f)
	}
	box, err := p.readBoxFile(ctx, f.Place)
	if err != nil {
		return 0, err
	}
	defer box.Close()
	_, room, err := p.staying(ctx, f, box)
	return f.StoredEnd - room, err
}

// sum adds up the folders.
func (p *pruning) sum() {
	r := &p.report
	r.Messages, r.Octets, r.Freed, r.Left = 0, 0, 0, 0
	for _, f := range r.Folders {
		if f.Err != nil {
			r.Left++
			continue
		}
		r.Messages, r.Octets, r.Freed = r.Messages+f.Messages, r.Octets+f.Octets, r.Freed+f.Freed
	}
}

// folders prunes all folders. After an error those that were not come to are told
// of as left.
func (p *pruning) folders(ctx context.Context) error {
	prune := p.maildir
	if p.format == Mbox {
		prune = p.box
	}
	var failed error
	for i := range p.report.Folders {
		x := &p.report.Folders[i]
		if failed == nil {
			failed = ctx.Err()
		}
		if failed != nil {
			x.Err = errors.Join(x.Err, errNotReached)
		}
		if x.Err != nil {
			continue
		}
		err := prune(ctx, x)
		switch {
		case err == nil:
		case mailhaul.ScopeOf(err) == mailhaul.ScopeFolder:
			x.Err = errors.Unwrap(err)
		default:
			x.Err, failed = err, fmt.Errorf("prune folder %q: %w", x.Folder, err)
		}
	}
	return failed
}

// errNotReached is told of folders behind the one at which a prune ended.
var errNotReached = errors.New("the run ended before")

// progress counts messages that were pruned.
func (p *pruning) progress(n int64) {
	p.done += n
	if p.o.Progress != nil {
		p.o.Progress(p.done)
	}
}

// finishPrune does what a prune that was cut off left to be done in a folder.
func (a *Archive) finishPrune(ctx context.Context, f *checkpoint.Folder) error {
	if a.format == Mbox {
		return a.finishBox(ctx, f)
	}
	return a.removePruned(ctx, f)
}
