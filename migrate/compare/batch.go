package compare

import (
	"context"
	"io"

	"github.com/mailhaul/mailhaul"
)

// batchSize is how many differences wait for the header fields of their
// messages, which are asked for again: they are not held for all messages.
const batchSize = 1000

// finding is a difference and the folders in which its message is.
type finding struct {
	Difference
	source [2]*folder
}

// batch are findings that wait to be told, in order.
type batch struct{ waiting []finding }

// tell takes one finding.
func (c *comparison) tell(ctx context.Context, f finding) error {
	c.batch.waiting = append(c.batch.waiting, f)
	if len(c.batch.waiting) < batchSize {
		return nil
	}
	return c.flush(ctx)
}

// flush tells what waits. A message whose header cannot be read any more is
// told without it, and so are all when a side is lost.
func (c *comparison) flush(ctx context.Context) error {
	waiting := c.batch.waiting
	c.batch.waiting = waiting[:0]
	var known [2]map[place]fields
	err := c.both(ctx, func(s *side, ctx context.Context) (err error) {
		known[s.number], err = s.fields(ctx, waiting)
		return err
	})
	for _, f := range waiting {
		d := f.Difference
		h, found := known[sideA][place{f.source[sideA], d.UIDA}]
		if !found {
			h = known[sideB][place{f.source[sideB], d.UIDB}]
		}
		d.From, d.Date, d.Subject, d.MessageID = h.From, h.Date, h.Subject, h.MessageID
		c.summary.Differences++
		if c.o.Tell != nil {
			c.o.Tell(d)
		}
	}
	return err
}

// place is where a message is.
type place struct {
	folder *folder
	uid    mailhaul.UID
}

// fields reads the header fields of those messages that are named by this side:
// A names what it has, B the rest.
func (s *side) fields(ctx context.Context, list []finding) (map[place]fields, error) {
	asked := map[*folder]*mailhaul.UIDSet{}
	var order []*folder
	for _, f := range list {
		at := f.source[s.number]
		if at == nil || s.number == sideB && f.source[sideA] != nil {
			continue
		}
		if asked[at] == nil {
			asked[at] = &mailhaul.UIDSet{}
			order = append(order, at)
		}
		asked[at].Add([...]mailhaul.UID{f.UIDA, f.UIDB}[s.number])
	}
	if len(order) == 0 {
		return nil, nil
	}
	work := make([]mailhaul.Work, len(order))
	for i, f := range order {
		work[i] = mailhaul.Work{Folder: f.Folder, UIDs: *asked[f]}
	}
	found := map[place]fields{}
	err := s.src.Headers(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(m.Body, headerLimit))
		if err != nil {
			if mailhaul.ScopeOf(err) == mailhaul.ScopeMessage {
				return nil
			}
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		found[place{s.byFolder[m.Folder], m.UID}] = readFields(text)
		return nil
	})
	return found, err
}
