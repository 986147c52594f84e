package imapaccount

import (
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
)

// statusWindow is how many STATUS commands are under way at once: enough to
// hide the round trips, little enough that neither side's buffers fill up.
const statusWindow = 200

func (l *lister) statusItems() string {
	items := "MESSAGES UIDNEXT UIDVALIDITY"
	if l.s.caps.Has(imap.CapCondStore) {
		items += " HIGHESTMODSEQ"
	}
	if l.s.caps.Has(imap.CapStatusSize) {
		items += " SIZE"
	}
	return items
}

// statusAll asks for the counters folder by folder, many in flight, answered in
// any order (RFC 9051, 5.5). A folder that refuses keeps HasCounters false: it is
// looked into instead.
func (l *lister) statusAll() error {
	l.s.early = map[string]error{}
	defer func() { l.s.early = nil }()
	var flight []string
	answer := func(n int) error {
		if err := l.s.conn.Flush(); err != nil {
			return err
		}
		for _, tag := range flight[:n] {
			if err := l.s.wait(tag, 4*statusWindow, maxLine, l.answer); err != nil && !isRefusal(err) {
				return err
			}
		}
		flight = flight[n:]
		return nil
	}
	for _, f := range l.folders {
		name, ok := quoteName(f.Raw)
		if f.NoSelect || !ok {
			continue
		}
		flight = append(flight, l.s.send("STATUS "+name+" ("+l.statusItems()+")"))
		if len(flight) >= statusWindow {
			if err := answer(len(flight) / 2); err != nil {
				return err
			}
		}
	}
	return answer(len(flight))
}

// readStatus reads the items of a STATUS answer (RFC 9051, 7.3.4).
func readStatus(r *response, f *mailhaul.Folder) error {
	r.blanks()
	if err := r.expect('('); err != nil {
		return err
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		item := strings.ToUpper(string(r.word()))
		r.blanks()
		if item == "" {
			return r.syntax("a STATUS item")
		}
		n, err := r.number()
		if err != nil {
			return err
		}
		switch item {
		case "MESSAGES":
			f.Messages = uint32(n)
		case "UIDNEXT":
			f.UIDNext = mailhaul.UID(n)
		case "UIDVALIDITY":
			f.UIDValidity = uint32(n)
			f.HasCounters = n != 0
		case "HIGHESTMODSEQ":
			f.HighestModSeq = n
		case "SIZE":
			f.Size = int64(n)
		}
	}
	return nil
}
