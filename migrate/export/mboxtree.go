package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

// mboxExt ends the name of an mbox. The folders below one lie in a directory of
// the same name without it.
const mboxExt = ".mbox"

// A name deeper or longer than this becomes a single level: what a server says
// is no reason to make a thousand directories.
const (
	maxDepth      = 32
	maxPathOctets = 1024
)

// mboxTree is a tree of mbox files.
type mboxTree struct{ root *os.Root }

func (t *mboxTree) place(f *mailhaul.Folder) string {
	if isInbox(f) {
		return inbox
	}
	parts := levels(f)
	if len(parts) > maxDepth || len(f.Name) > maxPathOctets {
		return shorten(f.Name, escape)
	}
	for i, level := range parts {
		parts[i] = escapeLevel(level)
	}
	return strings.Join(parts, "/")
}

func (t *mboxTree) prepare(fresh []*folder, _ []*mailhaul.Folder) error {
	var dirs []string
	for _, f := range fresh {
		dir := path.Dir(f.place)
		if err := t.root.MkdirAll(dir, dirMode); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
		file, err := create(t.root, f.place)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return fmt.Errorf("make mbox file: %w", err)
		}
		for ; ; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
			if dir == "." {
				break
			}
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	slices.Reverse(dirs) // those below before those above
	return syncDirs(t.root, dirs)
}

// write appends a message to its folder's file.
func (t *mboxTree) write(s *stored, b *body, done func() error) error {
	box := s.folder
	box.mu.Lock()
	defer box.mu.Unlock()
	first := box.end == 0
	if !first { // else it must remain so until the message is there
		box.mu.Unlock()
	}
	text, err := compose(s, b, first)
	if !first {
		box.mu.Lock()
	}
	if err != nil {
		return err
	}
	return t.append(s, first, text, done)
}

// compose makes ready what can be before the file is locked, and returns what
// writes the message.
func compose(s *stored, b *body, first bool) (func(io.Writer) error, error) {
	r := &s.receipt
	h, lost, err := planHeader(b, r, first)
	if err != nil {
		return nil, &diskFault{err}
	}
	s.note = h.altered(lost)
	line, err := mbox.Separator{UIDValidity: r.Folder.UIDValidity, UID: r.UID, InternalDate: r.InternalDate,
		Size: h.size(r.Size), LineEnds: b.ends}.Append(nil)
	if err != nil {
		return nil, err
	}
	text := func(w io.Writer) error {
		if _, err := w.Write(line); err != nil {
			return err
		}
		b.quot.reset(w)
		if err := b.shortened(&b.quot, func(w io.Writer) error { return h.write(w, b) }); err != nil {
			return err
		}
		return b.quot.end()
	}
	if b.spool != nil {
		return func(w io.Writer) error { return b.writeTo(w, text) }, nil
	}
	b.out.Reset()
	if err := text(&b.out); err != nil {
		return nil, err
	}
	return func(w io.Writer) error { _, err := w.Write(b.out.Bytes()); return err }, nil
}

// append writes what text gives at the end of a folder's file, which is locked.
// The file is cut back when that fails.
func (t *mboxTree) append(s *stored, first bool, text func(io.Writer) error, done func() error) error {
	box := s.folder
	f, err := t.root.OpenFile(box.place, os.O_RDWR, 0)
	if err != nil {
		return &diskFault{fmt.Errorf("open mbox file: %w", err)}
	}
	n := &counter{to: io.NewOffsetWriter(f, box.end)}
	if err = text(n); err == nil && first {
		box.base, err = findBase(f)
	}
	if err == nil {
		s.receipt.Offset, s.receipt.Stored = box.end, n.octets
		// Handed over under the lock: receipts of one file come in its order.
		if err := done(); err != nil {
			return errors.Join(err, f.Truncate(box.end), f.Close())
		}
		box.end += n.octets
		if err = f.Close(); err == nil {
			return nil
		}
		return &diskFault{fmt.Errorf("write message: %w", err)}
	}
	return &diskFault{errors.Join(fmt.Errorf("write message: %w", err), f.Truncate(box.end), f.Close())}
}

// settle makes a group durable:
//
//  1. write has appended the messages
//  2. keywords and UIDs that are new are told in the first message of each file
//  3. each file is synced
func (t *mboxTree) settle(items []*stored) error {
	boxes := boxesOf(items)
	paths := make([]string, len(boxes))
	for i, box := range boxes {
		paths[i] = box.place
	}
	for _, s := range items {
		s.folder.mu.Lock()
		s.folder.base.learn(&s.receipt)
		s.folder.mu.Unlock()
	}
	for _, box := range boxes {
		if err := t.tell(box); err != nil {
			return err
		}
	}
	if err := syncFiles(t.root, paths); err != nil {
		return err
	}
	for _, s := range items {
		s.folder.mu.Lock()
		s.folder.safe = s.receipt.Offset + s.receipt.Stored
		s.folder.mu.Unlock()
	}
	return nil
}

// tell brings the field that is of the file up to date.
func (t *mboxTree) tell(box *folder) error {
	box.mu.Lock()
	defer box.mu.Unlock()
	if !box.base.changed {
		return nil
	}
	f, err := t.root.OpenFile(box.place, os.O_WRONLY, 0)
	if err == nil {
		err = errors.Join(box.base.write(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("write keywords: %w", err)
	}
	return nil
}

// drop cuts files back to what may have receipts.
func (t *mboxTree) drop(items []*stored) {
	for _, box := range boxesOf(items) {
		box.mu.Lock()
		f, err := t.root.OpenFile(box.place, os.O_WRONLY, 0)
		if err == nil { // else the export has failed already, and says so
			if f.Truncate(box.safe) == nil {
				box.end = box.safe
			}
			f.Close()
		}
		box.mu.Unlock()
	}
}

func boxesOf(items []*stored) []*folder {
	var boxes []*folder
	seen := make(map[*folder]bool)
	for _, s := range items {
		if !seen[s.folder] {
			seen[s.folder] = true
			boxes = append(boxes, s.folder)
		}
	}
	return boxes
}

// spool: no folder's name begins with a dot.
func (t *mboxTree) spool(n int) string { return ".large." + strconv.Itoa(n) }

// counter counts what is written.
type counter struct {
	to     io.Writer
	octets int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.octets += int64(n)
	return n, err
}
