package migrate

import (
	"cmp"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// report returns the report of a folder.
func (b *haul) report(f *mailhaul.Folder) *FolderReport {
	b.reportMu.Lock()
	defer b.reportMu.Unlock()
	r := b.reports[f]
	if r == nil {
		r = &FolderReport{Folder: f.Name}
		b.reports[f] = r
	}
	if f.At != nil {
		r.At = f.At.Name
	}
	return r
}

// summarise puts the folders' reports into the summary.
func (b *haul) summarise() {
	for _, r := range b.reports {
		b.summary.Reports = append(b.summary.Reports, *r)
	}
	slices.SortFunc(b.summary.Reports, func(x, y FolderReport) int { return cmp.Compare(x.Folder, y.Folder) })
}
