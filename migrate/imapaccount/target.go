package imapaccount

import (
	"context"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// Target is an account that takes mail. It is a mailhaul.Holder.
//
// Messages wait in one lane for each folder, are gathered into batches there,
// and are sent by a few connections, each of which serves one lane at a time:
// so a folder's messages keep their order, and no two connections fight for a
// folder's lock.
type Target struct {
	*Account

	journal  sync.Mutex // held while announce or receipts is called
	announce func([]mailhaul.Intent, []mailhaul.Receipt) error
	receipts func([]mailhaul.Receipt) error

	mu      sync.Mutex
	changed *sync.Cond       // on everything below
	lanes   map[string]*lane // by the raw name of the folder in the account
	senders int              // goroutines that send
	held    int64            // octets in memory
	err     error            // what stopped the target
}

var _ mailhaul.Holder = (*Target)(nil)

// Target returns the account as a target. It shares the account's connections.
func (a *Account) Target() *Target {
	a.takesMail, a.limits = true, mailhaul.Limits{Message: -1, Used: -1, Total: -1}
	t := &Target{Account: a, lanes: map[string]*lane{},
		receipts: func([]mailhaul.Receipt) error { return nil }}
	t.announce = func(_ []mailhaul.Intent, done []mailhaul.Receipt) error {
		if len(done) == 0 {
			return nil
		}
		return t.receipts(done)
	}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// Announce implements mailhaul.Holder.
func (t *Target) Announce(f func([]mailhaul.Intent, []mailhaul.Receipt) error) { t.announce = f }

// Receipts implements mailhaul.Target.
func (t *Target) Receipts(f func([]mailhaul.Receipt) error) { t.receipts = f }

// Names implements mailhaul.Holder.
func (t *Target) Names() (namespace, delimiter string) {
	if p := t.namespaces.Personal; len(p) > 0 {
		return decodeName(p[0].Prefix, t.utf8), p[0].Delimiter
	}
	return "", t.delimiter
}

// stop ends the target: nothing is taken or sent any more.
func (t *Target) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
	for _, l := range t.lanes {
		for _, b := range l.waiting {
			for _, o := range b.messages {
				if o.stream != nil {
					o.stream.end(t.err)
				}
			}
		}
	}
	t.changed.Broadcast()
}

// Flush implements mailhaul.Target.
func (t *Target) Flush(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { t.stop(ctx.Err()) })
	defer stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lanes {
		l.closeOpen()
	}
	for t.busy() {
		t.changed.Wait()
	}
	return t.err
}

// busy tells whether anything is still to be sent or being sent. The caller
// holds mu.
func (t *Target) busy() bool {
	for _, l := range t.lanes {
		if l.sending || t.err == nil && !l.idle() {
			return true
		}
	}
	return false
}
