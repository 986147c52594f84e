package imapaccount

import (
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
)

// criteria are the searches for what a request's Criteria choose.
type criteria struct {
	days, large      string // tags, "" when not asked
	inDays, tooLarge mailhaul.UIDSet
	searched         mailhaul.UIDSet // the messages that the server searched
}

// askCriteria sends the searches for what the criteria choose (RFC 9051, 6.4.4).
func (v *viewer) askCriteria(w *view) {
	search := "UID SEARCH "
	if v.s.caps.Has(imap.CapESearch) {
		search += "RETURN (ALL) "
	}
	const day = "2-Jan-2006"
	c := w.request.Criteria
	var keys string
	if !c.Since.IsZero() {
		keys += " SINCE " + c.Since.Format(day)
	}
	if !c.Before.IsZero() {
		keys += " BEFORE " + c.Before.Format(day)
	}
	if keys != "" {
		w.days = v.s.send(search + keys[1:])
	}
	if c.MaxSize > 0 {
		w.large = v.s.send(fmt.Sprintf("%sLARGER %d", search, c.MaxSize))
	}
}

// choose fills in what the criteria choose of the messages that are there. A
// message that the server left out of its searches is chosen: rather one too
// many than one too few.
func (w *view) choose() {
	l, c := &w.listing, w.request.Criteria
	l.Chosen = l.Live
	if w.days != "" {
		l.Chosen = l.Chosen.Minus(w.searched.Minus(w.inDays))
	}
	if !c.UIDs.Empty() {
		l.Chosen = l.Chosen.Both(c.UIDs)
	}
	if w.large != "" {
		l.TooLarge = l.Chosen.Both(w.tooLarge)
		l.Chosen = l.Chosen.Minus(w.tooLarge)
	}
}

// readSearch reads a SEARCH answer of a server without ESEARCH (RFC 3501, 7.2.5).
func readSearch(r *response, into *mailhaul.UIDSet) error {
	var uids []mailhaul.UID
	for r.blanks(); len(r.rest) > 0 && !r.peek('('); r.blanks() {
		n, err := r.number32()
		if err != nil {
			return err
		}
		uids = append(uids, mailhaul.UID(n))
	}
	*into = mailhaul.UIDSetOf(uids...)
	return nil
}

// dateTime spells a date as APPEND wants it (RFC 9051, 9, date-time); "" for
// none.
func dateTime(t time.Time) string {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format(`"_2-Jan-2006 15:04:05 -0700"`)
}
