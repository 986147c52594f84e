package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// The rules of Destinations. Each tells whether it has decided about a folder.

// byUser follows the user's mapping where the target can write the name.
func (n *namer) byUser(f *mailhaul.Folder) bool {
	w, mapped := n.userWish(f)
	return mapped && len(w.notes) == 0 && n.take(f, w, true)
}

// byUserClosely follows it where a level must be replaced.
func (n *namer) byUserClosely(f *mailhaul.Folder) bool {
	w, mapped := n.userWish(f)
	if mapped {
		n.takeClosely(f, w, true)
	}
	return mapped
}

func (n *namer) userWish(f *mailhaul.Folder) (wish, bool) {
	if n.mapped == nil {
		return wish{}, false
	}
	levels, mapped := n.mapped(f)
	if !mapped {
		return wish{}, false
	}
	return n.write(levels, strings.EqualFold(levels[0], "INBOX")), true
}

// byLedger leaves a folder where it went before, whoever else is there.
func (n *namer) byLedger(f *mailhaul.Folder) bool {
	k := n.known[f.Name]
	if k == nil || k.Name == "" {
		return false
	}
	w := wish{name: withInbox(k.Name), levels: n.levelsOf(k)}
	if _, taken := n.claims[w.name]; !taken {
		// Nothing keeps the source's INBOX from INBOX.
		n.claims[w.name] = claim{w.levels, w.name == "INBOX"}
	}
	n.put(f, w, false)
	return true
}

// inbox puts INBOX into INBOX.
func (n *namer) inbox(f *mailhaul.Folder) bool {
	return strings.EqualFold(f.Name, "INBOX") && n.take(f, wish{name: "INBOX", levels: []string{"INBOX"}}, false)
}

// carried tells whether folders of a special use take each other's place. Those
// that are a view of other folders' messages do not (RFC 6154, 2).
func carried(use string) bool {
	for _, u := range []string{`\Sent`, `\Drafts`, `\Junk`, `\Trash`, `\Archive`} {
		if strings.EqualFold(u, use) {
			return true
		}
	}
	return false
}

// sameUseAndName puts a folder of a special use into the target's of that use
// if it has its name, too; so two of one use do not change places.
func (n *namer) sameUseAndName(f *mailhaul.Folder) bool {
	plain := n.plainWish(f)
	for _, t := range n.sameUses(f) {
		if t.Name == plain.name {
			return n.take(f, wish{name: t.Name, levels: n.levelsOf(t)}, false)
		}
	}
	return false
}

// sameUse puts a folder of a special use into the target's of that use.
func (n *namer) sameUse(f *mailhaul.Folder) bool {
	for _, t := range n.sameUses(f) {
		w := wish{name: t.Name, levels: n.levelsOf(t), notes: []string{"it is the target's folder for " + t.SpecialUse}}
		if n.take(f, w, false) {
			return true
		}
	}
	return false
}

// sameUses returns the target's folders of a folder's special use, by name.
func (n *namer) sameUses(f *mailhaul.Folder) []*mailhaul.Folder {
	if !carried(f.SpecialUse) {
		return nil
	}
	var out []*mailhaul.Folder
	for _, t := range n.target.Folders {
		if !t.NoSelect && strings.EqualFold(t.SpecialUse, f.SpecialUse) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *mailhaul.Folder) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// sameName keeps a folder's name where the target can write it and its parent
// has a destination.
func (n *namer) sameName(f *mailhaul.Folder) bool {
	w, ready := n.nameWish(f)
	return ready && len(w.notes) == 0 && n.take(f, w, false)
}

// closeName gives all others a close name.
func (n *namer) closeName(f *mailhaul.Folder) bool {
	w, _ := n.nameWish(f)
	n.takeClosely(f, w, false)
	return true
}

// nameWish is the name of a folder below its parent's destination, if it has a
// parent, else its own. ready is false while the parent has no destination.
func (n *namer) nameWish(f *mailhaul.Folder) (w wish, ready bool) {
	parent, below := n.parent(f)
	if parent == "" {
		return n.plainWish(f), true
	}
	d := n.done[parent]
	if d == nil {
		return wish{}, false
	}
	return n.writeBelow(wish{name: d.Name, levels: d.levels}, below), true
}

// parent returns the nearest folder of the source that f lies below, and f's
// levels below it; "" when there is none. A namespace's prefix is no parent:
// where folders are called INBOX.x they do not lie below INBOX.
func (n *namer) parent(f *mailhaul.Folder) (string, []string) {
	levels := f.Levels()
	name := f.Name
	for i := len(levels) - 1; i > 0; i-- {
		name = strings.TrimSuffix(name, f.Delimiter+levels[i])
		if n.source[name] {
			return name, levels[i:]
		}
	}
	return "", nil
}

// plainWish is a folder's own name in the target's way to write it.
func (n *namer) plainWish(f *mailhaul.Folder) wish {
	levels := f.Levels()
	inNamespace := f.Namespace != "" && strings.HasPrefix(f.Name, f.Namespace)
	inInbox := !inNamespace && len(levels) > 1 && strings.EqualFold(levels[0], "INBOX")
	w := n.write(levels, inInbox)
	if strings.EqualFold(w.name, "INBOX") {
		w.name += "_"
		w.notes = append(w.notes, "INBOX is the inbox")
	}
	return w
}

// levelsOf returns the levels of a folder of the target.
func (n *namer) levelsOf(f *mailhaul.Folder) []string {
	t := mailhaul.Folder{Name: withInbox(f.Name), Delimiter: n.target.Delimiter, Namespace: n.target.Namespace}
	return t.Levels()
}
