package export

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailhaul/mailhaul"
)

const (
	// maxStoring bounds how many messages are stored at once, and with it the
	// descriptors and buffers that are in use.
	maxStoring = 8
	// A group of so many messages, or so many octets, is made durable.
	groupItems  = 1000
	groupOctets = 32 << 20
)

// Store implements [mailhaul.Target]. An error of the body is returned as it
// is. One of the file system has ScopeRun and ends the export.
func (e *Export) Store(ctx context.Context, m *mailhaul.Message) error {
	e.mu.Lock()
	f, err := e.prepared[m.Folder.Place], e.err
	e.mu.Unlock()
	switch {
	case err != nil:
		return err
	case f == nil:
		return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "store message", Folder: m.Folder.Name,
			Err: errors.New("the folder was not prepared")}
	case m.Size < 0:
		return fmt.Errorf("store message: its size is %d octets", m.Size)
	}
	var b *buffers
	select {
	case b = <-e.slots:
		defer func() { e.slots <- b }()
	case <-ctx.Done():
		return ctx.Err()
	}
	full, err := e.store(f, m, b)
	if err != nil || !full {
		return err
	}
	return e.commit()
}

// store writes a message; full tells that the group is to be made durable.
func (e *Export) store(f *folder, m *mailhaul.Message, b *buffers) (full bool, err error) {
	s := &stored{folder: f, receipt: mailhaul.Receipt{
		Folder: m.Folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size,
	}}
	body, err := e.read(m, b, &s.receipt)
	if err != nil {
		return false, err
	}
	defer body.close()
	err = e.layout.write(s, body, func() (err error) {
		full, err = e.add(s)
		return err
	})
	var disk *diskFault
	if errors.As(err, &disk) {
		err = e.fail(diskError("store message", disk.err))
	}
	return full, err
}

// diskFault marks an error that ends the export.
type diskFault struct{ err error }

func (d *diskFault) Error() string { return d.err.Error() }

// add puts a written message into the group.
func (e *Export) add(s *stored) (full bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return false, e.err
	}
	e.group = append(e.group, s)
	e.octets += s.receipt.Stored
	return len(e.group) >= groupItems || e.octets >= groupOctets, nil
}

// Flush implements [mailhaul.Target].
func (e *Export) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.commit()
}

// commit makes the group durable and gives its receipts.
func (e *Export) commit() error {
	e.committing.Lock()
	defer e.committing.Unlock()
	e.mu.Lock()
	items, err := e.group, e.err
	e.group, e.octets = nil, 0
	e.mu.Unlock()
	if err == nil && len(items) > 0 {
		if err = e.layout.settle(items); err != nil {
			// Never tried again: what the disk did not take once it may claim to
			// have the next time.
			err = e.fail(diskError("make messages durable", err))
		}
	}
	if err != nil {
		e.layout.drop(items)
		return err
	}
	if len(items) == 0 {
		return nil
	}
	receipts := make([]mailhaul.Receipt, len(items))
	for i, s := range items {
		receipts[i] = s.receipt
		if s.note != "" && e.options.Note != nil {
			e.options.Note(s.receipt.Folder, s.receipt.UID, s.note)
		}
	}
	if err := e.receipts(receipts); err != nil {
		return e.fail(err)
	}
	return nil
}
