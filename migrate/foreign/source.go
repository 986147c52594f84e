package foreign

import (
	"context"
	"errors"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// Folders lists the folders. They have counters once somebody looked into them
// with List: before, nothing is read but directories and the beginnings of
// files.
func (s *Source) Folders(context.Context) ([]*mailhaul.Folder, error) {
	all := make([]*mailhaul.Folder, len(s.folders))
	for i, f := range s.folders {
		all[i] = f.describe()
	}
	return all, nil
}

// List looks into folders, an mbox file by reading all of it.
func (s *Source) List(ctx context.Context, requests []mailhaul.ListRequest, report func(mailhaul.Listing) error) error {
	for _, q := range requests {
		l, err := s.list(ctx, q)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l = mailhaul.Listing{Folder: q.Folder, Err: folderError("look into folder", q.Folder, err)}
		}
		if err := report(l); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) list(ctx context.Context, q mailhaul.ListRequest) (l mailhaul.Listing, err error) {
	f, err := s.find(q.Folder)
	if err != nil {
		return l, err
	}
	if err := f.look(ctx); err != nil {
		return l, err
	}
	l.Folder = f.describe()
	l.Folder.ID, l.Folder.Place, l.Folder.At = q.Folder.ID, q.Folder.Place, q.Folder.At
	l.Live = live(f.table)
	l.Chosen = l.Live
	if q.Known {
		l.Flags = flagsOf(f.table)
	}
	if q.Criteria.All() {
		return l, nil
	}
	r, err := f.open(ctx)
	if err != nil {
		return l, err
	}
	defer r.close()
	l.Chosen, l.TooLarge, err = choose(ctx, f.table, r, q.Criteria)
	return l, err
}

func (s *Source) find(asked *mailhaul.Folder) (*folder, error) {
	i := slices.IndexFunc(s.folders, func(f *folder) bool { return f.name == asked.Name })
	if i < 0 {
		return nil, mailhaul.ErrGone
	}
	return s.folders[i], nil
}

// folderError tells what went wrong with a folder.
func folderError(op string, f *mailhaul.Folder, err error) error {
	e := &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: op, Folder: f.Name, Err: err}
	if errors.Is(err, errBusy) {
		e.Temporary, e.Hint = true, "close the mail program, or copy the file and import the copy"
	}
	return e
}

// messageError tells what went wrong with a message.
func messageError(op string, f *mailhaul.Folder, uid mailhaul.UID, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Temporary: errors.Is(err, errChanged), Op: op, Folder: f.Name, UID: uid, Err: err}
}
