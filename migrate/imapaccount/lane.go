package imapaccount

import (
	"github.com/mailhaul/mailhaul"
)

// Limits of a batch, in messages and octets, and of what waits in memory.
const (
	batchMessages = 500
	batchOctets   = 2 << 20
	maxHeld       = 10 << 20
)

// lane holds what waits for one folder of the account.
type lane struct {
	folder  *mailhaul.Folder // in the account
	name    string           // as commands spell it
	first   mailhaul.UID     // the lowest UID that a message sent now can get
	open    *batch           // being filled
	octets  int64            // of the open batch
	waiting []*batch         // to be sent, in order
	sending bool             // a connection serves the lane
	err     error            // why the folder takes no more messages
	taken   bool             // it has taken a message
	refused int              // single messages refused before it took one
}

// batch is what one command, or one flight of commands, sends.
type batch struct {
	messages  []*outgoing
	announced bool
}

// outgoing is a message on its way out.
type outgoing struct {
	receipt mailhaul.Receipt // digest and fingerprint once they are known
	first   mailhaul.UID     // the lowest UID that it can get, once it is announced
	octets  []byte           // the message; nil when it is streamed
	stream  *stream
	// bare and undated are what is tried when the account refuses the message:
	// without keywords, then without its date.
	bare, undated bool
}

// put adds a message to the lane's open batch. The caller holds t.mu.
func (l *lane) put(t *Target, o *outgoing) {
	if l.open == nil {
		l.open, l.octets = &batch{}, 0
	}
	l.open.messages = append(l.open.messages, o)
	l.octets += o.receipt.Size
	if len(l.open.messages) >= batchMessages || l.octets >= batchOctets {
		l.closeOpen()
	}
	t.serve(l)
}

// closeOpen ends the open batch. The caller holds t.mu.
func (l *lane) closeOpen() {
	if l.open != nil {
		l.waiting = append(l.waiting, l.open)
		l.open = nil
	}
}

// idle tells whether nothing waits. The caller holds t.mu.
func (l *lane) idle() bool { return l.open == nil && len(l.waiting) == 0 }

// serve sees to it that a connection sends what waits in a lane. The caller
// holds t.mu.
func (t *Target) serve(l *lane) {
	if !l.sending && t.senders < t.config.Connections {
		t.senders++
		go t.send()
	}
}

// takeLane returns a lane that nobody serves and that has something to send,
// nil when there is none: the caller ends then.
func (t *Target) takeLane() *lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		for _, l := range t.lanes {
			if !l.sending && !l.idle() {
				l.sending = true
				return l
			}
		}
	}
	t.senders--
	t.changed.Broadcast()
	return nil
}

// leaveLane says that nobody serves the lane any more.
func (t *Target) leaveLane(l *lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.sending = false
	t.changed.Broadcast()
}

// next takes the batch to be sent next, nil when there is none or nothing may
// be sent any more. With nothing under way (idle) it also takes one that is not
// full: nobody gains by waiting. While something is under way the open batch
// fills.
func (t *Target) next(l *lane, idle bool) *batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil
	}
	if idle && len(l.waiting) == 0 {
		l.closeOpen()
	}
	if len(l.waiting) == 0 {
		return nil
	}
	b := l.waiting[0]
	l.waiting = l.waiting[1:]
	return b
}

// again puts batches before all that wait.
func (t *Target) again(l *lane, batches ...*batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.waiting = append(batches, l.waiting...)
}

// settled releases what messages hold in memory, and whoever waits for one that
// was streamed.
func (t *Target) settled(messages []*outgoing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range messages {
		if o.stream != nil {
			o.stream.end(nil)
			continue
		}
		t.held -= int64(len(o.octets))
		o.octets = nil
	}
	t.changed.Broadcast()
}

// split halves a batch that was refused as a whole.
func (b *batch) split() (*batch, *batch) {
	half := len(b.messages) / 2
	return &batch{messages: b.messages[:half], announced: true}, &batch{messages: b.messages[half:], announced: true}
}
