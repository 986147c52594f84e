package compare

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// reportMessages tells what differs between the messages, in the order of A,
// then what only B has.
func (c *comparison) reportMessages(ctx context.Context, u *unit, n *Counts) error {
	var entries []entry // those with a difference
	u.match(func(e entry) {
		if e.same {
			n.Identical++
			if c.sameFlags(e) && c.sameDate(e) {
				return
			}
		}
		entries = append(entries, e)
	})
	slices.SortFunc(entries, func(x, y entry) int {
		switch {
		case x.a != nil && y.a != nil:
			return byPlace(x.a, y.a)
		case x.a == nil && y.a == nil:
			return byPlace(x.b, y.b)
		case x.a != nil:
			return -1
		}
		return 1
	})
	for _, e := range entries {
		for _, d := range u.differences(e, n) {
			f := finding{Difference: d}
			if e.a != nil {
				f.source[sideA] = c.sides[sideA].folders[e.a.folder]
			}
			if e.b != nil {
				f.source[sideB] = c.sides[sideB].folders[e.b.folder]
			}
			if err := c.tell(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *comparison) sameFlags(e entry) bool {
	return c.o.IgnoreFlags || c.flags.alike[e.a.flags] == c.flags.alike[e.b.flags]
}

func (c *comparison) sameDate(e entry) bool {
	return c.o.IgnoreDates || e.a.date == e.b.date && (!c.o.Zones || e.a.zone == e.b.zone)
}

// differences says in which ways a message differs, and counts them.
func (u *unit) differences(e entry, n *Counts) (list []Difference) {
	d := u.name(e)
	add := func(kind Kind, count *int64, text string) {
		*count++
		d.Kind, d.Text = kind, text
		list = append(list, d)
	}
	if e.a == nil || e.b == nil {
		u.single(e, n, add)
		return list
	}
	if !e.same {
		reason, told := u.reason(e)
		switch {
		case reason == "" && !told:
			add(Altered, &n.Altered, e.altered())
		case told:
			n.Unreadable++
		default:
			add(Unreadable, &n.Unreadable, reason)
		}
	}
	if !u.c.sameFlags(e) {
		add(Flags, &n.Flags, u.c.flags.text(e.a.flags, e.b.flags))
	}
	if !u.c.sameDate(e) {
		add(Date, &n.Dates, fmt.Sprintf("A has %s, B has %s", e.a.dateText(), e.b.dateText()))
	}
	return list
}

// single deals with a message that is alone. Where the other side's folder
// could not be read to its end nothing can be said of it, and that was told.
func (u *unit) single(e entry, n *Counts, add func(Kind, *int64, string)) {
	r, other, kind, count := e.a, sideB, Missing, &n.Missing
	if r == nil {
		r, other, kind, count = e.b, sideA, Extra, &n.Extra
	}
	if r.is(headless) {
		reason, _ := u.reason(e)
		add(Unreadable, &n.Unreadable, reason)
		return
	}
	var unknown int64
	for _, f := range u.sides[other] {
		if f.broken != nil {
			n.Unreadable++
			return
		}
		unknown += f.unknown
	}
	text := ""
	if unknown > 0 {
		text = fmt.Sprintf("unless it is among the messages of this folder that cannot be read in %s: %d", u.c.sides[other].name, unknown)
	}
	add(kind, count, text)
}

// name fills in where the entry's message is.
func (u *unit) name(e entry) (d Difference) {
	if e.a != nil {
		d.FolderA, d.UIDA = u.c.sides[sideA].folders[e.a.folder].Name, e.a.uid
	} else if len(u.sides[sideA]) > 0 {
		d.FolderA = u.sides[sideA][0].Name
	}
	if e.b != nil {
		d.FolderB, d.UIDB = u.c.sides[sideB].folders[e.b.folder].Name, e.b.uid
	} else if len(u.sides[sideB]) > 0 {
		d.FolderB = u.sides[sideB][0].Name
	}
	return d
}

// reason says why the entry's octets are not known, "" when they are. told is
// true when the error of the whole folder, told before, is the reason.
func (u *unit) reason(e entry) (text string, told bool) {
	var texts []string
	for i, r := range []*record{e.a, e.b} {
		if r == nil || !r.unread() {
			continue
		}
		f := u.c.sides[i].folders[r.folder]
		reason := f.reasons[r.uid]
		if reason == "" && f.broken != nil {
			told = true
			continue
		}
		texts = append(texts, "in "+u.c.sides[i].name+": "+cmp.Or(reason, "it was asked for and not given"))
	}
	return strings.Join(texts, "; "), told && len(texts) == 0
}

// altered says how the octets differ.
func (e entry) altered() string {
	text := fmt.Sprintf("A has %d octets, B has %d", e.a.size, e.b.size)
	if e.a.is(read) && e.b.is(read) {
		text = fmt.Sprintf("A has %d octets (SHA-256 %x...), B has %d (%x...)", e.a.size, e.a.digest[:8], e.b.size, e.b.digest[:8])
	}
	if e.a.fingerprint != e.b.fingerprint {
		text += "; the identifying header fields differ"
	}
	return text
}
