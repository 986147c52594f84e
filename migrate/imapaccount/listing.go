package imapaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
)

// listWindow is how many folders are under way at once.
const listWindow = 32

// maxFlagEntries bounds the flags of one folder that a server can make us hold.
const maxFlagEntries = 4_000_000

// patience is how many answers about the messages of a folder may come, when the
// server says that there are so many: each twice, and what others change.
func patience(exists int64) int { return int(min(2*exists+maxTold, maxFlagEntries)) }

// List looks into folders, all of them in one flight of commands.
func (a *Account) List(ctx context.Context, requests []mailhaul.ListRequest, report func(mailhaul.Listing) error) error {
	var stopped error // report's own error, which no new connection mends
	done := 0
	err := a.withRetry(ctx, func(s *session) error {
		v := &viewer{s: s, notice: a.config.Notice, reader: fetchReader{map[string]mailhaul.Flags{}}}
		v.requests = requests[done:]
		return v.run(func(l mailhaul.Listing) error {
			done++
			stopped = report(l)
			return stopped
		})
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// viewer looks into folders on one session.
type viewer struct {
	s        *session
	reader   fetchReader
	requests []mailhaul.ListRequest
	notice   func(string)
}

// view is one folder under way: the commands sent for it, and what they gave.
type view struct {
	request              mailhaul.ListRequest
	examine, uids, flags string // tags, "" when not asked
	criteria
	exists  int64
	listing mailhaul.Listing
}

func (v *viewer) run(tell func(mailhaul.Listing) error) error {
	report := func(w *view) error {
		w.choose()
		v.window(w)
		return tell(w.listing)
	}
	var flight []*view
	next := 0
	for next < len(v.requests) || len(flight) > 0 {
		for next < len(v.requests) && len(flight) < listWindow {
			flight = append(flight, v.ask(v.requests[next]))
			next++
		}
		if err := v.s.conn.Flush(); err != nil {
			return err
		}
		if err := v.answer(flight[0]); err != nil {
			return err
		}
		// Healing is a round trip of its own: no other command may be under way.
		if w := flight[0]; w.listing.Err == nil && int64(w.listing.Live.Len()) != w.exists {
			for _, other := range flight[1:] {
				if err := v.answer(other); err != nil {
					return err
				}
			}
			for _, each := range flight {
				if err := v.heal(each); err != nil {
					return err
				}
				if err := report(each); err != nil {
					return err
				}
			}
			flight = nil
			continue
		}
		if err := report(flight[0]); err != nil {
			return err
		}
		flight = flight[1:]
	}
	return nil
}

// window notes that the server shows the newest messages of the folder only.
func (v *viewer) window(w *view) {
	most, live := v.s.kind.Window, w.listing.Live
	if most == 0 || w.listing.Err != nil || live.Len() < uint64(most) {
		return
	}
	w.listing.Floor = live.Ranges()[0].First
	v.notice(fmt.Sprintf("%s shows the newest %d messages of folder %q only: older ones may be there and are not seen", v.s.kind.Name, live.Len(), w.listing.Folder.Name))
}

// ask sends the commands for one folder.
func (v *viewer) ask(q mailhaul.ListRequest) *view {
	f := *q.Folder
	w := &view{request: q, listing: mailhaul.Listing{Folder: &f}}
	name, ok := quoteName(f.Raw)
	if !ok {
		w.listing.Err = folderError("open", &f, fmt.Errorf("%w: its name has line ends in it", errSyntax))
		return w
	}
	condstore := v.s.caps.Has(imap.CapCondStore)
	w.examine = v.s.examine(&f, name)
	flagsGiveAll := q.Known && (q.ModSeq == 0 || !condstore)
	switch {
	case v.s.caps.Has(imap.CapESearch):
		w.uids = v.s.send("UID SEARCH RETURN (ALL) ALL")
	case !flagsGiveAll:
		w.uids = v.s.send("UID FETCH 1:* (UID)")
	}
	switch {
	case flagsGiveAll:
		w.flags = v.s.send("UID FETCH 1:* (UID FLAGS)")
	case q.Known:
		w.flags = v.s.send(fmt.Sprintf("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %d)", q.ModSeq))
	}
	v.askCriteria(w)
	return w
}

// examine opens a folder with EXAMINE, not SELECT: reading must not change the
// source; but for servers on which reading needs SELECT.
func (s *session) examine(f *mailhaul.Folder, name string) string {
	s.opened = f.Raw
	switch {
	case s.kind.SelectToRead:
		return s.send("SELECT " + name)
	case s.caps.Has(imap.CapCondStore):
		return s.send("EXAMINE " + name + " (CONDSTORE)")
	}
	return s.send("EXAMINE " + name)
}

// answer reads the answers to the commands of one folder. A refusal is the
// folder's, any other error the line's.
func (v *viewer) answer(w *view) error {
	if w.examine == "" {
		return nil
	}
	f := w.listing.Folder
	opened := true
	err := v.s.wait(w.examine, maxTold, maxLine, func(n uint32, word string, r *response) error {
		return readExamine(n, word, r, f, &w.exists)
	})
	if err != nil {
		if !isRefusal(err) {
			return err
		}
		opened = false
		w.listing.Err = folderError("open", f, err)
	}
	var uids []mailhaul.UID
	for _, tag := range []string{w.uids, w.flags, w.days, w.large} {
		if tag == "" {
			continue
		}
		found := w.found(tag)
		err := v.s.wait(tag, patience(w.exists), maxSetLine, func(n uint32, word string, r *response) error {
			if !opened {
				return nil // of whatever folder it speaks, it is not this one
			}
			switch word {
			case "EXISTS":
				w.exists = int64(n)
			case "EXPUNGE":
				w.exists--
			case "ESEARCH":
				of, set, err := readESearch(r)
				into := w.found(of) // Dovecot answers the next SEARCH before it ends this one
				if into == nil {
					into = found
				}
				*into = set
				return err
			case "SEARCH":
				return readSearch(r, found)
			case "FETCH":
				got, err := v.reader.read(r, nil)
				if err != nil || got.uid == 0 {
					return err
				}
				if !v.s.caps.Has(imap.CapESearch) && tag != w.days && tag != w.large {
					uids = append(uids, got.uid)
				}
				// The answers to a command may come before the end of the one
				// before it.
				if got.hasFlags && w.flags != "" {
					w.listing.Flags = append(w.listing.Flags, mailhaul.UIDFlags{UID: got.uid, Flags: got.flags})
				}
			}
			return nil
		})
		if err != nil {
			if !isRefusal(err) {
				return err
			}
			// A server may refuse "1:*" in an empty folder.
			if w.listing.Err == nil && w.exists > 0 {
				w.listing.Err = folderError("list", f, err)
			}
		}
	}
	if len(uids) > 0 {
		w.listing.Live = mailhaul.UIDSetOf(uids...)
	}
	sortFlags(&w.listing)
	w.searched = w.listing.Live
	return nil
}

// sortFlags orders the flags by UID; of several about one message the last one
// said counts.
func sortFlags(l *mailhaul.Listing) {
	slices.SortStableFunc(l.Flags, func(a, b mailhaul.UIDFlags) int { return int(int64(a.UID) - int64(b.UID)) })
	out := l.Flags[:0]
	for i, f := range l.Flags {
		if i+1 == len(l.Flags) || l.Flags[i+1].UID != f.UID {
			out = append(out, f)
		}
	}
	l.Flags = out
}

// readExamine takes the counters from the answers to EXAMINE (RFC 9051, 6.3.3).
func readExamine(n uint32, word string, r *response, f *mailhaul.Folder, exists *int64) error {
	switch word {
	case "EXISTS":
		f.Messages = n
		*exists = int64(n)
	case "OK":
		code := r.code()
		var value uint64
		var err error
		switch code {
		case "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ":
			if value, err = r.number(); err != nil {
				return err
			}
		}
		switch code {
		case "UIDVALIDITY":
			f.UIDValidity, f.HasCounters = uint32(value), true
		case "UIDNEXT":
			f.UIDNext = mailhaul.UID(value)
		case "HIGHESTMODSEQ":
			f.HighestModSeq = value
		case "NOMODSEQ":
			f.HighestModSeq = 0
		}
	}
	return nil
}

// found is where the answer to a command of the view goes, nil when it is of
// another one.
func (w *view) found(tag string) *mailhaul.UIDSet {
	switch {
	case tag == "":
		return nil
	case tag == w.days:
		return &w.inDays
	case tag == w.large:
		return &w.tooLarge
	case tag == w.uids || tag == w.flags:
		return &w.listing.Live
	}
	return nil
}

// readESearch reads an ESEARCH answer (RFC 9051, 7.3.4) and the tag of the
// command that it answers, "" when it does not say: no ALL in it means no
// message.
func readESearch(r *response) (tag string, set mailhaul.UIDSet, err error) {
	if r.eat('(') {
		if strings.EqualFold(string(r.word()), "TAG") {
			r.blanks()
			if tag, _, err = r.text(); err != nil {
				return "", set, err
			}
		}
		if err := r.expect(')'); err != nil {
			return "", set, err
		}
	}
	for r.blanks(); len(r.rest) > 0; r.blanks() {
		switch item := strings.ToUpper(string(r.word())); item {
		case "UID":
		case "ALL":
			r.blanks()
			set, err = mailhaul.ParseUIDSet(string(r.word()))
			return tag, set, err
		case "":
			return tag, set, r.syntax("an ESEARCH item")
		default:
			if err := r.skip(); err != nil {
				return tag, set, err
			}
		}
	}
	return tag, set, nil
}

// heal asks once more, by sequence number, when the server names another number
// of messages than it counts: some leave messages out of SEARCH.
func (v *viewer) heal(w *view) error {
	if w.listing.Err != nil || int64(w.listing.Live.Len()) == w.exists {
		return nil
	}
	f := w.listing.Folder
	name, _ := quoteName(f.Raw)
	examine, uids := v.s.examine(f, name), v.s.send("FETCH 1:* (UID)")
	if err := v.s.conn.Flush(); err != nil {
		return err
	}
	var exists int64
	err := v.s.wait(examine, maxTold, maxLine, func(n uint32, word string, r *response) error {
		return readExamine(n, word, r, f, &exists)
	})
	if err != nil {
		return err
	}
	live := w.listing.Live
	var found mailhaul.UIDSet
	err = v.s.wait(uids, patience(exists), maxLine, func(_ uint32, word string, r *response) error {
		if word != "FETCH" {
			return nil
		}
		got, err := v.reader.read(r, nil)
		if err == nil {
			found.Add(got.uid)
		}
		return err
	})
	if err != nil && !isRefusal(err) {
		return err
	}
	if int64(found.Len()) == exists { // this time it is consistent
		w.listing.Live = found
		return nil
	}
	for _, r := range found.Ranges() {
		live.AddRange(r)
	}
	w.listing.Live = live
	w.listing.Err = folderError("list", f, fmt.Errorf("the server counts %d messages and names %d", exists, live.Len()))
	return nil
}

func folderError(verb string, f *mailhaul.Folder, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: verb + " folder", Folder: f.Name, Err: err}
}
