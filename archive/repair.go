package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// RepairOptions say where Repair finds what is damaged.
type RepairOptions struct {
	// Source is the account whose mail the archive holds, Archive any other
	// archive; nil for none.
	Source  mailhaul.Source
	Archive *Archive
	// DryRun only looks where messages could be fetched from: Healed then tells
	// what could be. It may be asked of an archive that is open for reading.
	DryRun bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Progress is told how much was verified so far, Report of everything that
	// was found, once it is known what became of it; neither is called by two
	// goroutines at once. nil is for nobody.
	Progress func(messages, octets int64)
	Report   func(Repaired)
}

// Repaired is what became of a damage.
type Repaired struct {
	Damage
	// Healed: the message is whole again. From says where it was found.
	Healed bool
	From   string
	// Aside is where in the archive's directory that is kept which was replaced,
	// or was in the way; "" for nothing.
	Aside string
	// Why says why a message could not be healed, or a damage not be mended.
	Why string
}

// RepairReport counts what Repair found and did.
type RepairReport struct {
	Messages      int64 // verified
	Damaged       int64 // messages that were
	Healed, Lost  int64 // of these
	HealedOctets  int64
	Mended, Other int64 // of what else was found: put in order, and left alone
}

// Repair verifies the archive and fetches again what is damaged or missing: from
// messages of this or another archive with the same digest, and from the server,
// where UIDVALIDITY and UID are the same; what is fetched must have the digest
// that is known. A message that is nowhere else stays as it is, and is marked in
// the ledger. All that is replaced goes into the quarantine; in an mbox a message
// is appended anew and its old place retired.
//
// For each message, in this order:
//
//  1. its damaged file gets a name in the quarantine
//  2. it is stored anew, as Store does it
//  3. the ledger is told where it is now
//
// so that a kill at any moment leaves what can be repaired by another Repair. The
// archive must be open for writing and not have taken messages before. The error
// wraps [mailhaul.ErrDamaged] when it is the ledger that is damaged: then nothing
// was done.
func (a *Archive) Repair(ctx context.Context, o RepairOptions) (report RepairReport, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &repair{Archive: a, o: o, byKey: make(map[checkpoint.Key]*hurt)}
	if err := r.verify(ctx); err != nil {
		return r.report, err
	}
	switch {
	case o.DryRun:
		return r.report, errors.Join(r.fetch(ctx), r.mark(ctx), r.rest(ctx))
	case len(r.hurts)+len(r.others) == 0:
		return r.report, r.unmark(ctx)
	}
	if r.run, err = a.ledger.BeginRun(ctx, "repair", o.Now()); err != nil {
		return r.report, err
	}
	err = r.heal(ctx)
	// What follows is recorded even when the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	outcome := checkpoint.Outcome(err, r.report.Lost > 0)
	counts := checkpoint.Counts{Failed: r.report.Lost, Octets: r.report.HealedOctets}
	return r.report, errors.Join(err, a.ledger.EndRun(ctx, r.run, outcome, counts, o.Now()))
}

// repair is one Repair.
type repair struct {
	*Archive
	o      RepairOptions
	run    checkpoint.RunID
	report RepairReport

	folders map[int64]*checkpoint.Folder
	hurts   []*hurt
	byKey   map[checkpoint.Key]*hurt
	others  []Damage
	// asked tells that every source that may have a message has been asked.
	asked bool
}

// hurt is a message that is damaged.
type hurt struct {
	Damage
	folder *mailhaul.Folder // under the message's UIDVALIDITY
	stored bool             // handed over to be stored
	healed bool
	// unsure tells that a source that may have it could not give it now.
	unsure bool
	from   string
	aside  string
	why    string
}

// verify finds out what is damaged.
func (r *repair) verify(ctx context.Context) error {
	folders, err := r.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	r.folders = make(map[int64]*checkpoint.Folder, len(folders))
	for i := range folders {
		r.folders[folders[i].ID] = &folders[i]
	}
	var ledger error
	found, err := r.VerifyPart(ctx, VerifyOptions{alone: r.lock != nil, Progress: r.o.Progress, Report: func(d Damage) {
		switch {
		case d.Row != nil:
			r.add(d)
		case d.Path == ledgerName:
			ledger = errors.New(d.Problem)
		default:
			r.others = append(r.others, d)
		}
	}})
	r.report.Messages, r.report.Damaged = found.Messages, int64(len(r.hurts))
	if err == nil && ledger != nil {
		err = &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "repair archive", Hint: rebuildHint,
			Err: fmt.Errorf("%w: %w", mailhaul.ErrDamaged, ledger)}
	}
	return err
}

func (r *repair) add(d Damage) {
	if r.byKey[d.Row.Key()] != nil {
		return
	}
	f := r.folders[d.Row.FolderID].Folder
	f.UIDValidity = d.Row.UIDValidity
	h := &hurt{Damage: d, folder: &f}
	r.hurts, r.byKey[d.Row.Key()] = append(r.hurts, h), h
}

// heal does all that can be done.
func (r *repair) heal(ctx context.Context) error {
	// Marks of what is sound after all are taken off before marks are made.
	if err := r.unmark(ctx); err != nil {
		return err
	}
	if err := r.mendBoxes(ctx); err != nil {
		return err
	}
	if len(r.hurts) > 0 {
		if err := r.prepare(ctx); err != nil {
			return err
		}
		// What was healed is told, and what could be mended is, even if a source
		// could not be asked to the end.
		err := r.fetch(ctx)
		ctx = context.WithoutCancel(ctx)
		return errors.Join(err, r.mark(ctx), r.rest(ctx))
	}
	return r.rest(ctx)
}

// prepare makes the folders of damaged messages ready to take them. One that
// cannot take any is told of when its messages are stored.
func (r *repair) prepare(ctx context.Context) error {
	var folders []*mailhaul.Folder
	for _, h := range r.hurts {
		if !slices.ContainsFunc(folders, func(f *mailhaul.Folder) bool { return f.ID == h.folder.ID }) {
			folders = append(folders, h.folder)
		}
	}
	err := r.Prepare(ctx, folders)
	if mailhaul.ScopeOf(err) == mailhaul.ScopeFolder {
		err = nil
	}
	record := context.WithoutCancel(ctx)
	r.Receipts(func(rs []mailhaul.Receipt) error { return r.record(record, rs) })
	return err
}

// fetch asks all sources. Whatever ends it, what was handed over is made durable
// before it returns.
func (r *repair) fetch(ctx context.Context) error {
	err := r.fromArchive(ctx, r.Archive, "this archive")
	if err == nil && r.o.Archive != nil {
		err = r.fromArchive(ctx, r.o.Archive, "the other archive")
	}
	if err == nil && r.o.Source != nil {
		err = r.fromServer(ctx)
	}
	if r.o.DryRun {
		return err
	}
	flushErr := r.Flush(context.WithoutCancel(ctx))
	r.asked = err == nil && flushErr == nil
	return errors.Join(err, flushErr)
}

// record tells the ledger where messages are now, and removes the names of what
// they replace: that has one in the quarantine.
func (r *repair) record(ctx context.Context, rs []mailhaul.Receipt) error {
	if err := r.ledger.Replace(ctx, r.run, rs); err != nil {
		return err
	}
	for _, receipt := range rs {
		h := r.byKey[checkpoint.Key{FolderID: receipt.Folder.ID, UIDValidity: receipt.Folder.UIDValidity, UID: receipt.UID}]
		h.healed = true
		if h.aside != "" && h.Path != finalPath(receipt) {
			if err := r.root.Remove(h.Path); err != nil {
				return fmt.Errorf("remove replaced message: %w", err)
			}
		}
	}
	return nil
}

// mark marks the messages that are nowhere to be had, and tells of all.
func (r *repair) mark(ctx context.Context) error {
	var lost []checkpoint.Key
	for _, h := range r.hurts {
		if h.healed || r.o.DryRun && h.stored {
			r.report.Healed++
			r.report.HealedOctets += h.Row.Size
			r.tell(Repaired{Damage: h.Damage, Healed: true, From: h.from, Aside: h.aside})
			continue
		}
		// One that the server should have and was not asked for is not lost.
		if r.asked && !h.unsure && (r.o.Source != nil || h.Row.GoneRun != 0) {
			lost = append(lost, h.Row.Key())
		}
		switch {
		case h.why != "":
		case r.o.Source == nil && h.Row.GoneRun == 0:
			h.why = "the server still had it at the last backup, and was not asked"
		default:
			h.why = "it is nowhere else"
		}
		r.report.Lost++
		r.tell(Repaired{Damage: h.Damage, Aside: h.aside, Why: h.why})
	}
	if len(lost) == 0 {
		return nil
	}
	return r.ledger.MarkDamaged(ctx, r.run, lost)
}

// unmark takes the marks off messages that are sound.
func (r *repair) unmark(ctx context.Context) error {
	for id := range r.folders {
		marked, err := r.ledger.MarkedDamaged(ctx, id)
		if err != nil {
			return err
		}
		var sound []checkpoint.Key
		for k := range marked {
			if r.byKey[k] == nil {
				sound = append(sound, k)
			}
		}
		if len(sound) == 0 {
			continue
		}
		if err := r.ledger.UnmarkDamaged(ctx, sound); err != nil {
			return err
		}
	}
	return nil
}

func (r *repair) tell(x Repaired) {
	if r.o.Report != nil {
		r.o.Report(x)
	}
}
