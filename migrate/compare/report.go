package compare

import (
	"cmp"
	"context"
	"fmt"
)

// report tells the differences of one unit, counts its messages and lets go of
// them.
func (c *comparison) report(ctx context.Context, u *unit) error {
	row := FolderSummary{}
	for _, f := range u.sides[sideA] {
		f.count()
		row.A = append(row.A, f.Name)
		row.Counts.A += f.messages
	}
	for _, f := range u.sides[sideB] {
		f.count()
		row.B = f.Name
		row.Counts.B += f.messages
	}
	err := c.reportFolders(ctx, u)
	if err == nil {
		err = c.reportMessages(ctx, u, &row.Counts)
	}
	c.summary.Folders = append(c.summary.Folders, row)
	c.summary.add(row.Counts)
	for _, folders := range u.sides {
		for _, f := range folders {
			f.records, f.reasons = nil, nil
		}
	}
	return err
}

// count counts the folder's messages.
func (f *folder) count() {
	for i := range f.records {
		if f.records[i].is(headless) {
			f.unknown++
		}
		if !f.records[i].is(gone) {
			f.messages++
		}
	}
}

// reportFolders tells what differs between the folders themselves.
func (c *comparison) reportFolders(ctx context.Context, u *unit) error {
	var list []Difference
	for i, folders := range u.sides {
		for _, f := range folders {
			d := Difference{Kind: Folder, FolderA: f.Name, Text: fmt.Sprintf("B has no such folder; it holds messages: %d", f.messages)}
			if i == sideB {
				d = Difference{Kind: Folder, FolderB: f.Name, Text: fmt.Sprintf("A has no such folder; it holds messages: %d", f.messages)}
			}
			if len(u.sides[1-i]) == 0 {
				list = append(list, d)
			}
			if f.broken != nil {
				d.Kind, d.Text = Unreadable, f.broken.Error()
				list = append(list, d)
			}
		}
	}
	if len(u.sides[sideA]) == 1 && len(u.sides[sideB]) == 1 {
		list = append(list, attributes(u.sides[sideA][0], u.sides[sideB][0])...)
	}
	for _, d := range list {
		if err := c.tell(ctx, finding{Difference: d}); err != nil {
			return err
		}
	}
	return nil
}

// attributes compares special use and subscription of two folders.
func attributes(a, b *folder) (list []Difference) {
	if a.Raw == "" || b.Raw == "" {
		return nil
	}
	if a.SpecialUse != b.SpecialUse {
		list = append(list, Difference{Kind: SpecialUse, FolderA: a.Name, FolderB: b.Name,
			Text: fmt.Sprintf("A has %s, B has %s", cmp.Or(a.SpecialUse, "none"), cmp.Or(b.SpecialUse, "none"))})
	}
	if a.Subscribed != b.Subscribed {
		text := "only A is subscribed"
		if b.Subscribed {
			text = "only B is subscribed"
		}
		list = append(list, Difference{Kind: Subscription, FolderA: a.Name, FolderB: b.Name, Text: text})
	}
	return list
}
