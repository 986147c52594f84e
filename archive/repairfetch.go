package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// errDiffers tells that what was found is another message.
var errDiffers = errors.New("what is there has other octets")

// fromArchive looks in an archive for messages with the digests of the damaged
// ones.
func (r *repair) fromArchive(ctx context.Context, other *Archive, from string) error {
	wanted := make(map[mailhaul.Digest][]*hurt)
	for _, h := range r.hurts {
		if !h.stored {
			wanted[h.Row.Digest] = append(wanted[h.Row.Digest], h)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	folders, err := other.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if f.Place == "" || f.Live+f.Gone == 0 {
			continue
		}
		for m, err := range other.ledger.Messages(ctx, f.ID) {
			if err != nil {
				return err
			}
			for _, h := range wanted[m.Digest] {
				if h.stored || other == r.Archive && r.byKey[m.Key()] != nil {
					continue
				}
				place := fmt.Sprintf("%s, %q, UID %d", from, f.Name, m.UID)
				if r.o.DryRun {
					h.stored, h.from = true, place
				} else if err := r.copy(ctx, other, f, m, h, place); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// copy heals a message with one of an archive. That one may be damaged, too.
func (r *repair) copy(ctx context.Context, other *Archive, f checkpoint.Folder, m checkpoint.Message, h *hurt, from string) error {
	body, err := other.Message(ctx, f, m)
	if errors.Is(err, mailhaul.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	return r.store(ctx, h, m.Size, body, from)
}

// fromServer fetches messages that the server still has under their UIDVALIDITY
// and UID.
func (r *repair) fromServer(ctx context.Context) error {
	requests, ids, err := r.requests(ctx)
	if err != nil || len(requests) == 0 {
		return err
	}
	found := make(map[*mailhaul.Folder]map[mailhaul.UID]*hurt)
	var work []mailhaul.Work
	next := 0
	err = r.o.Source.List(ctx, requests, func(l mailhaul.Listing) error {
		uids := r.onServer(l, ids[next])
		next++
		var set mailhaul.UIDSet
		for uid, h := range uids {
			if r.o.DryRun {
				h.stored, h.from = true, theServer
			} else {
				set.Add(uid)
			}
		}
		if !set.Empty() {
			found[l.Folder] = uids
			work = append(work, mailhaul.Work{Folder: l.Folder, UIDs: set})
		}
		return nil
	})
	if err != nil || len(work) == 0 {
		return err
	}
	var mu sync.Mutex
	return r.o.Source.Fetch(ctx, work, func(m *mailhaul.Message) error {
		mu.Lock()
		defer mu.Unlock()
		return r.fetched(ctx, m, found[m.Folder])
	})
}

// requests asks for the folders of damaged messages, as far as the server has
// them, and returns their IDs in the ledger, too.
func (r *repair) requests(ctx context.Context) (requests []mailhaul.ListRequest, ids []int64, err error) {
	folders, err := r.o.Source.Folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	names := make(map[string]*mailhaul.Folder, len(folders))
	for _, f := range folders {
		names[f.Name] = f
	}
	wanted := make(map[int64]bool)
	for _, h := range r.hurts {
		id := h.Row.FolderID
		if h.stored || wanted[id] {
			continue
		}
		wanted[id] = true
		if f := names[h.Folder]; f != nil && !f.NoSelect && r.folders[id].GoneRun == 0 {
			requests, ids = append(requests, mailhaul.ListRequest{Folder: f}), append(ids, id)
		}
	}
	return requests, ids, nil
}

// fetched takes what the server gave of a folder.
func (r *repair) fetched(ctx context.Context, m *mailhaul.Message, ofFolder map[mailhaul.UID]*hurt) error {
	const cannot = "the server cannot give it: "
	h := ofFolder[m.UID]
	switch {
	case m.Err != nil && m.UID == 0: // the rest of the folder
		for _, h := range ofFolder {
			if !h.stored {
				h.unsure, h.why = true, cannot+m.Err.Error()
			}
		}
		return nil
	case h == nil:
		return nil
	case m.Err != nil:
		h.unsure, h.why = !errors.Is(m.Err, mailhaul.ErrGone), cannot+m.Err.Error()
		return nil
	}
	return r.store(ctx, h, m.Size, m.Body, theServer)
}

// theServer is where messages of RepairOptions.Source are from.
const theServer = "the server"

// onServer returns the damaged messages of a folder that the server still has.
func (r *repair) onServer(l mailhaul.Listing, folder int64) map[mailhaul.UID]*hurt {
	uids := make(map[mailhaul.UID]*hurt)
	for _, h := range r.hurts {
		switch {
		case h.stored || h.Row.FolderID != folder:
		case l.Err != nil && !l.Live.Contains(h.UID):
			h.unsure, h.why = true, "the server cannot give it: "+l.Err.Error()
		case h.Row.UIDValidity != l.Folder.UIDValidity:
			h.unsure, h.why = true, "the server has given its folder new UIDs since; a backup first finds out which is which"
		case l.Live.Contains(h.UID):
			uids[h.UID] = h
		}
	}
	return uids
}

// store stores a message anew if what is read from body is that message.
func (r *repair) store(ctx context.Context, h *hurt, size int64, body io.Reader, from string) error {
	if size != h.Row.Size {
		h.why = fmt.Sprintf("%s has another message in its place", from)
		return nil
	}
	checked := &checkedBody{src: body, sum: sha256.New(), want: h.Row.Digest}
	m := &mailhaul.Message{
		Folder: h.folder, UID: h.UID, Flags: h.Row.Flags, InternalDate: h.Row.InternalDate, Size: size, Body: checked,
	}
	if size <= maxBuffered {
		text, err := io.ReadAll(io.LimitReader(checked, maxBuffered+1))
		if err != nil {
			return r.failed(h, from, checked, err)
		}
		m.Body = bytes.NewReader(text)
	}
	if err := r.setAside(h); errors.Is(err, fsys.ErrSymlink) {
		h.why = err.Error()
		return nil
	} else if err != nil {
		return err
	}
	if err := r.Store(ctx, m); err != nil {
		return r.failed(h, from, checked, err)
	}
	h.stored, h.from, h.why = true, from, ""
	return nil
}

// failed tells an error of one message from one that ends the repair.
func (r *repair) failed(h *hurt, from string, body *checkedBody, err error) error {
	switch {
	case errors.Is(err, errDiffers):
		h.why = fmt.Sprintf("%s has another message in its place", from)
		return nil
	case errors.Is(err, mailhaul.ErrDamaged): // in the other archive, too
		return nil
	case body.err != nil && mailhaul.ScopeOf(body.err) != mailhaul.ScopeMessage:
		return err
	case mailhaul.ScopeOf(err) == mailhaul.ScopeMessage || mailhaul.ScopeOf(err) == mailhaul.ScopeFolder:
		h.why = err.Error()
		return nil
	}
	return err
}

// setAside gives the damaged file of a message, if there is one, a name in the
// quarantine. The part of an mbox stays where it is.
func (r *repair) setAside(h *hurt) error {
	if r.format == Mbox || h.aside != "" {
		return nil
	}
	aside, err := keepAside(r.root, h.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	h.aside = aside
	return err
}

// finalPath is where Store puts a message of a Maildir.
func finalPath(r mailhaul.Receipt) string {
	return mailPath(r.Folder.Place) + "/cur/" + r.Place + maildir.Info(r.Flags)
}

// checkedBody is a body that ends with errDiffers in place of io.EOF when it has
// not the wanted digest.
type checkedBody struct {
	src  io.Reader
	sum  hash.Hash
	want mailhaul.Digest
	err  error // of src
}

// Read implements io.Reader.
func (b *checkedBody) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.sum.Write(p[:n])
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		b.err = err
	case mailhaul.Digest(b.sum.Sum(nil)) != b.want:
		return n, errDiffers
	}
	return n, err
}
