package migrate

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// copyTwins stores messages that have an original in the archive out of the
// archive. The originals must be recorded. It returns what has to be fetched all
// the same: the original did not arrive, cannot be read, or is another message.
func (b *haul) copyTwins(ctx context.Context, t *twins, work []mailhaul.Work) ([]mailhaul.Work, error) {
	mine, _ := t.split(work)
	if len(mine) == 0 {
		return nil, nil
	}
	b.twins = t
	err := b.src.Headers(ctx, mine, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // it is fetched, and fails there if it fails again
		}
		return b.copyTwin(ctx, t, m)
	})
	if err = b.flush(ctx, err); err != nil {
		return nil, err
	}
	for at := range t.copied {
		delete(t.originals, at)
	}
	mine, _ = t.split(work)
	return mine, nil
}

// copyTwin stores one message, of which m is the header, out of the archive.
func (b *haul) copyTwin(ctx context.Context, t *twins, m *mailhaul.Message) error {
	print, err := fingerprint(m)
	if err != nil {
		return err
	}
	at := spot{m.Folder, m.UID}
	if b.isClosed(m.Folder) {
		t.mark(at, true) // settled: it would not be stored if it were fetched
		return nil
	}
	from := t.originals[at]
	row, err := b.led.Message(ctx, from.folder.ID, from.uid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.UIDValidity != from.folder.UIDValidity || row.Size != m.Size || row.Fingerprint != print {
		return nil // a number is not proof enough
	}
	stored, err := t.keeper.Message(ctx, checkpoint.Folder{Folder: *from.folder}, row)
	if err != nil {
		return ctx.Err() // whatever is wrong with the archive's copy, the server has another
	}
	defer stored.Close()
	body := &original{Reader: stored}
	t.mark(at, true)
	err = b.put(ctx, &mailhaul.Message{Folder: m.Folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size, Body: body})
	if body.failed != nil {
		t.mark(at, false)
		return ctx.Err()
	}
	return err
}

func (t *twins) mark(at spot, copied bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if copied {
		t.copied[at] = true
	} else {
		delete(t.copied, at)
	}
}

// wasCopied tells whether a message came out of the archive.
func (t *twins) wasCopied(f *mailhaul.Folder, uid mailhaul.UID) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.copied[spot{f, uid}]
}

// original is a stored message that remembers whether it could not be read.
type original struct {
	io.Reader
	failed error
}

func (o *original) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		o.failed = err
	}
	return n, err
}
