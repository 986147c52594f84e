package export

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/mailhaul/mailhaul"
)

// Format is what an export consists of.
type Format string

// The formats.
const (
	Maildir Format = "maildir"
	Mbox    Format = "mbox"
)

// Options are what Open may be told. The zero value tells nobody anything.
type Options struct {
	// Note is told of each message that became durable otherwise than it came,
	// beside what a format always does: flags that it lost, header fields that
	// got another name. It is called from one goroutine at a time, before the
	// message's receipt is given.
	Note func(f *mailhaul.Folder, uid mailhaul.UID, text string)
}

// Export is an export that is being made. Its methods may be called from
// several goroutines at once, Close when no other runs.
type Export struct {
	root     *os.Root
	layout   layout
	options  Options
	receipts func([]mailhaul.Receipt) error
	slots    chan *buffers // bounds how many messages are stored at once

	committing sync.Mutex // held while a group is made durable

	mu       sync.Mutex // guards what follows
	places   *places
	prepared map[string]*folder // by place
	group    []*stored          // written, not durable yet
	octets   int64              // of group
	spools   int
	err      error // why nothing is taken any more
}

var _ mailhaul.Target = (*Export)(nil)

// layout is a format: where folders and messages lie, and how they are written.
type layout interface {
	// place returns the place that a folder has unless it is taken, without
	// extension.
	place(f *mailhaul.Folder) string
	// prepare makes fresh folders, durably. all are those of the call that are
	// prepared, fresh or not.
	prepare(fresh []*folder, all []*mailhaul.Folder) error
	// write writes a message and calls done, which hands it over to the group.
	// When it returns an error nothing is left of the message.
	write(s *stored, b *body, done func() error) error
	// settle makes messages durable.
	settle(items []*stored) error
	// drop undoes messages that never got a receipt.
	drop(items []*stored)
	// spool returns the path of a file that nobody takes for mail.
	spool(n int) string
}

// folder is a folder that was prepared.
type folder struct {
	place string

	keywords keywords // of a Maildir

	mu sync.Mutex // held while an mbox is changed; guards what follows
	// end is where the next message begins, safe up to where messages may have
	// receipts.
	end, safe int64
	base      base
}

// stored is a message on its way to being durable.
type stored struct {
	folder  *folder
	receipt mailhaul.Receipt
	tmp     string // its path in a Maildir's tmp
	final   string // its path in cur to be
	note    string // what is not as it came
}

// Open begins an export. The directory at path is made unless it is there. The
// error wraps [mailhaul.ErrUsage] when path holds something or is no directory.
func Open(format Format, path string, o Options) (*Export, error) {
	if format != Maildir && format != Mbox {
		return nil, fmt.Errorf("%w: there is no export format %q", mailhaul.ErrUsage, format)
	}
	root, err := openEmpty(path)
	if err != nil {
		return nil, err
	}
	e := &Export{
		root:     root,
		options:  o,
		receipts: func([]mailhaul.Receipt) error { return nil },
		slots:    make(chan *buffers, maxStoring),
		prepared: make(map[string]*folder),
	}
	for range maxStoring {
		e.slots <- new(buffers)
	}
	switch format {
	case Maildir:
		e.layout = &maildirTree{root: root}
		e.places = newPlaces(asciiKey, "")
		e.places.take("." + inbox) // Dovecot and Courier have no use for it
		err = makeMaildir(root, topPlace)
	case Mbox:
		e.layout = &mboxTree{root: root}
		e.places = newPlaces(unicodeKey, mboxExt)
	}
	if err != nil {
		return nil, errors.Join(diskError("open export", err), root.Close())
	}
	return e, nil
}

// Receipts implements [mailhaul.Target].
func (e *Export) Receipts(fn func([]mailhaul.Receipt) error) { e.receipts = fn }

// Prepare implements [mailhaul.Target]. A name that cannot hold messages gets a
// place and nothing else.
func (e *Export) Prepare(ctx context.Context, folders []*mailhaul.Folder) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return e.err
	}
	var fresh []*folder
	var all []*mailhaul.Folder
	for _, f := range folders {
		f.Place = e.places.give(f.Name, func() string { return e.layout.place(f) })
		if f.NoSelect {
			continue
		}
		all = append(all, f)
		if e.prepared[f.Place] == nil {
			e.prepared[f.Place] = &folder{place: f.Place}
			fresh = append(fresh, e.prepared[f.Place])
		}
	}
	err := ctx.Err()
	if err == nil {
		if err = e.layout.prepare(fresh, all); err != nil {
			err = diskError("make folders", err)
			e.err = err
		}
	}
	if err != nil {
		for _, f := range fresh {
			delete(e.prepared, f.place)
		}
	}
	return err
}

// Close ends the export. What is not durable yet is undone: call Flush first to
// keep it. It may be called once.
func (e *Export) Close() error {
	e.mu.Lock()
	items := e.group
	e.group = nil
	if e.err == nil {
		e.err = errors.New("the export is closed")
	}
	e.mu.Unlock()
	e.layout.drop(items)
	return e.root.Close()
}

// fail ends the export's work for good and returns the error that all later
// calls give: the first one.
func (e *Export) fail(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
	return e.err
}

// diskError tells of an error of the file system, which ends the run.
func diskError(op string, err error) error {
	out := &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: op, Err: err,
		Hint: "remove what was exported, then run it again"}
	if op == opMake { // nothing was exported yet: what holds for the error's kind is said
		out.Hint = ""
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		out.Hint = "remove what was exported, free some space and run it again"
	}
	return out
}
