package archive

import (
	"context"
	"time"

	"github.com/mailhaul/mailhaul"
)

// maxLooks is how often a folder is looked into when a run that writes makes it
// another one meanwhile.
const maxLooks = 5

// List implements [mailhaul.Source]. Flags, when asked for, are those of all
// messages. A message without a date is within all bounds of days.
func (s *Source) List(ctx context.Context, requests []mailhaul.ListRequest, report func(mailhaul.Listing) error) error {
	for _, q := range requests {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		l, err := s.look(ctx, q)
		if err != nil && mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
			return err
		}
		l.Err = err
		if err := report(l); err != nil {
			return err
		}
	}
	return nil
}

// look returns the state of one folder. When it does not hold as much as Folders
// has counted, a run that writes has changed it since: perhaps it is gone or has
// another UIDVALIDITY, and what was read is half of each.
func (s *Source) look(ctx context.Context, q mailhaul.ListRequest) (mailhaul.Listing, error) {
	for tries := 1; ; tries++ {
		o, err := s.find(ctx, q.Folder.Name)
		var l *listing
		if err == nil {
			l, err = s.read(ctx, o, q)
		}
		if err != nil {
			folder := *q.Folder
			return mailhaul.Listing{Folder: &folder}, err
		}
		if l.at.sum.messages == o.sum.messages || tries == maxLooks {
			return l.done(q), nil
		}
		if _, err := s.Folders(ctx); err != nil {
			return mailhaul.Listing{}, err
		}
		now := s.given[q.Folder.Name]
		if now != nil && now.folder.ID == o.folder.ID && now.folder.GoneRun == o.folder.GoneRun && now.uidValidity == o.uidValidity {
			return l.done(q), nil // messages more or less
		}
	}
}

// listing is a Listing that is being made.
type listing struct {
	mailhaul.Listing
	at origin // with the sum of what was read
}

// read reads the messages of one folder.
func (s *Source) read(ctx context.Context, o *origin, q mailhaul.ListRequest) (*listing, error) {
	l := &listing{at: *o}
	if !q.Known && q.Criteria.All() {
		// A few octets a message instead of all that is known of it.
		set, err := s.uids(ctx, o)
		if err != nil {
			return nil, oneFolder(q.Folder.Name, err)
		}
		if int64(set.Len()) == o.sum.messages {
			l.Live, l.Chosen = set, set
			return l, nil
		}
	}
	l.at.sum = sum{}
	bounds := daysOf(q.Criteria)
	for m, err := range s.from.Messages(ctx, o.folder.ID) {
		if err != nil {
			return nil, oneFolder(q.Folder.Name, err)
		}
		given, present := s.gives(&o.folder, &m)
		if !given || m.UIDValidity != o.uidValidity {
			continue
		}
		l.at.sum.add(&m, present)
		l.Live.Add(m.UID)
		if q.Known {
			l.Flags = append(l.Flags, mailhaul.UIDFlags{UID: m.UID, Flags: m.Flags})
		}
		if !bounds.hold(m.InternalDate) || !q.Criteria.UIDs.Empty() && !q.Criteria.UIDs.Contains(m.UID) {
			continue
		}
		if q.Criteria.MaxSize > 0 && m.Size > q.Criteria.MaxSize {
			l.TooLarge.Add(m.UID)
		} else {
			l.Chosen.Add(m.UID)
		}
	}
	return l, nil
}

// done fills in the folder of the request, as it is now.
func (l *listing) done(q mailhaul.ListRequest) mailhaul.Listing {
	folder := *q.Folder
	l.at.count(&folder)
	l.Folder = &folder
	return l.Listing
}

// uids returns the UIDs of what is given of a folder; none when that needs more
// than the ledger's UIDs.
func (s *Source) uids(ctx context.Context, o *origin) (mailhaul.UIDSet, error) {
	if s.lost != nil {
		return s.lost.uidsOf(o.folder.ID, o.uidValidity), nil
	}
	if o.folder.GoneRun != 0 && !s.o.Deleted {
		return mailhaul.UIDSet{}, nil
	}
	live, gone, err := s.from.UIDs(ctx, o.folder.ID, o.uidValidity)
	if s.o.Deleted {
		for _, r := range gone.Ranges() {
			live.AddRange(r)
		}
	}
	return live, err
}

// days are the bounds of criteria, as numbers that grow by the day; 0 for none.
type days struct{ since, before int }

func daysOf(c mailhaul.Criteria) days { return days{day(c.Since), day(c.Before)} }

// hold tells whether a date lies within the bounds by its day, in its own zone
// (RFC 9051, 6.4.4).
func (d days) hold(date time.Time) bool {
	n := day(date)
	return n == 0 || n >= d.since && (d.before == 0 || n < d.before)
}

func day(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	year, month, n := t.Date()
	return (year*12+int(month))*31 + n
}
