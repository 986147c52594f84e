package imapaccount

import (
	"context"
	"errors"
	"fmt"

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
