package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// maxRestored bounds how many messages are read and then recorded at once.
const maxRestored = 2000

// folderRebuild makes the rows of one folder.
type folderRebuild struct {
	*rebuilder
	folder *checkpoint.Folder
	index  *index
	dirs   map[string]*fsys.Dir // of a Maildir: cur and new
	box    *os.File             // of an mbox

	batch []restored
	// done are the UIDs that have a row, fresh the UIDVALIDITYs of messages that
	// only their own names tell of.
	done  map[uint32]*mailhaul.UIDSet
	fresh map[uint32]bool
	// Of an mbox: end is behind the last octet that belongs to a message, held are
	// the parts of messages that are not whole, retired belong to none.
	end           int64
	held, retired []checkpoint.Region
}

// restored is a message on its way into the new ledger.
type restored struct {
	file  *filed // nil when there is none
	row   checkpoint.Message
	known bool // the old ledger has told all but what is read
	err   error
}

// folder makes the rows of a folder.
func (r *rebuilder) folder(ctx context.Context, f *checkpoint.Folder) (err error) {
	b := &folderRebuild{rebuilder: r, folder: f, done: make(map[uint32]*mailhaul.UIDSet), fresh: make(map[uint32]bool)}
	if b.index, err = b.open(ctx); err != nil {
		return err
	}
	defer b.close()
	if err := b.fromOld(ctx); err != nil {
		return err
	}
	for file := range b.index.left() {
		if pruned, err := b.isPruned(ctx, file); err != nil {
			return err
		} else if pruned {
			continue
		}
		err := b.add(ctx, restored{file: file, row: b.index.message(file, f.ID, r.run)})
		if err != nil {
			return err
		}
	}
	if err := b.record(ctx); err != nil {
		return err
	}
	if err := b.leftovers(ctx); err != nil {
		return err
	}
	return r.led.RestoreUIDValidity(ctx, f.ID, b.uidValidity())
}

// open reads what the folder holds. A folder that is not on the disk is empty.
func (b *folderRebuild) open(ctx context.Context) (x *index, err error) {
	if b.id.Format == string(Mbox) {
		if err := b.finishPrune(ctx); err != nil {
			return nil, err
		}
		b.box, err = openBox(b.root, b.folder.Place, os.O_RDONLY)
		if errors.Is(err, fs.ErrNotExist) {
			return &index{}, nil
		}
		if err != nil {
			return nil, err
		}
		return b.readBoxIndex(ctx)
	}
	b.dirs = make(map[string]*fsys.Dir)
	for _, sub := range mailSubs {
		d, err := fsys.OpenDir(b.root, mailPath(b.folder.Place)+"/"+sub)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.dirs[sub] = d
	}
	return b.readMaildirIndex(ctx, b.folder.Place)
}

func (b *folderRebuild) close() {
	for _, d := range b.dirs {
		d.Close()
	}
	if b.box != nil {
		b.box.Close()
	}
}

// fromOld takes over the rows of the old ledger, with the messages that they
// speak of.
func (b *folderRebuild) fromOld(ctx context.Context) error {
	if !b.ofOld[b.folder.ID] {
		return nil
	}
	for m, err := range b.old.ReadableMessages(ctx, b.folder.ID) {
		if errors.Is(err, mailhaul.ErrDamaged) {
			break
		}
		if err != nil {
			return err
		}
		m.FirstRun, m.GoneRun = b.runOf(m.FirstRun), b.runOf(m.GoneRun)
		file, ok := b.fileOf(&m)
		if !ok {
			continue
		}
		if file != nil {
			file.used = true
		}
		if err := b.add(ctx, restored{file: file, row: m, known: true}); err != nil {
			return err
		}
	}
	if b.box == nil {
		return nil
	}
	var err error
	if b.retired, err = b.old.Retired(ctx, b.folder.ID); errors.Is(err, mailhaul.ErrDamaged) {
		err = nil
	}
	return err
}

// fileOf finds the message that a row of the old ledger speaks of, nil when it is
// not there. ok is false for a row that cannot be true.
func (b *folderRebuild) fileOf(m *checkpoint.Message) (file *filed, ok bool) {
	if b.id.Format == string(Mbox) {
		file = b.index.atOffset(m.Offset)
		if m.Stored == 0 {
			return nil, true
		}
		if file == nil && m.Offset+m.Stored > b.index.end {
			m.Offset, m.Stored = 0, 0 // it was cut off
		}
		if file != nil && (file.used || file.stored != m.Stored || file.size != m.Size || file.lineEnds() != m.LineEnds) {
			return nil, false
		}
		return file, true
	}
	n, ours := maildir.Parse(m.Place)
	if !ours || n.Size != m.Size || n.Stored != m.Stored || n.LineEnds != m.LineEnds || [8]byte(m.Digest[:8]) != n.Digest {
		return nil, false
	}
	return b.index.named(n), true
}

// add takes one message.
func (b *folderRebuild) add(ctx context.Context, x restored) error {
	if b.batch = append(b.batch, x); len(b.batch) < maxRestored {
		return nil
	}
	return b.record(ctx)
}

// record reads the messages of a batch and writes their rows.
func (b *folderRebuild) record(ctx context.Context) error {
	b.readBatch(ctx)
	var rows []checkpoint.Message
	for i := range b.batch {
		x := &b.batch[i]
		if x.err != nil && !errors.Is(x.err, mailhaul.ErrDamaged) && !errors.Is(x.err, fs.ErrNotExist) {
			return x.err
		}
		row, err := b.take(x)
		if err != nil {
			return err
		}
		if row {
			rows = append(rows, x.row)
		}
	}
	b.batch = b.batch[:0]
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.led.RestoreMessages(ctx, rows); err != nil {
		return err
	}
	if b.o.Progress != nil {
		b.o.Progress(b.report.Messages, b.report.Octets)
	}
	return nil
}

// readBatch reads the messages of a batch, several at once.
func (b *folderRebuild) readBatch(ctx context.Context) {
	var wg sync.WaitGroup
	next := make(chan *restored)
	for range max(2, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			e := &examiner{}
			for x := range next {
				x.err = b.examine(e, x)
			}
		})
	}
	for i := range b.batch {
		if b.batch[i].file != nil && ctx.Err() == nil {
			next <- &b.batch[i]
		}
	}
	close(next)
	wg.Wait()
}

// examine reads a message and fills in what its row says of its octets.
func (b *folderRebuild) examine(e *examiner, x *restored) error {
	if b.box != nil {
		w, err := readBox(b.box, x.row)
		if err != nil {
			return err
		}
		return e.measure(w, x)
	}
	t := b.index.tails[x.file.tail]
	file, err := b.dirs[t.sub].Open(x.file.base() + t.info)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := e.measure(readMaildir(file, x.row), x); err != nil {
		return err
	}
	if !x.known {
		x.row.Place, x.row.Flags = x.file.base(), maildir.Flags(t.info)
	}
	return nil
}

// examiner reads one message after the other.
type examiner struct {
	old    *wireReader // whose buffers are used again
	header []byte
}

// measure reads a message to its end, and fills in digest and fingerprint, or
// compares it with the digest that its row has.
func (e *examiner) measure(w *wireReader, x *restored) error {
	w.reuse(e.old)
	e.old, w.unchecked = w, true
	e.header = e.header[:0]
	for w.err == nil {
		w.fill()
		if n := min(len(w.out), maxHeader-len(e.header)); n > 0 {
			e.header = append(e.header, w.out[:n]...)
		}
	}
	if err := w.drain(); err != nil {
		return err
	}
	digest := mailhaul.Digest(w.sum.Sum(nil))
	switch {
	case w.unquote == nil && [8]byte(digest[:8]) != x.file.digest():
		return fmt.Errorf("%w: other octets than its name tells", mailhaul.ErrDamaged)
	case w.unquote != nil && x.known && digest != x.row.Digest:
		return fmt.Errorf("%w: other octets than were stored", mailhaul.ErrDamaged)
	}
	x.row.Digest, x.row.Fingerprint = digest, mailhaul.MakeFingerprint(e.header)
	return nil
}
