package imapaccount

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// The items that Fetch and Headers ask for, the UID first, so that a body can
// be streamed when it comes.
var (
	messageItems = "(UID FLAGS INTERNALDATE BODY.PEEK[])"
	headerItems  = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (" + strings.Join(mailhaul.FingerprintFields, " ") + ")])"
)

const (
	// messagesPerConnection: below it one more connection costs more round trips
	// than it saves.
	messagesPerConnection = 100
	// A command asks for so many messages, in so many ranges, that its line stays
	// below 8000 octets (RFC 7162, 4) and a lost line costs little.
	minChunk, maxChunk, maxRanges = 20, 500, 300
)

// Fetch gives the messages of work to deliver, over several connections.
func (a *Account) Fetch(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return a.fetch(ctx, work, messageItems, deliver)
}

// Headers gives size and identifying header fields of the messages of work.
func (a *Account) Headers(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return a.fetch(ctx, work, headerItems, deliver)
}

// fetch shares the work among connections and waits for all of them.
func (a *Account) fetch(ctx context.Context, work []mailhaul.Work, items string, deliver func(*mailhaul.Message) error) error {
	q := &queue{work: append([]mailhaul.Work(nil), work...), broken: map[*mailhaul.Folder]bool{}}
	var messages uint64
	for _, w := range work {
		messages += w.UIDs.Len()
	}
	if messages == 0 {
		return nil
	}
	connections := min(uint64(a.config.Connections), 1+messages/messagesPerConnection)
	q.chunk = min(max(messages/(connections*8), minChunk), maxChunk)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range connections {
		f := &fetcher{a: a, q: q, items: items, deliver: deliver, retry: retry{a: a},
			reader: fetchReader{map[string]mailhaul.Flags{}}, losses: map[suspect]int{}}
		workers.Go(func() {
			if err := f.run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// queue is the work that no connection has taken yet.
type queue struct {
	chunk   uint64
	mu      sync.Mutex
	work    []mailhaul.Work
	broken  map[*mailhaul.Folder]bool
	serving int // connections that work on it
}

// serve counts connections that take up work or stop to.
func (q *queue) serve(change int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serving += change
}

// served tells whether the queue is worked on by any connection: then another
// one that is refused may give up.
func (q *queue) served() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.serving > 0
}

// unit is a part of a folder's messages that one command asks for.
type unit struct {
	folder  *mailhaul.Folder
	pending mailhaul.UIDSet // not yet delivered
	tries   int             // how often the server refused just this
}

// take cuts the next unit off the work, from the folder that is open if there
// is more of it. It is lazy: a server may claim four billion messages.
func (q *queue) take(opened string) *unit {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.work) > 0 {
		at := 0
		for i, w := range q.work {
			if w.Folder.Raw == opened {
				at = i
				break
			}
		}
		w := &q.work[at]
		if q.broken[w.Folder] || w.UIDs.Empty() {
			q.work = append(q.work[:at], q.work[at+1:]...)
			continue
		}
		u := &unit{folder: w.Folder, pending: w.UIDs.Cut(q.chunk, maxRanges)}
		if w.UIDs.Empty() {
			q.work = append(q.work[:at], q.work[at+1:]...)
		}
		return u
	}
	return nil
}

// breakFolder drops the rest of a folder; true for the one who has to tell.
func (q *queue) breakFolder(f *mailhaul.Folder) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := !q.broken[f]
	q.broken[f] = true
	return first
}

func (q *queue) isBroken(f *mailhaul.Folder) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.broken[f]
}

// messageError is what is wrong with one message.
func messageError(f *mailhaul.Folder, uid mailhaul.UID, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "fetch message", Folder: f.Name, UID: uid, Err: err}
}

// giveUp delivers an error in place of a message, or of the rest of a folder
// when uid is 0.
func (f *fetcher) giveUp(folder *mailhaul.Folder, uid mailhaul.UID, err error) error {
	m := &mailhaul.Message{Folder: folder, UID: uid}
	if uid == 0 {
		if !f.q.breakFolder(folder) {
			return nil
		}
		m.Err = folderError("fetch from", folder, err)
	} else {
		m.Err = messageError(folder, uid, err)
	}
	if err := f.deliver(m); err != nil {
		return &stopped{err}
	}
	return nil
}

// stopped is an error of the receiver: no new connection mends it.
type stopped struct{ err error }

func (s *stopped) Error() string { return s.err.Error() }
func (s *stopped) Unwrap() error { return s.err }

var errEmptyAnswer = fmt.Errorf("the server says OK and gives no message")
