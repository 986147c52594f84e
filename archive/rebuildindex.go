package archive

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// filed is a message as its file name or its separator line tells of it, small
// enough for a million of them: 56 octets.
type filed struct {
	unix         int64
	size, stored int64
	// key is the offset in an mbox, in a Maildir the beginning of the digest.
	key       uint64
	validity  uint32
	uid       mailhaul.UID
	tail      int32 // in a Maildir, index of where the file lies
	zone      int16 // in minutes
	dated, lf bool
	used      bool
}

func (f *filed) offset() int64 { return int64(f.key) }

func (f *filed) digest() (d [8]byte) {
	binary.BigEndian.PutUint64(d[:], f.key)
	return d
}

// digestKey is the key of a message in a Maildir; keys have the order of digests.
func digestKey(d [8]byte) uint64 { return binary.BigEndian.Uint64(d[:]) }

func (f *filed) date(t time.Time) {
	if f.dated = !t.IsZero(); f.dated {
		_, offset := t.Zone()
		f.unix, f.zone = t.Unix(), int16(offset/60)
	}
}

func (f *filed) internalDate() time.Time {
	if !f.dated {
		return time.Time{}
	}
	return time.Unix(f.unix, 0).In(time.FixedZone("", int(f.zone)*60))
}

func (f *filed) lineEnds() mailhaul.LineEnds {
	if f.lf {
		return mailhaul.LF
	}
	return mailhaul.Verbatim
}

// base returns the base name of a Maildir's file.
func (f *filed) base() string {
	return maildir.Name{
		InternalDate: f.internalDate(), UIDValidity: f.validity, UID: f.uid, Digest: f.digest(),
		Stored: f.stored, Size: f.size, LineEnds: f.lineEnds(),
	}.Base()
}

// message returns what is known of the message before it is read.
func (x *index) message(f *filed, folder int64, run checkpoint.RunID) checkpoint.Message {
	m := checkpoint.Message{
		FolderID: folder, UIDValidity: f.validity, UID: f.uid, InternalDate: f.internalDate(),
		Size: f.size, Stored: f.stored, LineEnds: f.lineEnds(), FirstRun: run,
	}
	if x.tails == nil {
		m.Offset = f.offset()
	}
	return m
}

// index holds the messages that were found in one folder.
type index struct {
	// chunks are full but for the last one: what grew in one piece would be there
	// twice while it does.
	chunks [][]filed
	order  []int32 // of a Maildir: by UIDVALIDITY, UID and digest
	tails  []tail  // of a Maildir, nil of an mbox
	gaps   []checkpoint.Region
	end    int64 // of an mbox file
}

// indexChunk is how many messages a chunk has.
const indexChunk = 4096

func (x *index) add(f filed) {
	last := len(x.chunks) - 1
	if last < 0 || len(x.chunks[last]) == indexChunk {
		x.chunks = append(x.chunks, make([]filed, 0, indexChunk))
		last++
	}
	x.chunks[last] = append(x.chunks[last], f)
}

func (x *index) len() int {
	if len(x.chunks) == 0 {
		return 0
	}
	return (len(x.chunks)-1)*indexChunk + len(x.chunks[len(x.chunks)-1])
}

func (x *index) at(i int32) *filed { return &x.chunks[i/indexChunk][i%indexChunk] }

// sorted returns the numbers of messages that take is true for, sorted stably.
func (x *index) sorted(take func(*filed) bool, compare func(a, b *filed) int) []int32 {
	var order []int32
	for i := range int32(x.len()) {
		if take(x.at(i)) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(compare(x.at(a), x.at(b)), cmp.Compare(a, b)) })
	return order
}

// readMaildirIndex reads the names in a Maildir.
func (r *rebuilder) readMaildirIndex(ctx context.Context, place string) (*index, error) {
	x := &index{tails: []tail{}}
	indexes := make(map[tail]int32)
	for _, sub := range mailSubs {
		err := fsys.EachName(r.root, mailPath(place)+"/"+sub, func(e fs.DirEntry) error {
			n, ours := maildir.Parse(e.Name())
			if !ours || !e.Type().IsRegular() {
				r.find(Damage{Path: mailPath(place) + "/" + sub + "/" + e.Name(), Problem: "a file that mailhaul did not name; it stays where it is"})
				return ctx.Err()
			}
			_, info := maildir.Split(e.Name())
			t := tail{sub, info}
			i, known := indexes[t]
			if !known {
				i = int32(len(x.tails))
				indexes[t] = i
				x.tails = append(x.tails, t)
			}
			f := filed{size: n.Size, stored: n.Stored, validity: n.UIDValidity, uid: n.UID, tail: i, key: digestKey(n.Digest), lf: n.LineEnds == mailhaul.LF}
			f.date(n.InternalDate)
			x.add(f)
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	x.order = x.sorted(func(*filed) bool { return true }, func(a, b *filed) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(a.uid, b.uid), cmp.Compare(a.key, b.key))
	})
	return x, nil
}

// readBoxIndex reads an mbox file.
func (b *folderRebuild) readBoxIndex(ctx context.Context) (*index, error) {
	s, err := newBoxScanner(b.box)
	if err != nil {
		return nil, err
	}
	x := &index{end: s.size}
	err = s.scan(func(m boxMessage) error {
		f := filed{size: m.Size, stored: m.Stored, key: uint64(m.Offset), validity: m.UIDValidity, uid: m.UID, lf: m.LineEnds == mailhaul.LF}
		f.date(m.InternalDate)
		x.add(f)
		return ctx.Err()
	}, func(g checkpoint.Region) { x.gaps = append(x.gaps, g) })
	return x, err
}

// atOffset returns the message that begins at an offset of an mbox, nil for none.
func (x *index) atOffset(offset int64) *filed {
	i, found := sort.Find(x.len(), func(i int) int { return cmp.Compare(offset, x.at(int32(i)).offset()) })
	if !found {
		return nil
	}
	return x.at(int32(i))
}

// named returns a message by its base name, nil for none.
func (x *index) named(n maildir.Name) *filed {
	first, _ := slices.BinarySearchFunc(x.order, n, func(i int32, n maildir.Name) int {
		f := x.at(i)
		return cmp.Or(cmp.Compare(f.validity, n.UIDValidity), cmp.Compare(f.uid, n.UID), cmp.Compare(f.key, digestKey(n.Digest)))
	})
	base := n.Base()
	for _, i := range x.order[first:] {
		f := x.at(i)
		if f.validity != n.UIDValidity || f.uid != n.UID {
			break
		}
		if !f.used && f.base() == base {
			return f
		}
	}
	return nil
}

// left yields the messages that are not used yet, ascending by UIDVALIDITY and
// UID; of those with the same UID the one that counts comes first: in an mbox the
// last one.
func (x *index) left() iter.Seq[*filed] {
	byUID := func(a, b *filed) int { return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(a.uid, b.uid)) }
	order := x.order
	if x.tails == nil {
		order = x.sorted(func(f *filed) bool { return !f.used }, func(a, b *filed) int { return cmp.Or(byUID(a, b), cmp.Compare(b.key, a.key)) })
	}
	return func(yield func(*filed) bool) {
		for _, i := range order {
			if f := x.at(i); !f.used && !yield(f) {
				return
			}
		}
	}
}
