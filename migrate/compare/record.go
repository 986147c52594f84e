package compare

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul"
)

// record is what is held of a message: 88 octets, so that a million messages on
// each side cost less than 200 MB.
type record struct {
	fingerprint mailhaul.Fingerprint
	digest      mailhaul.Digest
	id          uint64 // hash of the Message-ID, 0 for none
	size        int64  // octets
	date        int64  // INTERNALDATE in seconds since 1970, noDate for none
	uid         mailhaul.UID
	flags       uint32 // their number in the flagTable
	folder      uint32 // index among the side's folders
	zone        int16  // INTERNALDATE's, in minutes east of UTC
	state       state
}

// state is what is known of a message.
type state uint8

const (
	headless state = 1 << iota // its header could not be read
	wanted                     // its body is to be read
	read                       // its digest is known
	gone                       // it was deleted while we looked
)

func (r *record) is(s state) bool { return r.state&s != 0 }

// unread tells whether it is unknown which octets the message has, though they
// were asked for.
func (r *record) unread() bool { return r.is(headless) || r.is(wanted) && !r.is(read) }

const noDate = math.MinInt64

func (r *record) setDate(t time.Time) {
	r.date = noDate
	if !t.IsZero() {
		_, offset := t.Zone()
		r.date, r.zone = t.Unix(), int16(offset/60)
	}
}

// dateText is the message's INTERNALDATE for people.
func (r *record) dateText() string {
	if r.date == noDate {
		return "no date"
	}
	return time.Unix(r.date, 0).In(time.FixedZone("", int(r.zone)*60)).Format("2006-01-02 15:04:05 -0700")
}

// flagTable holds each set of flags once: there are few different ones. It may
// be filled from several goroutines at once.
type flagTable struct {
	mu    sync.Mutex
	ids   map[mailhaul.Flags]uint32
	sets  []mailhaul.Flags
	alike []uint32 // the number of the same set in lower case
}

// id returns the number of a set.
func (t *flagTable) id(f mailhaul.Flags) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id, known := t.ids[f]; known {
		return id
	}
	id := t.add(f)
	if folded := fold(f); folded != f {
		other, known := t.ids[folded]
		if !known {
			other = t.add(folded)
		}
		t.alike[id] = other
	}
	return id
}

func (t *flagTable) add(f mailhaul.Flags) uint32 {
	id := uint32(len(t.sets))
	t.ids[f] = id
	t.sets = append(t.sets, f)
	t.alike = append(t.alike, id)
	return id
}

// fold returns the set with keywords in lower case: they are the same in any
// case (RFC 9051, 2.3.2). System flags are spelled in one way already.
func fold(f mailhaul.Flags) mailhaul.Flags {
	return mailhaul.MakeFlags(strings.Fields(strings.ToLower(string(f)))...)
}

// text says what two sets, given by their numbers, do not have in common.
func (t *flagTable) text(a, b uint32) string {
	left, right := t.sets[t.alike[a]].List(), t.sets[t.alike[b]].List()
	var parts []string
	for _, x := range []struct {
		name      string
		has, want []string
		spelled   mailhaul.Flags
	}{{"A", left, right, t.sets[a]}, {"B", right, left, t.sets[b]}} {
		only := slices.DeleteFunc(x.spelled.List(), func(f string) bool {
			return slices.ContainsFunc(x.want, func(w string) bool { return strings.EqualFold(f, w) })
		})
		if len(only) > 0 {
			parts = append(parts, "only "+x.name+" has "+strings.Join(only, " "))
		}
	}
	return strings.Join(parts, ", ")
}
