package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// prunedObject and pruneObject are the lines of JSON that prune writes.
type prunedObject struct {
	Event    string `json:"event"`
	Folder   string `json:"folder"`
	Messages int64  `json:"messages"`
	Octets   int64  `json:"octets"`
	Freed    int64  `json:"freed"`            // octets of disk
	Oldest   string `json:"oldest,omitempty"` // INTERNALDATE, RFC 3339 in UTC
	Newest   string `json:"newest,omitempty"`
	// Left says why the folder is left as it is.
	Left string `json:"left,omitempty"`
}

type pruneObject struct {
	Event       string `json:"event"`
	Command     string `json:"command"`
	DryRun      bool   `json:"dry_run"`
	GoneBefore  string `json:"gone_before"` // RFC 3339
	Messages    int64  `json:"messages"`
	Octets      int64  `json:"octets"`
	Freed       int64  `json:"freed"`
	FoldersLeft int64  `json:"folders_left"`
}

// tellPrunable shows for each folder what is to be pruned: beside the question,
// when there is one.
func tellPrunable(u *ui.UI, o pruneOptions, folders []archive.PrunedFolder, asking bool) {
	if (u.JSON() || o.output.quiet) && !asking {
		return
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.UTC().Format(time.DateOnly)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	var rows [][]string
	for _, f := range folders {
		if f.Err == nil {
			rows = append(rows, []string{number(f.Messages), number(f.Octets), day(f.Oldest), day(f.Newest), number(f.Freed), f.Folder})
		}
	}
	if len(rows) == 0 {
		return
	}
	table := ui.Table([]ui.Column{
		{Title: "MESSAGES", Right: true}, {Title: "OCTETS", Right: true}, {Title: "OLDEST"}, {Title: "NEWEST"},
		{Title: "FREED", Right: true}, {Title: "FOLDER"},
	}, rows)
	if !asking {
		u.Print(table)
		return
	}
	for line := range strings.Lines(table) {
		u.Say(strings.TrimSuffix(line, "\n"))
	}
}

// tellPrune says what was pruned, or would be, and what was left as it is.
func tellPrune(u *ui.UI, o pruneOptions, r archive.PruneReport) {
	for _, f := range r.Folders {
		if u.JSON() {
			object := prunedObject{Event: "prune", Folder: ui.Text(f.Folder), Messages: f.Messages, Octets: f.Octets, Freed: f.Freed}
			if !f.Oldest.IsZero() {
				object.Oldest, object.Newest = f.Oldest.UTC().Format(time.RFC3339), f.Newest.UTC().Format(time.RFC3339)
			}
			if f.Err != nil {
				object.Left = ui.Text(f.Err.Error())
			}
			u.Object(object)
		} else if f.Err != nil {
			u.Warn(fmt.Sprintf("folder %q is left as it is: %v", f.Folder, f.Err))
		}
	}
	if u.JSON() {
		u.Object(pruneObject{"summary", "prune", o.dryRun, o.before.Format(time.RFC3339), r.Messages, r.Octets, r.Freed, r.Left})
		return
	}
	if o.output.quiet {
		return
	}
	text := "nothing to prune: no message is gone since before " + o.before.Local().Format(time.DateOnly)
	if r.Messages > 0 || r.Left > 0 {
		verb := "pruned"
		if o.dryRun {
			verb = "to be pruned"
		}
		text = fmt.Sprintf("%s (%s) %s, %s of disk freed", ui.Count(r.Messages, "message"), ui.Octets(r.Octets), verb, ui.Octets(r.Freed))
	}
	u.Print(text + "\n")
}
