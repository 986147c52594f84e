package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// take decides about a message that was read, and tells whether it gets a row.
func (b *folderRebuild) take(x *restored) (row bool, err error) {
	m := &x.row
	set := b.done[m.UIDValidity]
	if set == nil {
		set = new(mailhaul.UIDSet)
		b.done[m.UIDValidity] = set
	}
	switch {
	case x.known && x.file == nil:
		b.held = append(b.held, checkpoint.Region{Offset: m.Offset, Stored: m.Stored})
		b.missing(m, "it is not there, or not whole; the old ledger knew it")
	case x.known && x.err != nil:
		b.missing(m, x.err.Error())
	case x.err != nil:
		return false, b.putAside(x, x.err.Error())
	case set.Contains(m.UID):
		return false, b.second(x)
	case !x.known:
		b.fresh[m.UIDValidity] = true
	}
	set.Add(m.UID)
	b.end = max(b.end, m.Offset+m.Stored)
	b.report.Messages++
	b.report.Octets += m.Size
	if x.known {
		b.report.Known++
	}
	return true, nil
}

// missing tells of a message that the old ledger knows and that is not whole. It
// keeps its row: verify names it, and repair can fetch it.
func (b *folderRebuild) missing(m *checkpoint.Message, problem string) {
	b.report.Missing++
	b.find(Damage{Folder: b.folder.Name, UID: m.UID, Path: b.pathOf(m), Problem: problem})
}

func (b *folderRebuild) pathOf(m *checkpoint.Message) string {
	if b.id.Format == string(Mbox) {
		return mailPath(b.folder.Place)
	}
	return mailPath(b.folder.Place) + "/cur/" + m.Place
}

// putAside takes what is no whole message, and nothing else is known of, out of
// the way. In an mbox it stays where it is.
func (b *folderRebuild) putAside(x *restored, problem string) error {
	if b.box != nil {
		b.retire(checkpoint.Region{Offset: x.file.offset(), Stored: x.file.stored}, x.file.uid, problem)
		return nil
	}
	t := b.index.tails[x.file.tail]
	name := mailPath(b.folder.Place) + "/" + t.sub + "/" + x.file.base() + t.info
	aside, err := moveAside(b.root, name)
	if err != nil {
		return err
	}
	b.find(Damage{Folder: b.folder.Name, UID: x.file.uid, Path: name, Problem: problem + "; it is now " + aside})
	return nil
}

// second deals with a message whose UID another one has.
func (b *folderRebuild) second(x *restored) error {
	const problem = "a second message with its UID"
	if b.box != nil {
		b.retire(checkpoint.Region{Offset: x.file.offset(), Stored: x.file.stored}, x.file.uid, problem)
		return nil
	}
	return b.putAside(x, problem)
}

// retire notes a part of an mbox that belongs to no message.
func (b *folderRebuild) retire(g checkpoint.Region, uid mailhaul.UID, problem string) {
	known := slices.ContainsFunc(b.retired, func(r checkpoint.Region) bool { return r.Offset == g.Offset })
	if known {
		return
	}
	b.retired = append(b.retired, g)
	b.find(Damage{Folder: b.folder.Name, UID: uid, Path: mailPath(b.folder.Place),
		Problem: fmt.Sprintf("%s: %d octets at %d belong to no message now; they stay where they are", problem, g.Stored, g.Offset)})
}

// leftovers deals with what of an mbox belongs to no message: between messages it
// stays, behind the last one it goes into the quarantine.
func (b *folderRebuild) leftovers(ctx context.Context) error {
	if b.box == nil {
		return nil
	}
	for _, g := range b.index.gaps {
		g.Stored = min(g.Stored, b.end-g.Offset)
		for _, part := range without(g, slices.Concat(b.held, b.retired)) {
			b.retire(part, 0, "no whole message")
		}
	}
	var kept []checkpoint.Region
	for _, g := range b.retired {
		if g.Offset+g.Stored <= b.end {
			kept = append(kept, g)
		}
	}
	if err := b.led.RestoreRetired(ctx, b.run, b.folder.ID, kept); err != nil {
		return err
	}
	if b.end == b.index.end {
		return nil
	}
	aside, err := keepPart(b.root, mailPath(b.folder.Place), b.box, b.end)
	if err != nil {
		return err
	}
	b.cuts = append(b.cuts, cut{b.folder.Place, b.end})
	b.find(Damage{Folder: b.folder.Name, Path: mailPath(b.folder.Place),
		Problem: fmt.Sprintf("the last %d octets are no whole message; they are now %s", b.index.end-b.end, aside)})
	return nil
}

// uidValidity returns the UIDVALIDITY for the folder. A message whose row is lost
// is known under the UIDVALIDITY and UID with which it was stored, and a later run
// may have found it under others. Where that may be so, 0 is returned: the next
// backup recognises all messages by their headers, and fetches none again.
func (b *folderRebuild) uidValidity() uint32 {
	if !b.ofOld[b.folder.ID] && len(b.fresh) == 1 {
		for v := range b.fresh {
			return v
		}
	}
	for v := range b.fresh {
		if v != b.folder.UIDValidity {
			return 0
		}
	}
	return b.folder.UIDValidity
}

// without returns the parts of a region that are in none of others.
func without(g checkpoint.Region, others []checkpoint.Region) []checkpoint.Region {
	slices.SortFunc(others, func(x, y checkpoint.Region) int { return cmp.Compare(x.Offset, y.Offset) })
	var parts []checkpoint.Region
	begin, end := g.Offset, g.Offset+g.Stored
	for _, o := range others {
		if o.Offset+o.Stored <= begin || o.Offset >= end {
			continue
		}
		if o.Offset > begin {
			parts = append(parts, checkpoint.Region{Offset: begin, Stored: o.Offset - begin})
		}
		begin = o.Offset + o.Stored
	}
	if begin < end {
		parts = append(parts, checkpoint.Region{Offset: begin, Stored: end - begin})
	}
	return parts
}
