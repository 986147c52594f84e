package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/group"
	"github.com/mailhaul/mailhaul/archive/internal/lineend"
)

const (
	// maxBuffered is up to what size, in octets, a message is held in memory.
	maxBuffered = 512 << 10
	// maxHeader is how much of a message is looked at for its fingerprint.
	maxHeader = 256 << 10
	// maxStoring bounds how many messages are stored at once, and with it the
	// descriptors and buffers that are in use.
	maxStoring = 8
)

// groupLimits keep what a crash can lose small, in messages, octets and time.
var groupLimits = group.Limits{Items: 1000, Octets: 8 << 20, Age: time.Second}

// stored is a message that is written and not durable yet.
type stored struct {
	receipt mailhaul.Receipt
	target  *target
	tmp     string // its name in a Maildir's tmp
	final   string // its name in cur to be
}

// buffers hold one message while it is stored.
type buffers struct {
	wire []byte // as it came
	text []byte // with its line ends as stored
	out  []byte // with what an mbox needs around and in it
	// header is the beginning of a message that is not held as a whole.
	header []byte
}

func (a *Archive) startStoring() {
	a.prepared = make(map[string]*target)
	a.slots = make(chan struct{}, maxStoring)
	a.buffers.New = func() any { return new(buffers) }
	a.maildirs = newHandles(a.openMaildir)
	a.boxFiles = newHandles(func(place string) (*os.File, error) { return openBox(a.root, place, os.O_RDWR) })
	actions := group.Actions[*stored]{Commit: a.commitMaildir, Drop: a.dropMaildir}
	if a.format == Mbox {
		actions = group.Actions[*stored]{Commit: a.commitMbox, Drop: a.dropMbox}
	}
	a.queue = group.New(groupLimits, actions)
}

// Receipts implements [mailhaul.Target].
func (a *Archive) Receipts(fn func([]mailhaul.Receipt) error) { a.receipts = fn }

// Flush implements [mailhaul.Target].
func (a *Archive) Flush(ctx context.Context) error { return a.queue.Flush(ctx) }

// Store implements [mailhaul.Target]. An error of the body is returned as it
// is, and nothing remains of the message. An error of the disk has ScopeRun:
// the archive takes no more messages, what has a receipt stays.
func (a *Archive) Store(ctx context.Context, m *mailhaul.Message) error {
	t, err := a.folder(m.Folder)
	if err != nil {
		return err
	}
	if err := a.queue.Err(); err != nil {
		return err
	}
	if m.Size < 0 {
		return fmt.Errorf("store message: its size is %d octets", m.Size)
	}
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	s := &stored{target: t, receipt: mailhaul.Receipt{
		Folder: m.Folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size,
	}}
	b := a.buffers.Get().(*buffers)
	defer a.buffers.Put(b)
	switch {
	case a.format == Mbox:
		return a.storeMbox(ctx, m, s, b)
	case m.Size > maxBuffered:
		return a.streamMaildir(ctx, m, s, b)
	}
	if err := b.read(m, &s.receipt); err != nil {
		return err
	}
	return a.storeMaildir(ctx, s, b.text)
}

// read reads a whole message into b.wire and fills in what the receipt says of
// its octets. b.text is what is to be stored.
func (b *buffers) read(m *mailhaul.Message, r *mailhaul.Receipt) error {
	if int64(cap(b.wire)) < m.Size {
		b.wire = make([]byte, min(maxBuffered, max(64<<10, 2*m.Size)))
	}
	b.wire = b.wire[:m.Size]
	if n, err := io.ReadFull(m.Body, b.wire); err != nil {
		return mailhaul.ShortBody(int64(n), m.Size, err)
	}
	if err := mailhaul.ExpectEnd(m.Body, m.Size); err != nil {
		return err
	}
	r.Digest = sha256.Sum256(b.wire)
	r.Fingerprint = mailhaul.MakeFingerprint(b.wire[:min(len(b.wire), maxHeader)])
	var s lineend.Shortener
	text, _, bare := s.Append(slices.Grow(b.text[:0], len(b.wire)), b.wire, true)
	b.text = text
	r.LineEnds = mailhaul.LF
	if bare || s.Lines() == 0 {
		b.text, b.wire = b.wire, b.text
		r.LineEnds = mailhaul.Verbatim
	}
	return nil
}

// fail stops the archive for good after an error of the disk. It returns the
// error that all later calls give.
func (a *Archive) fail(op string, err error) error {
	e := diskError(op, err)
	a.queue.Stop(e)
	return a.queue.Err()
}

func diskError(op string, err error) error {
	e := &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: op, Err: err}
	switch {
	case isFull(err):
		e.Hint = "free some space and run it again; what was stored before is safe"
	case errors.Is(err, syscall.EIO):
		e.Hint = "the disk may be failing; what was stored before is safe as far as the disk keeps it"
	}
	return e
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
