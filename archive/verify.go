package archive

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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
	// Row is what the ledger knows of the message, nil for what is not one. Its
	// GoneRun tells whether the server still had it at the last backup.
	Row *checkpoint.Message
	// Marked is the run that found that nobody has the message any more, 0 for
	// none.
	Marked checkpoint.RunID
}

// VerifyOptions say what is verified, and who is told. The zero value verifies
// all.
type VerifyOptions struct {
	// Of the messages one part in Parts is read, that with the number Part, from
	// 0: a message is always in the same one. Parts up to 1 are all of them.
	Part, Parts uint32
	// Since leaves out messages that were recorded before that run.
	Since checkpoint.RunID
	// Progress is told how much was read so far, Report of each damage; neither
	// is called by two goroutines at once. nil is for nobody.
	Progress func(messages, octets int64)
	Report   func(Damage)
	// alone says that this process has the lock: no run writes beside it.
	alone bool
}

// chooses tells whether a message is to be read.
func (o VerifyOptions) chooses(m *checkpoint.Message) bool {
	return m.FirstRun >= o.Since && (o.Parts <= 1 || binary.BigEndian.Uint32(m.Digest[:4])%o.Parts == o.Part)
}

// all tells whether all messages are read.
func (o VerifyOptions) all() bool { return o.Parts <= 1 && o.Since <= 1 }

// VerifyReport counts what was looked at.
type VerifyReport struct {
	Messages, Octets int64 // messages read, and their size on the wire
	Damaged          int64 // how many Damages were reported
}

// Verify is VerifyPart of all messages.
func (a *Archive) Verify(ctx context.Context, progress func(messages, octets int64), report func(Damage)) (VerifyReport, error) {
	return a.VerifyPart(ctx, VerifyOptions{Progress: progress, Report: report})
}

// VerifyPart reads messages back and compares them with their digests. It also
// looks, whatever is read, for messages without a file, for files that nobody
// knows, and for octets of mbox files that belong to no message, and checks the
// ledger. It may run beside a run that writes: what that run has not recorded yet
// is not called damage.
//
// The error is nil when all was looked at, whatever was found.
func (a *Archive) VerifyPart(ctx context.Context, o VerifyOptions) (VerifyReport, error) {
	v := &verifier{Archive: a, o: o}
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
	o    VerifyOptions
	jobs chan job
	open sync.WaitGroup // jobs of the folder that are not done
	// replaced tells, of the mbox that is verified, whether it is another file by
	// now; nil where that cannot be.
	replaced func() bool

	mu     sync.Mutex // guards what follows
	report VerifyReport
	// marked are the marks of the folder with the ID markedOf, read when its
	// first damaged message is met.
	marked   map[checkpoint.Key]checkpoint.RunID
	markedOf int64
}

// job is one message to be read.
type job struct {
	folder *checkpoint.Folder
	m      checkpoint.Message
	// path is where the message should be, for people.
	path string
	open func() (*wireReader, error)
	// missing is told when there is no such file, or none that can be opened, as
	// it may have another name; nil makes that a damage.
	missing func(checkpoint.Message, error)
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
		switch {
		case err == nil:
			r.reuse(old)
			err = errors.Join(r.drain(), r.Close())
			old = r
			v.done(j, err)
		case j.missing != nil:
			j.missing(j.m, err)
		default:
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
		v.tell(Damage{Folder: j.folder.Name, UID: j.m.UID, Path: j.path, Problem: err.Error(), Row: &j.m, Marked: v.markOf(j.m.Key())})
	}
	if v.o.Progress != nil {
		v.o.Progress(v.report.Messages, v.report.Octets)
	}
}

// markOf returns the mark of a damaged message. The caller has the lock.
func (v *verifier) markOf(k checkpoint.Key) checkpoint.RunID {
	if v.marked == nil || v.markedOf != k.FolderID {
		marked, err := v.ledger.MarkedDamaged(context.Background(), k.FolderID)
		if err != nil {
			return 0 // it is damaged all the same, and the ledger is checked at the end
		}
		v.marked, v.markedOf = marked, k.FolderID
	}
	return v.marked[k]
}

func (v *verifier) damage(d Damage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tell(d)
}

// tell reports a damage. The caller has the lock.
func (v *verifier) tell(d Damage) {
	if v.replaced != nil && v.replaced() {
		return
	}
	v.report.Damaged++
	if v.o.Report != nil {
		v.o.Report(d)
	}
}

// busy tells whether a run is writing now.
func (v *verifier) busy() (bool, error) {
	if v.o.alone {
		return false, nil
	}
	held, _, err := lockfile.Held(v.root, lockName)
	return held, err
}
