package compare

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// side is one of the two sources and what was read from it.
type side struct {
	c        *comparison
	number   int    // sideA or sideB
	name     string // that of the side for people
	src      mailhaul.Source
	listed   []*mailhaul.Folder // all that can hold messages
	folders  []*folder          // those that are compared
	byFolder map[*mailhaul.Folder]*folder
	mu       sync.Mutex // over the folders' records and reasons while messages come
}

// folder is a folder of one side.
type folder struct {
	*mailhaul.Folder
	index   uint32
	live    mailhaul.UIDSet
	records []record // ascending by UID once all headers were read
	broken  error    // why it could not be read to its end
	// reasons say why messages cannot be read.
	reasons map[mailhaul.UID]string
	// messages and unknown count all messages and those without a header, once
	// all is read.
	messages, unknown int64
}

// list asks for the folders.
func (s *side) list(ctx context.Context) error {
	all, err := s.src.Folders(ctx)
	s.listed = slices.DeleteFunc(all, func(f *mailhaul.Folder) bool { return f.NoSelect })
	return err
}

// look asks which messages are in the folders.
func (s *side) look(ctx context.Context) error {
	requests := make([]mailhaul.ListRequest, len(s.folders))
	for i, f := range s.folders {
		requests[i].Folder = f.Folder
	}
	next := 0
	return s.src.List(ctx, requests, func(l mailhaul.Listing) error {
		f := s.folders[next]
		next++
		f.Folder, f.live, f.broken = l.Folder, l.Live, l.Err
		s.byFolder[l.Folder] = f
		return nil
	})
}

// headers reads what identifies all messages.
func (s *side) headers(ctx context.Context) error {
	var work []mailhaul.Work
	for _, f := range s.folders {
		if !f.live.Empty() {
			work = append(work, mailhaul.Work{Folder: f.Folder, UIDs: f.live})
		}
	}
	if len(work) == 0 {
		return nil
	}
	err := s.src.Headers(ctx, work, s.header)
	for _, f := range s.folders {
		slices.SortFunc(f.records, func(x, y record) int { return cmp.Compare(x.uid, y.uid) })
	}
	return err
}

// headerLimit is how many octets of identifying fields are looked at.
const headerLimit = 1 << 20

// header takes one message's identifying fields.
func (s *side) header(m *mailhaul.Message) error {
	f := s.byFolder[m.Folder]
	defer s.c.advance()
	r := record{uid: m.UID, folder: f.index, state: headless}
	err := m.Err
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(m.Body, headerLimit)); err == nil {
			r.state, r.size, r.flags = 0, m.Size, s.c.flags.id(m.Flags)
			r.fingerprint = mailhaul.MakeFingerprint(text)
			r.setDate(m.InternalDate)
			if id := readFields(text).MessageID; id != "" {
				r.id = max(1, maphash.String(s.c.seed, id))
			}
		} else if mailhaul.ScopeOf(err) != mailhaul.ScopeMessage {
			return err // the source mends it, or it ends the account
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && m.UID == 0:
		f.broken = err
	case errors.Is(err, mailhaul.ErrGone):
	default:
		f.note(m.UID, err)
		f.keep(r)
	}
	return nil
}

// keep takes one record more. It never makes room for many more messages than
// have come, whatever the server claims, nor for more than it claims.
func (f *folder) keep(r record) {
	n := len(f.records)
	if claimed := int(f.live.Len()); n == cap(f.records) && n < claimed {
		f.records = append(make([]record, 0, n+min(max(n, 64), claimed-n)), f.records...)
	}
	f.records = append(f.records, r)
}

// note remembers why a message cannot be read; without an error it does nothing.
func (f *folder) note(uid mailhaul.UID, err error) {
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*mailhaul.Error](err); ok && e.Err != nil {
		err = e.Err // folder and UID stand in the Difference
	}
	if f.reasons == nil {
		f.reasons = map[mailhaul.UID]string{}
	}
	f.reasons[uid] = err.Error()
}

// bodies reads the messages that are wanted for their digests.
func (s *side) bodies(ctx context.Context) error {
	var work []mailhaul.Work
	for _, f := range s.folders {
		var uids mailhaul.UIDSet
		for i := range f.records {
			if f.records[i].is(wanted) {
				uids.Add(f.records[i].uid)
			}
		}
		if !uids.Empty() {
			work = append(work, mailhaul.Work{Folder: f.Folder, UIDs: uids})
		}
	}
	if len(work) == 0 {
		return nil
	}
	buffers := sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}
	return s.src.Fetch(ctx, work, func(m *mailhaul.Message) error {
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		return s.body(m, *buffer)
	})
}

// body takes one message.
func (s *side) body(m *mailhaul.Message, buffer []byte) error {
	f := s.byFolder[m.Folder]
	defer s.c.advance()
	err := m.Err
	var digest mailhaul.Digest
	var size int64
	if err == nil {
		h := sha256.New()
		size, err = io.CopyBuffer(h, m.Body, buffer)
		switch {
		case err == nil && size != m.Size:
			err = &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "read message", Err: fmt.Errorf("%d octets came, %d were announced", size, m.Size)}
		case err != nil && mailhaul.ScopeOf(err) != mailhaul.ScopeMessage:
			return err
		}
		digest = mailhaul.Digest(h.Sum(nil))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && m.UID == 0 {
		f.broken = err
		return nil
	}
	i, known := slices.BinarySearchFunc(f.records, m.UID, func(r record, uid mailhaul.UID) int { return cmp.Compare(r.uid, uid) })
	switch {
	case !known:
	case errors.Is(err, mailhaul.ErrGone):
		f.records[i].state |= gone
	case err != nil:
		f.note(m.UID, err)
	default:
		r := &f.records[i]
		r.digest, r.size, r.state = digest, size, r.state|read
	}
	return nil
}
