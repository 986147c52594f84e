package archive

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// filed is a message as its file name or its separator line tells of it, small
// enough for a million of them.
type filed struct {
	unix         int64
	size, stored int64
	offset       int64 // in an mbox
	validity     uint32
	uid          mailhaul.UID
	tail         int32   // in a Maildir, index of where the file lies
	zone         int16   // in minutes
	digest       [8]byte // in a Maildir, the beginning
	dated, lf    bool
	used         bool
}

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
		InternalDate: f.internalDate(), UIDValidity: f.validity, UID: f.uid, Digest: f.digest,
		Stored: f.stored, Size: f.size, LineEnds: f.lineEnds(),
	}.Base()
}

// message returns what is known of the message before it is read.
func (f *filed) message(folder int64, run checkpoint.RunID) checkpoint.Message {
	return checkpoint.Message{
		FolderID: folder, UIDValidity: f.validity, UID: f.uid, InternalDate: f.internalDate(),
		Size: f.size, Stored: f.stored, Offset: f.offset, LineEnds: f.lineEnds(), FirstRun: run,
	}
}

// index holds the messages that were found in one folder.
type index struct {
	files []filed
	tails []tail // of a Maildir
	gaps  []checkpoint.Region
	end   int64 // of an mbox file
}

// readMaildirIndex reads the names in a Maildir.
func (r *rebuilder) readMaildirIndex(ctx context.Context, place string) (*index, error) {
	x := &index{}
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
			f := filed{size: n.Size, stored: n.Stored, validity: n.UIDValidity, uid: n.UID, tail: i, digest: n.Digest, lf: n.LineEnds == mailhaul.LF}
			f.date(n.InternalDate)
			x.files = append(x.files, f)
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	slices.SortStableFunc(x.files, func(a, b filed) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(a.uid, b.uid), slices.Compare(a.digest[:], b.digest[:]))
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
		f := filed{size: m.Size, stored: m.Stored, offset: m.Offset, validity: m.UIDValidity, uid: m.UID, lf: m.LineEnds == mailhaul.LF}
		f.date(m.InternalDate)
		x.files = append(x.files, f)
		return ctx.Err()
	}, func(g checkpoint.Region) { x.gaps = append(x.gaps, g) })
	return x, err
}

// atOffset returns the message that begins at an offset of an mbox, nil for none.
func (x *index) atOffset(offset int64) *filed {
	i, found := slices.BinarySearchFunc(x.files, offset, func(f filed, o int64) int { return cmp.Compare(f.offset, o) })
	if !found {
		return nil
	}
	return &x.files[i]
}

// named returns a message by its base name, nil for none.
func (x *index) named(n maildir.Name) *filed {
	i, _ := slices.BinarySearchFunc(x.files, n, func(f filed, n maildir.Name) int {
		return cmp.Or(cmp.Compare(f.validity, n.UIDValidity), cmp.Compare(f.uid, n.UID), slices.Compare(f.digest[:], n.Digest[:]))
	})
	base := n.Base()
	for ; i < len(x.files) && x.files[i].validity == n.UIDValidity && x.files[i].uid == n.UID; i++ {
		if f := &x.files[i]; !f.used && f.base() == base {
			return f
		}
	}
	return nil
}

// left returns the messages that are not used yet, ascending by UIDVALIDITY and
// UID; of those with the same UID the one that counts comes first.
func (x *index) left() []*filed {
	var left []*filed
	for i := range x.files {
		if !x.files[i].used {
			left = append(left, &x.files[i])
		}
	}
	slices.SortStableFunc(left, func(a, b *filed) int {
		return cmp.Or(cmp.Compare(a.validity, b.validity), cmp.Compare(a.uid, b.uid), cmp.Compare(b.offset, a.offset))
	})
	return left
}
