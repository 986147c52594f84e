package imapaccount

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mailhaul/mailhaul"
)

const (
	// fetchWindow is how many commands of a connection are under way at most,
	// and flightChunks how many chunks of messages: enough that the line never
	// waits, little enough that work is left for the other connections.
	fetchWindow, flightChunks = 32, 2
	// maxLosses: a message at which the line was lost that often is not asked
	// for again in this run. Some servers die of some messages.
	maxLosses = 3
	// maxRefusals is how often one message is asked for again when the server
	// says that it cannot now.
	maxRefusals = 2
	// barrenLimit: a server that named so many messages of a folder and gave
	// none of them is not asked for more of that folder.
	barrenLimit = 1500
)

// fetcher is one connection's share of a fetch.
type fetcher struct {
	a       *Account
	q       *queue
	items   string
	deliver func(*mailhaul.Message) error
	reader  fetchReader

	s       *session
	retry   retry
	todo    []*unit // taken from the queue, to be asked for (again)
	missing []*unit // the server said OK and did not give these
	flight  []*command
	current string // raw name of the folder that the answers are about, "" for none
	losses  map[suspect]int
	reading mailhaul.UID // whose body is being read
	barren  uint64       // messages of the current folder asked for in vain, without one between
}

// suspect is a message at which the line was lost.
type suspect struct {
	folder string // its raw name
	uid    mailhaul.UID
}

// command is one unit under way.
type command struct {
	*unit
	examine, fetch string // tags; examine is "" when the folder was open
}

// run works until nothing is left to ask for.
func (f *fetcher) run(ctx context.Context) error {
	for {
		err := f.session(ctx)
		if err == nil {
			return nil
		}
		if receiver := (*stopped)(nil); errors.As(err, &receiver) {
			return receiver.err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(f.todo)+len(f.missing) == 0 && f.q.served() {
			f.a.config.Notice(fmt.Sprintf("going on with fewer connections: %v", err))
			return nil
		}
		if err := f.retry.again(ctx, err); err != nil {
			return err
		}
	}
}

// session takes a connection, works with it as long as it lives, and gives it
// back.
func (f *fetcher) session(ctx context.Context) error {
	s, err := f.a.acquire(ctx)
	if err != nil {
		return err
	}
	f.s, f.current, s.opened = s, "", ""
	f.q.serve(1)
	defer f.q.serve(-1)
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	err = f.work(ctx)
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err == nil {
		f.a.release(s)
		return nil
	}
	lost := f.a.lost(s, err)
	if receiver := (*stopped)(nil); errors.As(err, &receiver) {
		return err
	}
	if err := f.afterLoss(); err != nil {
		return err
	}
	return lost
}

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

// work keeps commands under way until nothing is left.
func (f *fetcher) work(ctx context.Context) error {
	for {
		if err := f.fill(); err != nil {
			return err
		}
		if len(f.flight) == 0 {
			if len(f.missing) == 0 {
				return nil
			}
			if err := f.checkMissing(); err != nil {
				return err
			}
			continue
		}
		c := f.flight[0]
		err := f.answer(c)
		if err != nil && !isRefusal(err) {
			return err
		}
		f.flight = f.flight[1:]
		if err := f.after(ctx, c, err); err != nil {
			return err
		}
	}
}

// fill sends commands until enough are under way.
func (f *fetcher) fill() error {
	var messages uint64
	for _, c := range f.flight {
		messages += c.pending.Len()
	}
	for len(f.flight) < fetchWindow && (len(f.flight) < 2 || messages < flightChunks*f.q.chunk) {
		u := f.next()
		if u == nil {
			break
		}
		c, err := f.send(u)
		if err != nil {
			return err
		}
		if c != nil {
			f.flight = append(f.flight, c)
			messages += u.pending.Len()
		}
	}
	return f.s.conn.Flush()
}

func (f *fetcher) next() *unit {
	for len(f.todo) > 0 {
		u := f.todo[0]
		f.todo = f.todo[1:]
		if !u.pending.Empty() && !f.q.isBroken(u.folder) {
			return u
		}
	}
	return f.q.take(f.s.opened)
}

func (f *fetcher) send(u *unit) (*command, error) {
	c := &command{unit: u}
	if f.s.opened != u.folder.Raw {
		name, ok := quoteName(u.folder.Raw)
		if !ok {
			return nil, f.giveUp(u.folder, 0, fmt.Errorf("%w: its name has line ends in it", errSyntax))
		}
		c.examine = f.s.examine(u.folder, name)
	}
	c.fetch = f.s.send("UID FETCH " + u.pending.String() + " " + f.items)
	return c, nil
}

// answer reads the answers to one unit's commands, to the tagged one.
func (f *fetcher) answer(c *command) error {
	if c.examine != "" {
		if err := f.open(c); err != nil {
			return err
		}
	}
	return f.s.wait(c.fetch, f.patience(), maxLine, func(_ uint32, word string, r *response) error {
		if word != "FETCH" {
			return nil
		}
		return f.message(r)
	})
}

// patience is how many untagged answers may come: those of all commands under
// way, and as many of which nobody asked.
func (f *fetcher) patience() int {
	n := uint64(100_000)
	for _, c := range f.flight {
		n += 2 * c.pending.Len()
	}
	return int(n)
}

// open reads the answer to EXAMINE. A folder that does not open, or is not the
// one that was listed, is given up; its messages that come all the same are
// dropped.
func (f *fetcher) open(c *command) error {
	f.current, f.barren = "", 0
	seen := *c.folder
	var exists int64
	err := f.s.wait(c.examine, 100_000, maxLine, func(n uint32, word string, r *response) error {
		return readExamine(n, word, r, &seen, &exists)
	})
	switch {
	case isRefusal(err):
		return f.giveUp(c.folder, 0, err)
	case err != nil:
		return err
	case seen.UIDValidity != c.folder.UIDValidity:
		return f.giveUp(c.folder, 0, fmt.Errorf("its UIDVALIDITY changed from %d to %d during the run", c.folder.UIDValidity, seen.UIDValidity))
	}
	f.current = c.folder.Raw
	return nil
}

// message reads one FETCH answer and delivers its message if it was asked for
// and was not yet delivered: a server may say anything at any time.
func (f *fetcher) message(r *response) error {
	var held *body
	var release func()
	delivered := false
	got, err := f.reader.read(r, func(so fetched, b *body) error {
		if held != nil || delivered {
			return nil
		}
		if f.complete(so) {
			u := f.wanting(so.uid)
			if u == nil {
				return nil
			}
			delivered = true
			return f.hand(u, so, b)
		}
		f.reading = so.uid
		var err error
		held, release, err = hold(b)
		return err
	})
	if release != nil {
		defer release()
	}
	if err != nil || held == nil {
		return err
	}
	if u := f.wanting(got.uid); u != nil {
		return f.hand(u, got, held)
	}
	return nil
}

// complete tells whether all that belongs to a message stood before its body.
func (f *fetcher) complete(so fetched) bool {
	return so.uid != 0 && so.hasFlags && !so.date.IsZero() && (f.items == messageItems || so.size >= 0)
}

// wanting returns the unit under way that waits for a message of the open
// folder, nil when none does. It need not be that of the command whose answer
// comes next: Dovecot 2.3 serves consecutive UID FETCH commands as one.
func (f *fetcher) wanting(uid mailhaul.UID) *unit {
	for i, c := range f.flight {
		if i > 0 && c.examine != "" || f.current != c.folder.Raw {
			return nil
		}
		if c.pending.Contains(uid) {
			return c.unit
		}
	}
	return nil
}

// hand gives one message to the receiver.
func (f *fetcher) hand(u *unit, got fetched, b *body) error {
	f.reading = got.uid
	m := &mailhaul.Message{Folder: u.folder, UID: got.uid, Flags: got.flags, InternalDate: got.date, Size: b.size, Body: b}
	if f.items != messageItems {
		m.Size = got.size
	}
	if err := f.deliver(m); err != nil {
		if b.err != nil {
			return b.err // the receiver only passes on that the line was lost
		}
		return &stopped{err}
	}
	if _, err := io.Copy(io.Discard, b); err != nil {
		return err
	}
	f.reading = 0
	u.pending.Remove(got.uid)
	f.barren = 0
	f.retry.progress()
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
	case isThrottle(refused):
		f.todo = append(f.todo, c.unit)
		return f.retry.again(ctx, refused)
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
	return ok && isBusy(s.code, s.text)
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
	err := f.s.wait(c.fetch, int(2*u.pending.Len())+100_000, maxLine, func(_ uint32, word string, r *response) error {
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
