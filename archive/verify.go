package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// Damage is something in an archive that is not as it was written.
type Damage struct {
	Folder  string       // the folder's name, "" for what belongs to none
	UID     mailhaul.UID // 0 for what is not one known message
	Path    string       // below the archive's directory, with slashes
	Problem string       // for people; may hold names as they are on disk
}

// VerifyReport counts what was looked at.
type VerifyReport struct {
	Messages, Octets int64 // messages read, and their size on the wire
	Damaged          int64 // how many Damages were reported
}

// Verify reads every message back and compares it with its digest; looks for
// files that nobody knows, and for octets of mbox files that belong to no
// message; and checks the ledger. It may run beside a run that writes: what that
// run has not recorded yet is not called damage.
//
// progress is told how much was read so far, report of each damage; neither is
// called by two goroutines at once. The error is nil when all was looked at,
// whatever was found.
func (a *Archive) Verify(ctx context.Context, progress func(messages, octets int64), report func(Damage)) (VerifyReport, error) {
	v := &verifier{Archive: a, progress: progress, tell: report}
	folders, err := a.ledger.Folders(ctx)
	if err != nil {
		return v.report, err
	}
	if err := v.folders(ctx, folders); err != nil {
		return v.report, fmt.Errorf("verify archive: %w", err)
	}
	if err := v.strangers(ctx, folders); err != nil {
		return v.report, fmt.Errorf("verify archive: %w", err)
	}
	if err := a.ledger.IntegrityCheck(ctx); err != nil {
		if !errors.Is(err, mailhaul.ErrDamaged) {
			return v.report, err
		}
		v.damage(Damage{Path: ledgerName, Problem: err.Error()})
	}
	return v.report, nil
}

// verifier is one Verify.
type verifier struct {
	*Archive
	jobs chan job
	open sync.WaitGroup // jobs of the folder that are not done

	mu       sync.Mutex // guards what follows
	progress func(messages, octets int64)
	tell     func(Damage)
	report   VerifyReport
}

// job is one message to be read.
type job struct {
	folder *checkpoint.Folder
	m      checkpoint.Message
	// path is where the message should be, for people.
	path string
	open func() (*wireReader, error)
	// missing is told when there is no such file; nil makes that a damage.
	missing func(checkpoint.Message)
}

func (v *verifier) folders(ctx context.Context, folders []checkpoint.Folder) error {
	v.jobs = make(chan job)
	var workers sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		workers.Go(v.work)
	}
	defer workers.Wait()
	defer close(v.jobs)
	for i := range folders {
		f := &folders[i]
		if f.Place == "" {
			continue
		}
		verify := v.maildir
		if v.format == Mbox {
			verify = v.box
		}
		if err := v.checkPlace(f.Place); err != nil {
			v.damage(Damage{Folder: f.Name, Path: ledgerName, Problem: err.Error()})
			continue
		}
		err := verify(ctx, f)
		v.open.Wait()
		if err != nil {
			return err
		}
	}
	return nil
}

// work reads the messages of jobs until there are no more.
func (v *verifier) work() {
	var old *wireReader
	for j := range v.jobs {
		r, err := j.open()
		if err == nil {
			r.reuse(old)
			err = errors.Join(r.drain(), r.Close())
			old = r
		}
		if errors.Is(err, fs.ErrNotExist) && j.missing != nil {
			j.missing(j.m)
		} else {
			v.done(j, err)
		}
		v.open.Done()
	}
}

// give hands a job to a worker.
func (v *verifier) give(j job) {
	v.open.Add(1)
	v.jobs <- j
}

// done counts a message, and reports it when reading it gave an error.
func (v *verifier) done(j job, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.report.Messages++
	if err == nil {
		v.report.Octets += j.m.Size
	} else {
		v.report.Damaged++
		v.tell(Damage{Folder: j.folder.Name, UID: j.m.UID, Path: j.path, Problem: err.Error()})
	}
	v.progress(v.report.Messages, v.report.Octets)
}

func (v *verifier) damage(d Damage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.report.Damaged++
	v.tell(d)
}

// busy tells whether a run is writing now.
func (v *verifier) busy() (bool, error) {
	held, _, err := lockfile.Held(v.root, lockName)
	return held, err
}
