package foreign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/mailhaul/mailhaul"
)

// errBusy: a mail program writes into a file again and again.
var errBusy = errors.New("the file is being changed by a mail program")

// tries is how often a file is looked into that changes meanwhile.
const tries = 3

// mboxBox is an mbox file.
type mboxBox struct {
	root    *os.Root
	file    string
	dialect Dialect

	expunged, internal int
}

func (b *mboxBox) look(ctx context.Context) (table, error) {
	for range tries {
		t, same, err := b.lookOnce(ctx)
		if err != nil {
			return nil, err
		}
		if same {
			return t, nil
		}
	}
	return nil, errBusy
}

// lookOnce looks at the file; same is false when it changed meanwhile.
func (b *mboxBox) lookOnce(ctx context.Context) (t *mboxTable, same bool, err error) {
	f, err := openRegular(b.root, b.file)
	if err != nil {
		return nil, false, gone(err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	x := newIndexer(f, before.Size(), b.dialect)
	if err := x.run(ctx); err != nil {
		return nil, false, err
	}
	now, err := b.root.Lstat(b.file)
	if err != nil {
		return nil, false, gone(err)
	}
	b.expunged, b.internal = x.expunged, x.internal
	return newMboxTable(b, x, before), unchanged(before, now), nil
}

func (b *mboxBox) omissions() []Omission {
	var all []Omission
	if b.expunged > 0 {
		all = append(all, Omission{Path: b.file, Count: b.expunged, Reason: Expunged})
	}
	if b.internal > 0 {
		all = append(all, Omission{Path: b.file, Count: b.internal, Reason: Internal})
	}
	return all
}

// unchanged tells whether a file is the same one and was not written.
func unchanged(before, now fs.FileInfo) bool {
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// gone marks the error of a file that is not there.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", mailhaul.ErrGone, err)
	}
	return err
}

// mboxTable is what was in an mbox.
type mboxTable struct {
	box     *mboxBox
	info    fs.FileInfo
	entries []entry
	all     []mailhaul.Flags
	valid   uint32
	// How the messages are quoted, without a Content-Length and with one.
	quotes, believed quotes
}

func newMboxTable(b *mboxBox, x *indexer, info fs.FileInfo) *mboxTable {
	t := &mboxTable{box: b, info: info, entries: x.entries, all: x.flags, quotes: x.quoting(false), believed: x.quoting(true)}
	keys := make([]uint64, len(t.entries))
	for i := range keys {
		keys[i] = t.entries[i].key
	}
	valid, uids := identify("mbox\x00"+b.file, keys, true)
	t.valid = valid
	for i, uid := range uids {
		t.entries[i].uid = uid
	}
	return t
}

func (t *mboxTable) validity() uint32           { return t.valid }
func (t *mboxTable) len() int                   { return len(t.entries) }
func (t *mboxTable) uid(i int) mailhaul.UID     { return t.entries[i].uid }
func (t *mboxTable) flags(i int) mailhaul.Flags { return t.all[t.entries[i].flags] }

func (t *mboxTable) size() int64 {
	sum := int64(0)
	for i := range t.entries {
		sum += t.entries[i].size
	}
	return sum
}

func (t *mboxTable) open() (reader, bool, error) {
	f, err := openRegular(t.box.root, t.box.file)
	if err != nil {
		return nil, false, gone(err)
	}
	now, err := f.Stat()
	if err != nil || !unchanged(t.info, now) {
		f.Close()
		return nil, false, err
	}
	return &openMbox{t: t, file: f, r: newMboxReader(f)}, true, nil
}

// openMbox reads the messages of an mbox.
type openMbox struct {
	t    *mboxTable
	file *os.File
	r    *mboxReader
}

func (o *openMbox) exceeds(i int, max int64) (bool, error) { return o.t.entries[i].size > max, nil }

func (o *openMbox) date(i int) (time.Time, error) {
	e := &o.t.entries[i]
	if e.how&hasDate == 0 {
		return time.Time{}, nil
	}
	return time.Unix(e.date, 0).In(zoneOf(int(e.zone))), nil
}

// zoneOf is a zone that is so many seconds east of Greenwich.
func zoneOf(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", seconds)
}

func (o *openMbox) body(i int) (io.Reader, int64, error) {
	e, q := o.t.entries[i], o.t.quotes
	if e.how&believed != 0 {
		q = o.t.believed
	}
	return o.r, e.size, o.r.start(e, q)
}

func (o *openMbox) close() error { return o.file.Close() }
