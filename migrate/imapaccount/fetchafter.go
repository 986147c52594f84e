package imapaccount

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// afterLoss takes back what was under way. A message that was being read each
// time the line was lost is given up.
func (f *fetcher) afterLoss() error {
	for _, c := range f.flight {
		f.todo = append(f.todo, c.unit)
	}
	f.flight = f.flight[:0]
	uid := f.reading
	f.reading = 0
	if uid == 0 {
		return nil
	}
	at := suspect{f.current, uid}
	if f.losses[at]++; f.losses[at] < maxLosses {
		return nil
	}
	for _, u := range f.todo {
		if u.folder.Raw == f.current && u.pending.Contains(uid) {
			u.pending.Remove(uid)
			f.retry.progress() // the next connection is for the next message
			return f.giveUp(u.folder, uid, fmt.Errorf("the connection was lost %d times at this message", maxLosses))
		}
	}
	return nil
}

// after decides what becomes of a unit once its tagged answer came.
func (f *fetcher) after(ctx context.Context, c *command, refused error) error {
	if c.pending.Empty() || f.q.isBroken(c.folder) {
		return nil
	}
	switch {
	case refused == nil:
		f.missing = append(f.missing, c.unit)
		if f.barren += c.pending.Len(); f.barren >= barrenLimit {
			return f.giveUp(c.folder, 0, fmt.Errorf("the server names messages and gives none of them"))
		}
	case isDaily(refused):
		return &stopped{f.a.dailyLimit("fetch messages from "+f.a.config.Host, refused)}
	case isThrottle(refused):
		f.todo = append(f.todo, c.unit)
		return f.retry.again(ctx, refused)
	case f.items == identityItems, f.items == labelItems: // what is not known is no loss
		return f.giveUp(c.folder, 0, refused)
	case c.pending.Len() > 1: // so that one bad message costs only itself
		half := c.pending.Cut(c.pending.Len()/2, maxRanges)
		f.todo = append(f.todo, &unit{folder: c.folder, pending: half}, c.unit)
	case c.tries < maxRefusals && f.busy(refused):
		c.tries++
		f.todo = append(f.todo, c.unit)
		return f.pause(ctx, refused)
	default:
		uid := c.pending.Ranges()[0].First
		return f.giveUp(c.folder, uid, refused)
	}
	return nil
}

func (f *fetcher) busy(err error) bool {
	s, ok := errors.AsType[*statusError](err)
	return ok && quirk.Later(s.code, s.text)
}

// pause waits a little before a single message is asked for again. It does not
// count as a try of the connection.
func (f *fetcher) pause(ctx context.Context, err error) error {
	r := retry{a: f.a}
	return r.again(ctx, err)
}

// checkMissing asks which of the messages that did not come are still there.
// Those that are have failed, the others have gone.
func (f *fetcher) checkMissing() error {
	u := f.missing[0]
	if f.q.isBroken(u.folder) {
		f.missing = f.missing[1:]
		return nil
	}
	c := &command{unit: u}
	name, _ := quoteName(u.folder.Raw)
	c.examine = f.s.examine(u.folder, name) // always: some servers hide what arrived or went since
	c.fetch = f.s.send("UID FETCH " + u.pending.String() + " (UID)")
	if err := f.s.conn.Flush(); err != nil {
		return err
	}
	if err := f.open(c); err != nil {
		return err
	}
	var there mailhaul.UIDSet
	err := f.s.wait(c.fetch, int(2*u.pending.Len())+maxTold, maxLine, func(_ uint32, word string, r *response) error {
		if word != "FETCH" {
			return nil
		}
		got, err := f.reader.read(r, nil)
		there.Add(got.uid)
		return err
	})
	if err != nil && !isRefusal(err) {
		return err
	}
	f.missing = f.missing[1:]
	if f.q.isBroken(u.folder) {
		return nil
	}
	for uid := range u.pending.All() {
		reason := error(mailhaul.ErrGone)
		if there.Contains(uid) {
			reason = errEmptyAnswer
		}
		if err := f.giveUp(u.folder, uid, reason); err != nil {
			return err
		}
	}
	return nil
}
