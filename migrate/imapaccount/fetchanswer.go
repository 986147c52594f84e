package imapaccount

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

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
	n := uint64(maxTold)
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
	err := f.s.wait(c.examine, maxTold, maxLine, func(n uint32, word string, r *response) error {
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
		if b.size > maxMessage {
			f.reading = so.uid
			return fmt.Errorf("%w: a message of %d octets", errSyntax, b.size)
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
	switch f.items {
	case identityItems:
		held = got.identityBody()
	case labelItems:
		held = got.labelBody()
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
	if f.items == messageItems {
		placeholder, err := f.placeholder(b)
		if err != nil {
			return err
		}
		if placeholder {
			f.reading = 0
			u.pending.Remove(got.uid)
			f.barren = 0
			f.retry.progress()
			return f.giveUp(u.folder, got.uid, errPlaceholder)
		}
	}
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

var errPlaceholder = errors.New("the server gives a text of its own in place of it: no mail (calendar, contacts, tasks; --exclude leaves such folders out), or mail whose attachments are still being checked")

// placeholder tells whether a body is a text of the server's own in place of the
// message. What it reads of the body is put back.
func (f *fetcher) placeholder(b *body) (bool, error) {
	if !f.s.kind.HasPlaceholders() || b.size > quirk.MaxPlaceholder {
		return false, nil
	}
	octets := make([]byte, b.size)
	if _, err := io.ReadFull(b, octets); err != nil {
		return false, err
	}
	b.Reader = bytes.NewReader(octets)
	return f.s.kind.Placeholder(octets), nil
}
