package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// SourceOptions say what of an archive a [Source] gives.
type SourceOptions struct {
	// Deleted gives also what had been deleted from the server: messages that
	// are gone, and folders that are gone although their name is in use again.
	Deleted bool
	// AsOf gives the archive as it stood at the end of a run, 0 for now: the
	// folders that the server had then, under the names that they had, the
	// messages that were in them, with their flags, UIDVALIDITY and UIDs of then.
	// With Deleted also what had been deleted from the server before.
	AsOf checkpoint.RunID
	// DeletedSince gives nothing but what runs after this one found deleted from
	// the server (checkpoint.Ledger.Lost), nil for all: folders without any such
	// message are not given. AsOf and Deleted say nothing then.
	DeletedSince *checkpoint.RunID
}

// view is what a source reads: the archive's ledger, as it stands or as it
// stood.
type view interface {
	Folders(ctx context.Context) ([]checkpoint.Folder, error)
	Messages(ctx context.Context, folderID int64) iter.Seq2[checkpoint.Message, error]
	Message(ctx context.Context, folderID int64, uid mailhaul.UID) (checkpoint.Message, error)
	UIDs(ctx context.Context, folderID int64, uidValidity uint32) (live, gone mailhaul.UIDSet, err error)
}

// Source is an archive as a place where mail is taken from. It reads beside a
// run that writes: what that run has recorded is given, the rest is not.
//
// Its folders are those of the last backup, and those that are gone from the
// server, as they stood when they were seen last; of several that were gone
// under one name the last one. A folder gives the messages that it had then,
// with Deleted also those that it had lost before, each under its UIDVALIDITY
// and UID.
//
// Messages of a UIDVALIDITY that is not the folder's any more could have the UID
// of another message. They are a folder of their own, called
// "NAME (UIDVALIDITY 7)", so that folder, UIDVALIDITY and UID of a message stay
// the same whatever else is backed up later. A folder that is gone and whose
// name another one has is, with Deleted, called
// "NAME (UIDVALIDITY 7, gone in run 12)". Should the server have a folder of
// such a name, " 2" follows, or the next number that is free.
type Source struct {
	a     *Archive
	o     SourceOptions
	from  view
	lost  lost               // what DeletedSince gives; nil without it
	given map[string]*origin // by the name that the folder is given under; nil before Folders
}

var _ mailhaul.Source = (*Source)(nil)

// Account names whose mail the archive holds, "" when it was never told.
func (s *Source) Account(ctx context.Context) (string, error) {
	id, err := s.a.ledger.Identity(ctx)
	return id.Account, err
}

// origin is what a folder that was given stands for in the ledger, whose keys
// mean nothing to the ledger of another target.
type origin struct {
	folder      checkpoint.Folder
	uidValidity uint32
	sum         sum
}

// sum is what there is to give under one UIDVALIDITY of a folder.
type sum struct {
	messages, octets int64
	last             mailhaul.UID // the highest
	present          int64        // messages of the folder's last state
}

func (s *sum) add(m *checkpoint.Message, present bool) {
	s.messages++
	s.octets += m.Size
	s.last = max(s.last, m.UID)
	if present {
		s.present++
	}
}

// Source returns the archive as a source. The archive must stay open as long as
// the source is in use, and is not closed with it.
func (a *Archive) Source(o SourceOptions) *Source {
	s := &Source{a: a, o: o, from: a.ledger}
	if o.AsOf != 0 && o.DeletedSince == nil {
		s.from = a.ledger.AsOf(o.AsOf)
	}
	return s
}

// Close implements [mailhaul.Source]. It does not close the archive.
func (s *Source) Close() error { return nil }

// Folders implements [mailhaul.Source]. The counters are those of what is given.
func (s *Source) Folders(ctx context.Context) ([]*mailhaul.Folder, error) {
	all, err := s.from.Folders(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case s.o.DeletedSince != nil:
		if s.lost, err = s.findLost(ctx); err != nil {
			return nil, err
		}
	case s.o.AsOf != 0 && !s.o.Deleted:
		all = slices.DeleteFunc(all, func(f checkpoint.Folder) bool { return f.GoneRun != 0 })
	}
	owners := owners(all)
	b := &builder{source: s, given: make(map[string]*origin, len(owners))}
	// The names that folders really have come first: nothing made up takes one.
	for _, f := range owners {
		b.given[f.Name] = nil
	}
	for _, f := range all {
		owned := owners[f.Name].ID == f.ID
		if !owned && !s.o.Deleted && s.lost == nil || s.lost != nil && s.lost[f.ID] == nil {
			continue
		}
		if err := b.add(ctx, f, owned); err != nil {
			return nil, err
		}
	}
	s.given = b.given
	return b.folders, nil
}

// owners returns for each name the folder that is given under it: the one that
// is there, else the one that went last.
func owners(all []checkpoint.Folder) map[string]checkpoint.Folder {
	owners := make(map[string]checkpoint.Folder, len(all))
	for _, f := range all {
		other, taken := owners[f.Name]
		if !taken || f.GoneRun == 0 || other.GoneRun != 0 &&
			cmp.Or(cmp.Compare(f.GoneRun, other.GoneRun), cmp.Compare(f.ID, other.ID)) > 0 {
			owners[f.Name] = f
		}
	}
	return owners
}

// find returns what the folder of a name stands for.
func (s *Source) find(ctx context.Context, name string) (*origin, error) {
	if s.given == nil {
		if _, err := s.Folders(ctx); err != nil {
			return nil, err
		}
	}
	if o := s.given[name]; o != nil {
		return o, nil
	}
	return nil, folderError("find folder", name, fmt.Errorf("the archive has none of that name: %w", fs.ErrNotExist))
}

// gives tells whether a message of a ledger's folder is given, and whether it
// belongs to the folder's last state. When a folder goes, what was live in it
// goes in the same run.
func (s *Source) gives(f *checkpoint.Folder, m *checkpoint.Message) (given, present bool) {
	if s.lost != nil {
		given = s.lost.has(m)
		return given, given
	}
	present = m.GoneRun == f.GoneRun
	return present || s.o.Deleted, present
}

// folderError tells that a folder, and no more than it, cannot be given.
func folderError(op, name string, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: op, Folder: name, Err: err}
}

// oneFolder turns damage of the ledger into an error of the folder in whose
// messages it was found: the others may be whole.
func oneFolder(name string, err error) error {
	if _, scoped := errors.AsType[*mailhaul.Error](err); !scoped && errors.Is(err, mailhaul.ErrDamaged) {
		return folderError("read the ledger", name, err)
	}
	return err
}
