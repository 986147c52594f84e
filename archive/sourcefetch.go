package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// readers is how many messages are read, and delivered, at once: enough that a
// target which takes small messages one at a time never waits for the disk.
const readers = 4

// Fetch implements [mailhaul.Source]. Messages come folder by folder, ascending
// by UID as far as that goes with several on their way at once. A message of up
// to 512 KiB is read and checked before it is delivered; in a larger one damage
// shows as an error of its Body, before its last octet is given. Both errors
// wrap [mailhaul.ErrDamaged].
func (s *Source) Fetch(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.haul(ctx, work, deliver, (*reader).whole)
}

// Headers implements [mailhaul.Source]. The Body is the message's header, as far
// as it lies in the first 256 KiB; it is not checked against the digest.
func (s *Source) Headers(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.haul(ctx, work, deliver, (*reader).header)
}

// haul gives the messages of work to several readers in order.
func (s *Source) haul(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error,
	read func(*reader, context.Context, errand) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	files := newMailFiles(s.a)
	errands := make(chan errand)
	var running sync.WaitGroup
	for range readers {
		running.Go(func() {
			r := &reader{files: files, deliver: deliver}
			for e := range errands {
				if ctx.Err() != nil {
					continue
				}
				if err := read(r, ctx, e); err != nil {
					stop(err)
				}
			}
		})
	}
	err := s.send(ctx, work, errands)
	close(errands)
	running.Wait()
	err = errors.Join(err, files.close())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// errand is one message to be delivered.
type errand struct {
	folder *mailhaul.Folder // as it was asked for
	place  string
	m      checkpoint.Message
	err    error // why there is none
	// turn is closed when the message before this one is on its way, next tells
	// the message behind it the same.
	turn <-chan struct{}
	next chan struct{}
}

// message returns what is delivered, its body aside.
func (e errand) message() *mailhaul.Message {
	return &mailhaul.Message{Folder: e.folder, UID: e.m.UID, Flags: e.m.Flags, InternalDate: e.m.InternalDate, Size: e.m.Size}
}

// send hands out an errand for each message of work. What is wrong with one
// folder is told instead of its messages, or of the rest of them.
func (s *Source) send(ctx context.Context, work []mailhaul.Work, errands chan<- errand) error {
	turn := make(chan struct{})
	close(turn)
	give := func(e errand) error {
		e.turn, e.next = turn, make(chan struct{})
		turn = e.next
		select {
		case errands <- e:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for _, w := range work {
		err := s.sendFolder(ctx, w, give)
		if err != nil && ctx.Err() == nil && mailhaul.ScopeOf(err) == mailhaul.ScopeFolder {
			err = give(errand{folder: w.Folder, err: err})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) sendFolder(ctx context.Context, w mailhaul.Work, give func(errand) error) error {
	o, err := s.find(ctx, w.Folder.Name)
	if err != nil {
		return err
	}
	if o.uidValidity != w.Folder.UIDValidity {
		return folderError("read folder", w.Folder.Name,
			fmt.Errorf("its UIDVALIDITY is %d in the archive, not %d", o.uidValidity, w.Folder.UIDValidity))
	}
	var found mailhaul.UIDSet
	err = s.each(ctx, o, w.UIDs, func(m checkpoint.Message) error {
		found.Add(m.UID)
		return give(errand{folder: w.Folder, place: o.folder.Place, m: m})
	})
	if err != nil {
		return oneFolder(w.Folder.Name, err)
	}
	for uid := range w.UIDs.Minus(found).All() {
		e := errand{folder: w.Folder, m: checkpoint.Message{UID: uid}}
		e.err = messageError(e, mailhaul.ErrGone)
		if err := give(e); err != nil {
			return err
		}
	}
	return nil
}

// each calls yield with the messages of a folder that are among uids, in order.
// Whoever asks for a message gets it, also when the ledger has learnt meanwhile
// that it is gone.
func (s *Source) each(ctx context.Context, o *origin, uids mailhaul.UIDSet, yield func(checkpoint.Message) error) error {
	// A look-up costs as much as some rows in order.
	const rows = 16
	// The past has no such look-up: the UID may have been another one.
	if s.o.AsOf == 0 && o.uidValidity == o.folder.UIDValidity && int64(uids.Len())*rows < o.folder.Live+o.folder.Gone {
		return s.lookUp(ctx, o, uids, yield)
	}
	for m, err := range s.from.Messages(ctx, o.folder.ID) {
		if err != nil {
			return err
		}
		if m.UIDValidity != o.uidValidity || !uids.Contains(m.UID) {
			continue
		}
		if err := yield(m); err != nil {
			return err
		}
	}
	return nil
}

// lookUp is each for a few messages of the folder's present UIDVALIDITY.
func (s *Source) lookUp(ctx context.Context, o *origin, uids mailhaul.UIDSet, yield func(checkpoint.Message) error) error {
	for uid := range uids.All() {
		m, err := s.from.Message(ctx, o.folder.ID, uid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if m.UIDValidity != o.uidValidity {
			continue // an older message that had this UID
		}
		if err := yield(m); err != nil {
			return err
		}
	}
	return nil
}

// messageError tells that one message cannot be given. That no more files can be
// opened says nothing of the message, and ends the run.
func messageError(e errand, err error) error {
	scope := mailhaul.ScopeMessage
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		scope = mailhaul.ScopeRun
	}
	return &mailhaul.Error{Scope: scope, Op: "read message", Folder: e.folder.Name, UID: e.m.UID, Err: err}
}
