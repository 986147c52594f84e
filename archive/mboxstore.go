package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

// box is an mbox file that messages are appended to.
type box struct {
	place string

	mu  sync.Mutex // held while something is appended or cut off
	end int64      // where the next message begins
	// safe is up to where messages may have receipts. Only the goroutine that makes
	// groups durable changes it.
	safe int64
}

// makeBox makes the mbox file of a folder, or looks whether the one that is
// there is as the ledger knows it.
func (a *Archive) makeBox(t *target, dirs map[string]bool) error {
	name := mailPath(t.place)
	want := a.ends[t.place]
	t.box = &box{place: t.place, end: want, safe: want}
	if err := fsys.CheckDir(a.root, path.Dir(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, err := a.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && want == 0:
		if err := a.createBox(name); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: the file %s is gone", mailhaul.ErrDamaged, name)
	case err != nil:
		return fmt.Errorf("look at mbox file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("look at mbox file %s: %w (%s)", name, fsys.ErrSymlink, info.Mode().Type())
	case info.Size() != want:
		// Perhaps mail was put there by another program: it is not ours to cut
		// it off, and what we put behind it would not be where we think.
		return fmt.Errorf("%w: the file %s has %d octets and should have %d: another program changed it",
			mailhaul.ErrDamaged, name, info.Size(), want)
	}
	// Also of a file that was there already: a run may have been cut off before
	// it could make the name durable.
	fsys.Parents(name, func(dir string) { dirs[dir] = true })
	return nil
}

// openBox opens a folder's mbox file.
func openBox(root *os.Root, place string, flags int) (*os.File, error) {
	name := mailPath(place)
	if err := fsys.CheckDir(root, path.Dir(name)); err != nil {
		return nil, err
	}
	return fsys.OpenRegular(root, name, flags)
}

func (a *Archive) createBox(name string) error {
	if err := fsys.MakeDir(a.root, path.Dir(name)); err != nil {
		return err
	}
	f, err := a.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("make mbox file: %w", err)
	}
	return f.Close()
}

// storeMbox appends a message to its folder's file. A small one is read and
// made ready before the file is locked for it.
func (a *Archive) storeMbox(ctx context.Context, m *mailhaul.Message, s *stored, b *buffers) error {
	sep := mbox.Separator{
		UIDValidity: m.Folder.UIDValidity, UID: m.UID, InternalDate: m.InternalDate, Size: m.Size, LineEnds: mailhaul.LF,
	}
	small := m.Size <= maxBuffered
	if small {
		if err := b.read(m, &s.receipt); err != nil {
			return err
		}
		sep.LineEnds = s.receipt.LineEnds
	}
	line, err := sep.Append(b.out[:0])
	if err != nil {
		return err
	}
	box := s.target.box
	box.mu.Lock()
	defer box.mu.Unlock()
	// Looked at under the lock: after an error the file is cut back under it.
	if err := a.queue.Err(); err != nil {
		return err
	}
	h, err := a.boxFiles.get(box.place)
	if err != nil {
		return a.fail("open mbox file", err)
	}
	defer a.boxFiles.put(h)
	var end int64
	var bodyErr error
	if small {
		b.out = appendText(line, b.text)
		end = box.end + int64(len(b.out))
		_, err = h.value.WriteAt(b.out, box.end)
	} else {
		end, bodyErr, err = appendStream(h.value, box.end, line, m, s, b)
	}
	if err == nil && bodyErr == nil {
		s.receipt.Offset, s.receipt.Stored = box.end, end-box.end
		// Added under the lock: receipts of one file come in its order.
		if bodyErr = a.queue.Add(ctx, s, s.receipt.Stored); bodyErr == nil {
			box.end = end
			return nil
		}
	}
	if err2 := h.value.Truncate(box.end); err2 != nil || err != nil {
		return a.fail("store message", errors.Join(err, err2))
	}
	return bodyErr
}

// appendText appends a message's quoted text and what ends it.
func appendText(dst, text []byte) []byte {
	var q mbox.Quoter
	dst, _ = q.Append(dst, text, true)
	if n := len(text); n > 0 && text[n-1] != '\n' {
		dst = append(dst, '\n')
	}
	return append(dst, '\n')
}

// appendStream writes a large message to f from offset on and returns where it
// ends.
func appendStream(f *os.File, offset int64, line []byte, m *mailhaul.Message, s *stored, b *buffers) (
	end int64, bodyErr, err error) {
	if _, err := f.WriteAt(line, offset); err != nil {
		return 0, nil, fmt.Errorf("write separator line: %w", err)
	}
	place, letter := mbox.LineEndsAt(line, mailhaul.Verbatim)
	p := pour{f: f, receipt: &s.receipt, buffers: b, quoted: true, begin: offset + int64(len(line))}
	if bodyErr, err = p.run(m); bodyErr != nil || err != nil {
		return 0, bodyErr, err
	}
	if s.receipt.LineEnds == mailhaul.Verbatim {
		if _, err := f.WriteAt([]byte{letter}, offset+int64(place)); err != nil {
			return 0, nil, fmt.Errorf("write separator line: %w", err)
		}
	}
	tail := []byte("\n")
	if p.last != '\n' {
		tail = []byte("\n\n")
	}
	if _, err := f.WriteAt(tail, p.end); err != nil {
		return 0, nil, fmt.Errorf("write message: %w", err)
	}
	return p.end + int64(len(tail)), nil, nil
}

// commitMbox makes a group durable:
//
//  1. Store has appended the messages
//  2. each file is synced
//  3. receipts are given
func (a *Archive) commitMbox(items []*stored) error {
	var boxes []*box
	seen := make(map[*box]bool)
	for _, s := range items {
		if b := s.target.box; !seen[b] {
			seen[b] = true
			boxes = append(boxes, b)
		}
	}
	err := a.syncer.Files(len(boxes), func(i int) string { return mailPath(boxes[i].place) })
	if err != nil {
		a.dropMbox(items)
		return diskError("make messages durable", err)
	}
	// Whatever the ledger says to the receipts: it may have recorded them even
	// when it returns an error, so from here on this is not cut off any more.
	for _, s := range items {
		s.target.box.safe = s.receipt.Offset + s.receipt.Stored
	}
	return a.giveReceipts(items)
}

// dropMbox cuts files back to what has receipts. What cannot be cut is left to
// the next Open, which knows the length from the ledger.
func (a *Archive) dropMbox(items []*stored) {
	for _, s := range items {
		if err := a.cutBox(s.target.box); err != nil {
			a.left.Store(true)
		}
	}
}

func (a *Archive) cutBox(b *box) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end == b.safe {
		return nil
	}
	h, err := a.boxFiles.get(b.place)
	if err != nil {
		return err
	}
	defer a.boxFiles.put(h)
	if err := h.value.Truncate(b.safe); err != nil {
		return fmt.Errorf("cut mbox file: %w", err)
	}
	b.end = b.safe
	if err := h.value.Sync(); err != nil {
		return fmt.Errorf("sync mbox file: %w", err)
	}
	return nil
}
