package app

import (
	"context"
	"io"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// namesThen returns which folders had which names at the moment that was put
// back; nil when that was the present.
func (o haulOptions) namesThen(ctx context.Context, l *checkpoint.Ledger) (map[string]int64, error) {
	if o.from.options.AsOf == 0 {
		return nil, nil
	}
	folders, err := l.AsOf(o.from.options.AsOf).Folders(ctx)
	names := make(map[string]int64, len(folders))
	for _, f := range folders {
		if f.GoneRun == 0 {
			names[f.Name] = f.ID
		}
	}
	return names, err
}

// key is what a message is known by in a folder.
type key struct {
	uidValidity uint32
	uid         mailhaul.UID
}

// newUIDs returns those of list that the archive of an account should learn, by
// the keys that it has for them now: those of messages that it has, whose new UID
// it does not know as another message.
func (o haulOptions) newUIDs(ctx context.Context, l *checkpoint.Ledger, f *checkpoint.Folder, list []checkpoint.Rebinding) ([]checkpoint.Rebinding, error) {
	now := map[key]key{}
	if run := o.from.options.AsOf; run != 0 {
		for m, err := range l.AsOf(run).Moves(ctx, f.ID) {
			if err != nil {
				return nil, err
			}
			now[key{m.OldUIDValidity, m.OldUID}] = key{m.UIDValidity, m.UID}
		}
	}
	known := map[uint32]mailhaul.UIDSet{}
	has := func(k key) (bool, error) {
		if _, read := known[k.uidValidity]; !read {
			live, gone, err := l.UIDs(ctx, f.ID, k.uidValidity)
			if err != nil {
				return false, err
			}
			for _, r := range gone.Ranges() {
				live.AddRange(r)
			}
			known[k.uidValidity] = live
		}
		return known[k.uidValidity].Contains(k.uid), nil
	}
	var out []checkpoint.Rebinding
	for _, r := range list {
		from := key{r.OldUIDValidity, r.OldUID}
		if k, moved := now[from]; moved {
			from = k
		}
		old, err := has(from)
		if err != nil {
			return nil, err
		}
		taken, err := has(key{f.UIDValidity, r.UID})
		if err != nil {
			return nil, err
		}
		if old && !taken {
			out = append(out, checkpoint.Rebinding{OldUIDValidity: from.uidValidity, OldUID: from.uid, UID: r.UID})
		}
	}
	return out, nil
}

// How much is compared to tell whether an archive is that of an account.
const (
	sampledFolders  = 4
	sampledMessages = 4 // of each
)

// sameMessages tells whether equal UIDs are the same messages in the archive and
// in the account that bears its name: two servers may share user, host and
// UIDVALIDITY. A few headers of what both have are compared.
func (o haulOptions) sameMessages(ctx context.Context, account mailhaul.Source) (same bool, err error) {
	a, err := archive.OpenReadOnly(ctx, o.from.path)
	if err != nil {
		return false, err
	}
	defer closing(&err, "archive", a.Close)
	source := a.Source(archive.SourceOptions{})
	here, there, err := inBoth(ctx, source, account)
	if err != nil || len(here) == 0 {
		return false, err
	}
	ours, err := fingerprints(ctx, source, here)
	if err != nil {
		return false, err
	}
	theirs, err := fingerprints(ctx, account, there)
	for at, print := range theirs {
		if ours[at] != print {
			return false, err
		}
	}
	return len(theirs) > 0, err
}

// inBoth chooses messages that both ends have under one UIDVALIDITY.
func inBoth(ctx context.Context, a, b mailhaul.Source) (ofA, ofB []mailhaul.Work, err error) {
	folders, err := a.Folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	others, err := b.Folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	byRaw := map[string]*mailhaul.Folder{}
	for _, f := range others {
		byRaw[f.Raw] = f
	}
	var listA, listB []mailhaul.ListRequest
	for _, f := range folders {
		other := byRaw[f.Raw]
		if f.Messages > 0 && other != nil && other.UIDValidity == f.UIDValidity && len(listA) < sampledFolders {
			listA, listB = append(listA, mailhaul.ListRequest{Folder: f}), append(listB, mailhaul.ListRequest{Folder: other})
		}
	}
	var live []mailhaul.UIDSet
	err = a.List(ctx, listA, func(l mailhaul.Listing) error {
		live = append(live, l.Live)
		return l.Err
	})
	if err != nil {
		return nil, nil, err
	}
	next := 0
	err = b.List(ctx, listB, func(l mailhaul.Listing) error {
		both := l.Live.Both(live[next])
		uids := both.Cut(sampledMessages, sampledMessages)
		if !uids.Empty() {
			ofA = append(ofA, mailhaul.Work{Folder: listA[next].Folder, UIDs: uids})
			ofB = append(ofB, mailhaul.Work{Folder: listB[next].Folder, UIDs: uids})
		}
		next++
		return l.Err
	})
	return ofA, ofB, err
}

// messageAt names a message by its folder's raw name and its UID.
type messageAt struct {
	raw string
	uid mailhaul.UID
}

// fingerprints reads the headers of messages. What cannot be read is left out.
func fingerprints(ctx context.Context, s mailhaul.Source, work []mailhaul.Work) (map[messageAt]mailhaul.Fingerprint, error) {
	var mu sync.Mutex
	prints := map[messageAt]mailhaul.Fingerprint{}
	err := s.Headers(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		header, err := io.ReadAll(m.Body)
		if err != nil {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		prints[messageAt{m.Folder.Raw, m.UID}] = mailhaul.MakeFingerprint(header)
		return nil
	})
	return prints, err
}
