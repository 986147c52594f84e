package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// dryRun says what a run would do. It looks into the folders and writes nothing.
func (b *haul) dryRun(ctx context.Context) error {
	if err := b.plan(ctx); err != nil {
		return err
	}
	if err := b.place(ctx); err != nil {
		return err
	}
	if b.holder != nil {
		b.summary.Limits = b.holder.Limits()
	}
	var requests []mailhaul.ListRequest
	var asked []plan.Folder
	for _, f := range b.folders {
		if f.Action == plan.Unchanged {
			b.summary.Plans = append(b.summary.Plans, FolderPlan{Folder: f.Name, At: atName(f.Folder)})
			continue
		}
		q := f.Request()
		q.Criteria = b.o.Criteria
		q.Criteria.MaxSize = b.largest()
		requests = append(requests, q)
		asked = append(asked, f)
	}
	var looks []*look // into folders whose UIDs may be those of the account
	next := 0
	err := b.src.List(ctx, requests, func(l mailhaul.Listing) error {
		f := asked[next]
		next++
		p, err := b.foresee(ctx, f, l)
		if err == nil {
			if f.Known == nil && b.holder != nil && f.At != nil && f.At.Messages > 0 && b.maySameUIDs(f.Folder) {
				looks = append(looks, &look{folder: f.Folder, live: l.Live, fetch: l.Chosen})
			}
			b.summary.Plans = append(b.summary.Plans, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := b.foreseeSame(ctx, looks); err != nil {
		return err
	}
	for _, v := range b.vanished {
		b.summary.Plans = append(b.summary.Plans, FolderPlan{Folder: v.Name, Gone: v.Live, Note: "gone from the source or renamed; stays where it was put"})
	}
	for _, p := range b.summary.Plans {
		b.summary.New += p.New
		b.summary.FlagsChanged += p.FlagsChanged
		b.summary.Gone += p.Gone
		b.summary.Folders++
	}
	return nil
}

// foresee says what would be done in one folder.
func (b *haul) foresee(ctx context.Context, f plan.Folder, l mailhaul.Listing) (FolderPlan, error) {
	p := FolderPlan{Folder: f.Name, At: atName(f.Folder), NewOctets: -1}
	if l.Err != nil {
		p.Note = l.Err.Error()
		b.summary.Failures = append(b.summary.Failures, Failure{Folder: f.Name, Reason: p.Note})
		return p, nil
	}
	switch {
	case f.Known == nil:
		p.New, p.NewOctets, p.Note = int64(l.Live.Len()), l.Folder.Size, "new folder"
		b.noteThere(f.Folder, &p)
		p.leaveOut(l, l.Live, b.overLimit())
		return p, nil
	case f.Known.UIDValidity != l.Folder.UIDValidity:
		p.Note = "new UIDVALIDITY: its messages will be matched with those known"
		return p, nil
	}
	live, gone, err := b.led.UIDs(ctx, f.ID, l.Folder.UIDValidity)
	if err != nil {
		return p, err
	}
	todo := plan.Decide(l.Live, live, gone, true)
	todo.Gone = visible(todo.Gone, l.Floor)
	p.New, p.Gone = int64(todo.Fetch.Len()), int64(todo.Gone.Len())
	p.leaveOut(l, todo.Fetch, b.overLimit())
	p.FlagsChanged, err = b.flagsThatDiffer(ctx, f, l)
	return p, err
}

// noteThere says what is to be known of a folder that is new to the ledger and
// in a target account already.
func (b *haul) noteThere(f *mailhaul.Folder, p *FolderPlan) {
	if b.holder == nil || f.At == nil || f.At.UIDValidity == 0 {
		return
	}
	p.Note = fmt.Sprintf("there, messages: %d", f.At.Messages)
	if b.o.Match && f.At.Messages > 0 {
		p.Note += "; what is equal will be recognised and not copied"
	}
}

// foreseeSame takes out of the plans what is in the account already, as far as
// UIDs tell that.
func (b *haul) foreseeSame(ctx context.Context, looks []*look) error {
	if len(looks) == 0 {
		return nil
	}
	inventories := make([]*inventory, len(looks))
	requests := make([]mailhaul.ListRequest, len(looks))
	for i, l := range looks {
		inventories[i] = &inventory{look: l, site: &site{at: l.folder.At}}
		requests[i].Folder = l.folder.At
	}
	next := 0
	err := b.holder.List(ctx, requests, func(at mailhaul.Listing) error {
		inventories[next].live = at.Live
		next++
		return at.Err
	})
	if err != nil {
		return err
	}
	if err := b.compareUIDs(ctx, inventories); err != nil {
		return err
	}
	for _, inv := range inventories {
		n := int64(inv.look.fetch.Both(inv.live).Len())
		if !b.account.sameUIDs[inv.look.folder] || n == 0 {
			continue
		}
		for i := range b.summary.Plans {
			if p := &b.summary.Plans[i]; p.Folder == inv.look.folder.Name {
				p.New -= n
				p.NewOctets = -1
				if p.New == 0 {
					p.NewOctets = 0
				}
			}
		}
	}
	return nil
}

// atName is the folder's name in a target account.
func atName(f *mailhaul.Folder) string {
	if f.At == nil {
		return ""
	}
	return f.At.Name
}

// overLimit tells whether the account's limit on messages is below the user's.
func (b *haul) overLimit() bool {
	limit, wanted := b.summary.Limits.Message, b.o.Criteria.MaxSize
	return b.holder != nil && limit > 0 && (wanted == 0 || limit < wanted)
}

// largest is the largest message to be copied, in octets, 0 for any.
func (b *haul) largest() int64 {
	if b.overLimit() {
		return b.summary.Limits.Message
	}
	return b.o.Criteria.MaxSize
}

// leaveOut takes what the criteria do not choose out of what is new.
func (p *FolderPlan) leaveOut(l mailhaul.Listing, fetch mailhaul.UIDSet, overLimit bool) {
	large := fetch.Both(l.TooLarge)
	other := fetch.Minus(l.Chosen).Minus(large)
	p.TooLarge, p.NotChosen = int64(large.Len()), int64(other.Len())
	if p.TooLarge > 0 && overLimit {
		p.Note = strings.TrimPrefix(p.Note+fmt.Sprintf("; the account takes %d of its messages for too large", p.TooLarge), "; ")
	}
	if n := p.TooLarge + p.NotChosen; n > 0 {
		p.New -= n
		p.NewOctets = -1
	}
	if p.New == 0 {
		p.NewOctets = 0
	}
}

func (b *haul) flagsThatDiffer(ctx context.Context, f plan.Folder, l mailhaul.Listing) (n int64, err error) {
	if len(l.Flags) == 0 {
		return 0, nil
	}
	for m, err := range b.led.Messages(ctx, f.ID) {
		if err != nil {
			return 0, err
		}
		at, found := slices.BinarySearchFunc(l.Flags, m.UID, func(x mailhaul.UIDFlags, uid mailhaul.UID) int { return int(int64(x.UID) - int64(uid)) })
		if found && m.UIDValidity == l.Folder.UIDValidity && l.Flags[at].Flags != m.Flags {
			n++
		}
	}
	return n, nil
}
