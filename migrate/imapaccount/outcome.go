package imapaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// accepted tells that messages are in the account.
func (w *sender) accepted(l *lane, messages []*outgoing, placed appended) {
	w.retry.progress()
	known := len(placed.uids) == len(messages) && placed.validity == l.folder.UIDValidity
	for i, o := range messages {
		r := o.receipt
		r.Place = o.first.PlaceFrom()
		if known {
			r.Place = placed.uids[i].Place()
		}
		w.done = append(w.done, r)
	}
	if known {
		// What is sent from now on gets a higher UID (RFC 9051, 2.3.1.1).
		l.first = max(l.first, slices.Max(placed.uids)+1)
	}
	l.taken = true
	w.t.settled(messages)
}

// refused takes a batch that the server does not want. It is halved until the
// message is found that is the reason. A server that says it cannot now is
// asked again later.
func (w *sender) refused(l *lane, b *batch, why error) error {
	status := why.(*statusError) //nolint:errorlint // a refusal is one
	w.suspect = true
	switch {
	case status.code == "TRYCREATE" || status.code == "NONEXISTENT":
		return w.lostFolder(l, b, "the folder was deleted in the account meanwhile", why)
	case status.code == "NOPERM" || status.code == "READ-ONLY":
		return w.lostFolder(l, b, "the account does not let anyone write there", why)
	case isDaily(why):
		w.refuse(b.messages, why)
		w.t.settled(b.messages)
		return &stopped{w.t.dailyLimit("store messages", why)}
	case quirk.Later(status.code, status.text) && status.code != "LIMIT":
		if err := w.retry.again(context.Background(), &mailhaul.Error{Scope: mailhaul.ScopeAccount, Temporary: true, Op: "store messages", Err: why}); err != nil {
			w.t.settled(b.messages)
			return &stopped{err}
		}
		w.t.again(l, b)
		return nil
	case len(b.messages) > 1:
		w.retry.progress() // what is in doubt is half as much: this ends, also where each refusal ends the connection
		first, second := b.split()
		w.t.again(l, first, second)
		return nil
	case status.code == "OVERQUOTA" || status.code == "" && strings.Contains(strings.ToLower(status.text), "quota"):
		w.refuse(b.messages, fmt.Errorf("%w: %w", mailhaul.ErrFull, why))
		w.t.settled(b.messages)
		return &stopped{&mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "store messages", Folder: l.folder.Name,
			Hint: "make room in the account and run the same command again: it goes on from there", Err: fmt.Errorf("%w: %w", mailhaul.ErrFull, why)}}
	}
	return w.refusedOne(l, b, why)
}

// refusedOne takes a single message that the server does not want: perhaps it
// is not the message but what is said of it.
func (w *sender) refusedOne(l *lane, b *batch, why error) error {
	w.retry.progress()
	o := b.messages[0]
	keywords := slices.ContainsFunc(o.receipt.Flags.List(), func(f string) bool { return f[0] != '\\' })
	if o.stream == nil || !o.stream.begun {
		other := true
		switch {
		case o.oddDate():
			o.undated = true
		case keywords && !o.bare:
			o.bare = true
		case !o.undated && !o.receipt.InternalDate.IsZero():
			o.undated = true
		default:
			other = false
		}
		if other {
			o.receipt.Doubt = true
			w.t.again(l, b)
			return nil
		}
	}
	l.refused++
	w.refuse(b.messages, why)
	w.t.settled(b.messages)
	if !l.taken && l.refused >= maxRefused {
		return w.lostFolder(l, &batch{}, fmt.Sprintf("it refused the first %d messages", l.refused), why)
	}
	return nil
}

// maxRefused single messages refused before the folder took one: it is not the
// messages.
const maxRefused = 20

// refuse notes that the account did not take messages.
func (w *sender) refuse(messages []*outgoing, why error) {
	for _, o := range messages {
		r := o.receipt
		r.Err = &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "store message", Folder: o.receipt.Folder.Name, UID: o.receipt.UID, Err: why}
		w.done = append(w.done, r)
	}
}

// lostFolder ends a lane: its folder takes nothing more.
func (w *sender) lostFolder(l *lane, b *batch, text string, why error) error {
	err := &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "store messages", Folder: l.folder.Name, Err: fmt.Errorf("%s: %w", text, why)}
	w.refuse(b.messages, err.Err)
	w.t.settled(b.messages)
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	l.err = err
	return nil
}
