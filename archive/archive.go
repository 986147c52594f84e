package archive

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/internal/group"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// Format is how an archive stores messages. It is chosen once.
type Format string

// The formats.
const (
	Maildir Format = "maildir"
	Mbox    Format = "mbox"
)

// Options are what Open may be told. The zero value opens what is there, and
// makes a new archive a Maildir of a nameless account.
type Options struct {
	// Account names whose mail it is: "me@mail.example.org". It is remembered
	// by a new archive and must be the same later; "" accepts any.
	Account string
	// Format "" is what the archive has, and Maildir for a new one.
	Format Format
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Archive is an archive that is open. It implements [mailhaul.Target] and
// [mailhaul.FlagSetter] when it was opened for writing. Its methods may be
// called from several goroutines at once, Close when no other runs.
type Archive struct {
	root   *os.Root
	ledger *checkpoint.Ledger
	format Format

	// The rest is for writing only.
	lock     *lockfile.Lock
	syncer   *fsys.Syncer
	queue    *group.Queue[*stored]
	maildirs *handles[*maildirDirs]
	boxFiles *handles[*os.File]
	receipts func([]mailhaul.Receipt) error
	slots    chan struct{} // bounds how many messages are stored at once
	buffers  sync.Pool     // of *buffers
	left     atomic.Bool   // something failed: the next Open has to clean up

	mu       sync.RWMutex
	prepared map[string]*target // by place
	names    *places            // nil until a place must be found
	ends     map[string]int64   // committed length by place, nil until needed
}

// Interfaces that an archive promises.
var (
	_ mailhaul.Target     = (*Archive)(nil)
	_ mailhaul.FlagSetter = (*Archive)(nil)
)

// Ledger returns the archive's ledger. It is closed with the archive.
func (a *Archive) Ledger() *checkpoint.Ledger { return a.ledger }

// Format returns how the archive stores messages.
func (a *Archive) Format() Format { return a.format }

// Close ends the archive and gives up the lock. What is not durable yet is
// undone: call Flush first to keep it. It may be called once.
func (a *Archive) Close() error {
	var errs []error
	if a.queue != nil {
		// The error that stopped the queue was told to whoever stored.
		if a.queue.Close() != nil {
			a.left.Store(true)
		}
		errs = append(errs, a.maildirs.close(), a.boxFiles.close())
	}
	if a.syncer != nil {
		errs = append(errs, a.syncer.Close())
	}
	if a.queue != nil && !a.left.Load() {
		errs = append(errs, a.writeCatalogue(context.Background()))
	}
	if a.ledger != nil {
		errs = append(errs, a.ledger.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Release(!a.left.Load() && errors.Join(errs...) == nil))
	}
	return errors.Join(append(errs, a.root.Close())...)
}
