package imapaccount

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
)

// sender is one connection's share of the sending.
type sender struct {
	t      *Target
	s      *session
	retry  retry
	flight []*flying
	// suspect says that the server refused something: some end the connection
	// then, after 10 refusals (Exchange) or after each.
	suspect bool
	done    []mailhaul.Receipt // told with the next batch, or when there is none
}

// flying is a batch under way: sent, not yet answered.
type flying struct {
	*batch
	tags []string // one, or one for each message
}

// sendWindow is how many batches of a connection are under way: while the
// server works on one the next one is on the line.
const sendWindow = 2

// send serves lanes until there is nothing to send.
func (t *Target) send() {
	w := &sender{t: t, retry: retry{a: t.Account}}
	for l := t.takeLane(); l != nil; l = t.takeLane() {
		if err := w.serve(l); err != nil {
			t.stop(err)
		}
		t.leaveLane(l)
	}
	switch {
	case w.s == nil:
	case w.suspect: // whoever takes it next knows nothing of the refusal
		w.s.close()
	default:
		t.release(w.s)
	}
}

// serve sends what waits in a lane, over a new connection when one is lost.
func (w *sender) serve(l *lane) error {
	for {
		err := w.session(l)
		if err == nil {
			return nil
		}
		if receiver := (*stopped)(nil); errors.As(err, &receiver) {
			return receiver.err
		}
		if err := w.retry.again(context.Background(), err); err != nil {
			return err
		}
	}
}

// session works on a lane as long as the connection lives. What was under way
// when it died is left: nobody knows whether it has arrived, and whoever was
// told of it before finds out.
func (w *sender) session(l *lane) error {
	if w.s == nil {
		s, err := w.t.acquire(context.Background())
		if err != nil {
			return err
		}
		w.s, w.suspect = s, false
	}
	err := w.work(l)
	if tellErr := w.tell(); tellErr != nil {
		err = &stopped{tellErr}
	}
	if err == nil {
		return nil
	}
	lost := w.t.lost(w.s, err)
	w.s = nil
	for _, f := range w.flight {
		w.t.settled(f.messages)
	}
	w.flight = nil
	if receiver := (*stopped)(nil); errors.As(err, &receiver) {
		return err
	}
	return lost
}

// work sends batches until none waits.
func (w *sender) work(l *lane) error {
	for {
		b := w.t.next(l, len(w.flight) == 0)
		if b == nil && len(w.flight) == 0 {
			return nil
		}
		if b == nil {
			if err := w.tell(); err != nil { // nothing to tell it with
				return &stopped{err}
			}
		}
		if b != nil {
			if err := w.probe(l); err != nil {
				w.t.again(l, b)
				return err
			}
			if err := w.begin(l, b); err != nil {
				return err
			}
		}
		for len(w.flight) > 0 && (b == nil || len(w.flight) >= sendWindow) {
			if err := w.settle(l); err != nil {
				return err
			}
			if b == nil {
				break
			}
		}
	}
}

// probe makes sure, after a refusal, that the connection still stands: what is
// sent over one that the server has ended is lost, and nobody could say that it
// never arrived.
func (w *sender) probe(l *lane) error {
	if !w.suspect {
		return nil
	}
	for len(w.flight) > 0 {
		if err := w.settle(l); err != nil {
			return err
		}
	}
	w.suspect = false
	tag := w.s.send("NOOP")
	if err := w.s.conn.Flush(); err != nil {
		return err
	}
	return w.s.wait(tag, maxTold, maxLine, ignore)
}

// begin announces a batch and sends it.
func (w *sender) begin(l *lane, b *batch) error {
	if l.err != nil {
		w.refuse(b.messages, l.err)
		w.t.settled(b.messages)
		return nil
	}
	if o := b.messages[0]; o.stream != nil && o.stream.ctx.Err() != nil {
		o.stream.end(o.stream.ctx.Err())
		return nil
	}
	if err := w.foretell(l, b); err != nil {
		w.t.settled(b.messages)
		return &stopped{err}
	}
	if w.waits(b) {
		for len(w.flight) > 0 { // the next "+" must be ours
			if err := w.settle(l); err != nil {
				w.t.again(l, b)
				return err
			}
		}
	}
	f := &flying{batch: b}
	w.flight = append(w.flight, f)
	if err := w.write(l, f); err != nil {
		return err
	}
	return w.s.conn.Flush()
}

// foretell announces the messages of a batch, with what was done before.
func (w *sender) foretell(l *lane, b *batch) error {
	if b.announced {
		return nil
	}
	intents := make([]mailhaul.Intent, len(b.messages))
	for i, o := range b.messages {
		r := &o.receipt
		o.first = l.first
		intents[i] = mailhaul.Intent{Folder: r.Folder, UID: r.UID, Flags: r.Flags, InternalDate: r.InternalDate, Size: r.Size,
			Fingerprint: r.Fingerprint, Digest: r.Digest, UIDValidity: l.folder.UIDValidity, First: o.first}
	}
	w.t.journal.Lock()
	defer w.t.journal.Unlock()
	b.announced = true
	done := w.done
	w.done = nil
	return w.t.announce(intents, done)
}

// tell gives the receipts that wait.
func (w *sender) tell() error {
	if len(w.done) == 0 {
		return nil
	}
	w.t.journal.Lock()
	defer w.t.journal.Unlock()
	done := w.done
	w.done = nil
	return w.t.receipts(done)
}

// settle takes the answers to the batch sent first.
func (w *sender) settle(l *lane) error {
	f := w.flight[0]
	if len(f.tags) == 1 {
		placed, err := w.outcome(f.tags[0])
		if err != nil && !isRefusal(err) {
			return err
		}
		w.flight = w.flight[1:]
		if err != nil {
			return w.refused(l, f.batch, err)
		}
		w.accepted(l, f.messages, placed)
		return nil
	}
	for i, tag := range f.tags {
		placed, err := w.outcome(tag)
		if err != nil && !isRefusal(err) {
			// Those before are settled, or wait to be sent in another form.
			f.batch = &batch{messages: f.messages[i:], announced: true}
			return err
		}
		one := f.messages[i : i+1]
		if err != nil {
			err = w.refused(l, &batch{messages: one, announced: true}, err)
		} else {
			w.accepted(l, one, placed)
		}
		if err != nil {
			w.t.settled(f.messages[i+1:])
			w.flight = w.flight[1:]
			return err
		}
	}
	w.flight = w.flight[1:]
	return nil
}

// outcome waits for the answer to an APPEND and returns the UIDs that it gives
// (RFC 4315, 3), in their order; none when it does not say.
func (w *sender) outcome(tag string) (placed appended, err error) {
	err = w.s.wait(tag, maxTold, maxLine, ignore)
	if len(w.s.early) == 0 {
		w.s.early = nil
	}
	if err == nil && w.s.r.code() == "APPENDUID" {
		// An OK is an OK, whatever is said with it: DavMail once told UID and
		// UIDVALIDITY in the wrong order.
		placed, _ = readAppendUID(&w.s.r)
	}
	return placed, err
}

// appended says where messages are now.
type appended struct {
	validity uint32
	uids     []mailhaul.UID
}

// readAppendUID reads what stands behind APPENDUID. A set names UIDs in the
// order of the messages, so it is not read as one.
func readAppendUID(r *response) (appended, error) {
	validity, err := r.number32()
	if err != nil {
		return appended{}, err
	}
	a := appended{validity: validity}
	for {
		r.blanks()
		first, err := r.number32()
		if err != nil {
			return appended{}, err
		}
		last := first
		if r.eat(':') {
			if last, err = r.number32(); err != nil {
				return appended{}, err
			}
		}
		if last < first || last-first >= 2*batchMessages || len(a.uids) > 2*batchMessages {
			return appended{}, fmt.Errorf("%w: UIDs %d:%d in an APPENDUID", errSyntax, first, last)
		}
		for u := first; ; u++ {
			a.uids = append(a.uids, mailhaul.UID(u))
			if u == last {
				break
			}
		}
		if !r.eat(',') {
			return a, nil
		}
	}
}

// waits tells whether a literal of the batch must wait for the server's "+".
func (w *sender) waits(b *batch) bool {
	for _, o := range b.messages {
		if !w.nonSync(o) {
			return true
		}
	}
	return false
}

// nonSync tells whether a message's literal may be sent without asking (RFC
// 7888). A date that a server may not like must be asked for: Dovecot 2.3 answers
// BAD to it and runs the literal's lines as commands.
func (w *sender) nonSync(o *outgoing) bool {
	caps := w.s.caps
	return !o.oddDate() && (caps.Has(imap.CapLiteralPlus) || o.receipt.Size <= 4096 && (caps.Has(imap.CapLiteralMinus) || caps.Has(imap.CapIMAP4rev2)))
}

// oddDate tells of a date, to be sent, that some server does not take.
func (o *outgoing) oddDate() bool {
	d := o.receipt.InternalDate
	return !o.undated && !d.IsZero() && (d.Year() < 1971 || d.Year() > 2037)
}
