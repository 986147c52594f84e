package migrate

import (
	"context"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// account is what a run keeps for a target that is an account.
type account struct {
	// before is the folder's place in the account as the ledger has it.
	before  map[*mailhaul.Folder]mailhaul.Folder
	intents map[int64][]checkpoint.Intent // by the folder's ID
	flags   []folderFlags                 // to be carried over
	// heldBack has flags that were not to be carried over: another run may.
	heldBack map[*mailhaul.Folder]bool
	fresh    map[*mailhaul.Folder]*fresh          // what this run stored
	refused  map[*mailhaul.Folder]int             // how often the folder's name was refused
	wanted   map[*mailhaul.Folder]string          // the name it should have
	missing  map[*mailhaul.Folder]mailhaul.UIDSet // told or sent again, by the UIDs of the source
	// sameUIDs holds the folders of which a sample was compared; otherAccount says
	// that in one of them equal UIDs were other messages.
	sameUIDs     map[*mailhaul.Folder]bool
	otherAccount bool
}

// folderFlags are flags as the source has them now.
type folderFlags struct {
	folder *mailhaul.Folder
	flags  []mailhaul.UIDFlags
}

// place finds for each folder its place in a target account, and has folders
// looked into for which the account, not the source, gives a reason.
func (b *haul) place(ctx context.Context) error {
	if b.holder == nil {
		return nil
	}
	b.account = account{before: map[*mailhaul.Folder]mailhaul.Folder{}, intents: map[int64][]checkpoint.Intent{}, fresh: map[*mailhaul.Folder]*fresh{}, heldBack: map[*mailhaul.Folder]bool{},
		refused: map[*mailhaul.Folder]int{}, wanted: map[*mailhaul.Folder]string{}, missing: map[*mailhaul.Folder]mailhaul.UIDSet{}, sameUIDs: map[*mailhaul.Folder]bool{}}
	there, err := b.holder.Folders(ctx)
	if err != nil {
		return err
	}
	var rows []checkpoint.Folder
	if b.led != nil {
		if rows, err = b.led.Folders(ctx); err != nil {
			return err
		}
		intents, err := b.led.Intents(ctx)
		if err != nil {
			return err
		}
		for _, i := range intents {
			b.account.intents[i.FolderID] = append(b.account.intents[i.FolderID], i)
		}
	}
	b.destinations(there, rows)
	for i := range b.folders {
		f := &b.folders[i]
		if f.Action == plan.Unchanged && b.mustLook(f) {
			f.Action = plan.Changed
		}
	}
	return nil
}

// destinations sets where each folder's messages go.
func (b *haul) destinations(there []*mailhaul.Folder, rows []checkpoint.Folder) {
	names := plan.TargetNames{Folders: there}
	names.Namespace, names.Delimiter = b.holder.Names()
	known := map[string]*mailhaul.Folder{}
	for _, row := range rows {
		if row.At != nil && (row.GoneRun == 0 || known[row.Name] == nil) {
			known[row.Name] = row.At
		}
	}
	chosen := map[string]*mailhaul.Folder{}
	for _, f := range b.folders {
		if f.Known != nil && f.Known.At != nil {
			b.account.before[f.Folder] = *f.Known.At
		}
		chosen[f.Name] = f.Folder
	}
	// All folders of the source: what lies below one that was not chosen goes
	// below that one's place all the same.
	for _, d := range plan.Destinations(b.all, known, names, b.o.Mapping.Levels) {
		f := chosen[d.Source.Name]
		if f == nil {
			continue
		}
		at := &mailhaul.Folder{Name: d.Name, SpecialUse: d.SpecialUse}
		if d.Folder != nil {
			*at = *d.Folder
		}
		if known[d.Source.Name] != nil { // from then on its subscription is its owner's affair
			at.Subscribed = true
		}
		f.At = at
		b.account.wanted[f] = at.Name
		if d.Note != "" {
			b.events.notice("folder %q becomes %q: %s", d.Source.Name, d.Name, d.Note)
		}
	}
}

// mustLook tells whether a folder that is as it was at the source must be
// looked into because of what is or was in the account.
func (b *haul) mustLook(f *plan.Folder) bool {
	switch {
	case f.At == nil || f.Known == nil:
		return true
	case b.o.Again, len(b.account.intents[f.ID]) > 0:
		return true
	case b.elsewhere(f.Folder):
		return true
	}
	return f.Known.Live > int64(f.At.Messages)
}

// maxFallbacks is how many names are tried in place of one that is refused.
const maxFallbacks = 6

// rename gives a folder whose name the account refused a close one that is not
// another folder's; false when there is none left to try.
func (b *haul) rename(f *mailhaul.Folder) bool {
	_, delimiter := b.holder.Names()
	for b.account.refused[f] < maxFallbacks {
		name := filter.FallbackName(b.account.wanted[f], delimiter, b.account.refused[f])
		b.account.refused[f]++
		if name == f.At.Name || slices.ContainsFunc(b.folders, func(o plan.Folder) bool { return o.Folder != f && o.At != nil && o.At.Name == name }) {
			continue
		}
		f.At = &mailhaul.Folder{Name: name, SpecialUse: f.At.SpecialUse}
		return true
	}
	return false
}

// tellPlaces says which folders got another name in the account than they should
// have, and which share one because of that. What the ledger knew is not news.
func (b *haul) tellPlaces(folders []*mailhaul.Folder) {
	for _, f := range folders {
		wanted := b.account.wanted[f]
		if f.At == nil || wanted == f.At.Name || b.account.before[f].Name == f.At.Name {
			continue
		}
		shared := slices.IndexFunc(folders, func(o *mailhaul.Folder) bool { return o != f && o.At != nil && o.At.Raw == f.At.Raw })
		if shared >= 0 {
			b.events.notice("folders %q and %q are merged in %q: the account does not tell their names apart", folders[shared].Name, f.Name, f.At.Name)
		} else {
			b.events.notice("folder %q is called %q in the account, which does not take %q", f.Name, f.At.Name, wanted)
		}
	}
}
