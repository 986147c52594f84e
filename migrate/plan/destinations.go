package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// TargetNames is what a target says of its folders' names.
type TargetNames struct {
	Folders []*mailhaul.Folder
	// Namespace is the prefix of the personal namespace, Delimiter that of new
	// folders, "" in a flat hierarchy.
	Namespace, Delimiter string
}

// Mapper tells the levels of the name that the user gave a folder, and false
// when the user gave it none.
type Mapper func(*mailhaul.Folder) (levels []string, mapped bool)

// Destination is where the messages of a folder go.
type Destination struct {
	Source *mailhaul.Folder
	// Name is the full name at the target, with its delimiter and namespace.
	Name string
	// Folder is the target's folder of that name, nil when it is not there.
	Folder *mailhaul.Folder
	// SpecialUse is what the folder is to be made with, or "".
	SpecialUse string
	// Note tells why the folder got another name than people expect, or is "".
	Note string
}

// Destinations decides where the folders of a source go, in their order. Those
// that hold no messages go nowhere. known holds, by the source's name, the
// target's folder that the ledger knows. The rules, the first that fits:
//
//  1. the user's mapping;
//  2. the ledger: a folder stays where it went before;
//  3. INBOX, in any case, is INBOX;
//  4. \Sent, \Drafts, \Junk, \Trash, \Archive go to the target's folder of that
//     use, whatever its name;
//  5. what lies below another folder of the source goes below that one's;
//  6. the same levels, in the target's way to write them.
//
// A level that the target cannot write gets a close name. Folders end in one
// only when the user says so; else the later by name gets a suffix.
func Destinations(source []*mailhaul.Folder, known map[string]*mailhaul.Folder, target TargetNames, mapped Mapper) []Destination {
	n := newNamer(source, known, target, mapped)
	var rest []*mailhaul.Folder
	for _, f := range source {
		if !f.NoSelect {
			rest = append(rest, f)
		}
	}
	// Parents before children, and the same order whatever that of the source.
	slices.SortStableFunc(rest, func(a, b *mailhaul.Folder) int {
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, rule := range []func(*mailhaul.Folder) bool{
		n.byUser, n.byUserClosely, n.byLedger, n.inbox, n.sameUseAndName, n.sameUse, n.sameName, n.closeName,
	} {
		rest = slices.DeleteFunc(rest, rule)
	}
	n.giveUses(source)
	var out []Destination
	for _, f := range source {
		if d := n.done[f.Name]; d != nil && !f.NoSelect {
			out = append(out, d.Destination)
		}
	}
	return out
}

// namer gives destinations, rule by rule.
type namer struct {
	target TargetNames
	known  map[string]*mailhaul.Folder
	mapped Mapper
	there  map[string]*mailhaul.Folder // the target's folders by name
	source map[string]bool             // the source's folders by name
	done   map[string]*decided         // by the source's name
	claims map[string]claim            // by the target's name
}

// decided is a destination and how it came about.
type decided struct {
	Destination
	levels []string // those that were wanted, before any was replaced
	byUser bool
}

// claim says for which levels a name of the target is taken, and whether other
// folders that want the same levels may end there, too.
type claim struct {
	levels []string
	shared bool
}

func newNamer(source []*mailhaul.Folder, known map[string]*mailhaul.Folder, target TargetNames, mapped Mapper) *namer {
	n := &namer{target: target, known: known, mapped: mapped, there: map[string]*mailhaul.Folder{}, source: map[string]bool{}, done: map[string]*decided{}, claims: map[string]claim{}}
	for _, f := range target.Folders {
		if !f.NoSelect {
			n.there[withInbox(f.Name)] = f
		}
	}
	for _, f := range source {
		n.source[f.Name] = !f.NoSelect
	}
	return n
}

// withInbox spells INBOX so in whatever case it came (RFC 9051, 5.1).
func withInbox(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// take gives a folder the name unless it is taken by another that the user did
// not put together with it.
func (n *namer) take(f *mailhaul.Folder, w wish, byUser bool) bool {
	c, taken := n.claims[w.name]
	if taken && !(c.shared && slices.Equal(c.levels, w.levels)) {
		return false
	}
	if !taken {
		n.claims[w.name] = claim{w.levels, byUser}
	}
	n.put(f, w, byUser)
	return true
}

func (n *namer) put(f *mailhaul.Folder, w wish, byUser bool) {
	n.done[f.Name] = &decided{
		Destination: Destination{Source: f, Name: w.name, Folder: n.there[w.name], Note: strings.Join(w.notes, "; ")},
		levels:      w.levels,
		byUser:      byUser,
	}
}

// takeClosely gives a folder the name, or one with a suffix when it is taken.
func (n *namer) takeClosely(f *mailhaul.Folder, w wish, byUser bool) {
	if n.take(f, w, byUser) {
		return
	}
	w.notes = append(w.notes, fmt.Sprintf("%q is taken by another folder", w.name))
	plain := w.name
	for i := 0; ; i++ {
		w.name = plain + "-" + suffix(f.Name, i)
		if n.take(f, w, byUser) {
			return
		}
	}
}

// giveUses says which of the folders to be made get their special use: the
// first of a use that the target has no folder for.
func (n *namer) giveUses(source []*mailhaul.Folder) {
	has := map[string]bool{}
	for _, f := range n.target.Folders {
		has[strings.ToLower(f.SpecialUse)] = true
	}
	for _, f := range source {
		d := n.done[f.Name]
		use := strings.ToLower(f.SpecialUse)
		if d == nil || d.byUser || d.Folder != nil || !carried(f.SpecialUse) || has[use] {
			continue
		}
		has[use] = true
		d.SpecialUse = f.SpecialUse
	}
}
