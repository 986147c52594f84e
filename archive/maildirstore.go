package archive

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// openMaildir opens the directories of a Maildir. One that is missing, although
// the folder is known, was removed by somebody: it is made anew, and verify
// names the messages that are gone.
func (a *Archive) openMaildir(place string) (*maildirDirs, error) {
	base := mailPath(place)
	tmp, err := fsys.OpenDir(a.root, base+"/tmp")
	if errors.Is(err, fs.ErrNotExist) {
		dirs := make(map[string]bool)
		if err := a.makeFolder(&target{place: place}, false, dirs); err != nil {
			return nil, err
		}
		if err := a.syncDirs(dirs); err != nil {
			return nil, err
		}
		tmp, err = fsys.OpenDir(a.root, base+"/tmp")
	}
	if err != nil {
		return nil, err
	}
	cur, err := fsys.OpenDir(a.root, base+"/cur")
	if err != nil {
		return nil, errors.Join(err, tmp.Close())
	}
	return &maildirDirs{tmp: tmp, cur: cur}, nil
}

// storeMaildir writes a message that is held in memory into tmp.
func (a *Archive) storeMaildir(ctx context.Context, s *stored, text []byte) error {
	s.receipt.Stored = int64(len(text))
	s.name()
	s.tmp = s.receipt.Place
	h, err := a.maildirs.get(s.target.place)
	if err != nil {
		return a.fail("open folder", err)
	}
	if err = h.value.tmp.WriteFile(s.tmp, text); err == nil {
		s.date(h.value.tmp)
	}
	a.maildirs.put(h)
	if err != nil {
		return a.storeError(s, err)
	}
	return a.addMaildir(ctx, s)
}

// streamMaildir writes a large message into tmp as it comes.
func (a *Archive) streamMaildir(ctx context.Context, m *mailhaul.Message, s *stored, b *buffers) error {
	// What the name carries is not all known yet. Any name does that is told
	// to be ours should this run be killed, and that no other message has.
	unknown := maildir.Name{UIDValidity: m.Folder.UIDValidity, UID: m.UID, Size: m.Size, Stored: m.Size}
	s.tmp = unknown.Base()
	h, err := a.maildirs.get(s.target.place)
	if err != nil {
		return a.fail("open folder", err)
	}
	defer a.maildirs.put(h)
	f, err := h.value.tmp.Create(s.tmp)
	if err != nil {
		return a.storeError(s, err)
	}
	p := pour{f: f, receipt: &s.receipt, buffers: b}
	bodyErr, err := p.run(m)
	err = errors.Join(err, f.Close())
	if bodyErr != nil || err != nil {
		err = errors.Join(err, h.value.tmp.Remove(s.tmp))
	}
	if err != nil {
		return a.fail("store message", err)
	}
	if bodyErr != nil {
		return bodyErr
	}
	s.date(h.value.tmp)
	s.receipt.Stored = p.end
	s.name()
	return a.addMaildir(ctx, s)
}

// date gives a message's file the message's date.
func (s *stored) date(tmp *fsys.Dir) {
	if d := s.receipt.InternalDate; !d.IsZero() {
		tmp.SetTime(s.tmp, d)
	}
}

// name gives a message the name that it will have.
func (s *stored) name() {
	s.receipt.Place = maildir.NameOf(&s.receipt).Base()
	s.final = s.receipt.Place + maildir.Info(s.receipt.Flags)
}

// addMaildir hands a message over to be made durable.
func (a *Archive) addMaildir(ctx context.Context, s *stored) error {
	err := a.queue.Add(ctx, s, s.receipt.Stored)
	if err != nil {
		a.dropMaildir([]*stored{s})
	}
	return err
}

// storeError tells of a message that could not be written. That it is being
// written already is the one error that is not the disk's.
func (a *Archive) storeError(s *stored, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "store message",
			Folder: s.receipt.Folder.Name, UID: s.receipt.UID, Err: err}
	}
	return a.fail("store message", err)
}

// commitMaildir makes a group durable. The order is what makes a message that
// is seen in cur a whole one, and one with a receipt a safe one:
//
//  1. Store has written the files into tmp
//  2. their data is synced
//  3. they are renamed into cur, where other programs see them
//  4. each cur directory is synced
//  5. receipts are given
func (a *Archive) commitMaildir(items []*stored) error {
	if err := a.placeMaildir(items); err != nil {
		// Nothing of the group has a receipt: it is fetched again, and never
		// from files whose state the disk does not vouch for.
		a.dropMaildir(items)
		return diskError("make messages durable", err)
	}
	return a.giveReceipts(items)
}

// placeMaildir does the steps 2 to 4.
func (a *Archive) placeMaildir(items []*stored) error {
	err := a.syncer.Files(len(items), func(i int) string {
		return mailPath(items[i].target.place) + "/tmp/" + items[i].tmp
	})
	if err != nil {
		return err
	}
	curs := make(map[string]bool)
	err = a.eachDir(items, func(d *maildirDirs, s *stored) error {
		curs[s.target.place] = true
		return d.tmp.Rename(s.tmp, d.cur, s.final)
	})
	if err != nil {
		return err
	}
	list := make([]string, 0, len(curs))
	for place := range curs {
		list = append(list, mailPath(place)+"/cur")
	}
	return a.syncer.Dirs(list)
}

// eachDir calls fn with each item and its folder's directories.
func (a *Archive) eachDir(items []*stored, fn func(*maildirDirs, *stored) error) error {
	var h *handle[*maildirDirs]
	defer func() {
		if h != nil {
			a.maildirs.put(h)
		}
	}()
	for _, s := range items {
		if h == nil || h.place != s.target.place {
			if h != nil {
				a.maildirs.put(h)
				h = nil
			}
			var err error
			if h, err = a.maildirs.get(s.target.place); err != nil {
				return err
			}
		}
		if err := fn(h.value, s); err != nil {
			return err
		}
	}
	return nil
}

// dropMaildir removes messages that never got a receipt. What cannot be removed
// is left to the next Open.
func (a *Archive) dropMaildir(items []*stored) {
	for _, s := range items {
		err := a.eachDir([]*stored{s}, func(d *maildirDirs, s *stored) error {
			err := d.tmp.Remove(s.tmp)
			if errors.Is(err, fs.ErrNotExist) {
				err = d.cur.Remove(s.final)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			a.left.Store(true)
		}
	}
}

// giveReceipts is step 5. When the receipts cannot be recorded the messages are
// left where they are: the ledger may have them all the same, and if it has not,
// the next Open finds that out.
func (a *Archive) giveReceipts(items []*stored) error {
	receipts := make([]mailhaul.Receipt, len(items))
	for i, s := range items {
		receipts[i] = s.receipt
	}
	if err := a.receipts(receipts); err != nil {
		a.left.Store(true)
		return err
	}
	return nil
}
