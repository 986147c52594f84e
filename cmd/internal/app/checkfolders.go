package app

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// checkedFolder is a folder of an endpoint as a line of JSON.
type checkedFolder struct {
	Event      string `json:"event"`
	Folder     string `json:"folder"`
	Messages   int64  `json:"messages"`
	Octets     int64  `json:"octets"` // -1: unknown
	SpecialUse string `json:"special_use,omitempty"`
	Subscribed bool   `json:"subscribed"`
	NoSelect   bool   `json:"noselect,omitempty"`
}

// folders tells the folders of the account.
func (c *accountChecker) folders() {
	c.begin("")
	tellFolders(c.u, c.about.Folders)
	if e, ok := errors.AsType[*mailhaul.Error](c.about.MissingFolders); ok {
		c.u.Warn(strings.TrimSuffix(fmt.Sprintf("%v; %s", e, e.Hint), "; "))
	}
	for _, f := range c.about.Folders {
		if w := c.kind.Window; w > 0 && int64(f.Messages) >= w {
			c.u.Warn(fmt.Sprintf("folder %q shows %d messages, and %s shows no more than that: older ones may be there and not be seen",
				f.Name, f.Messages, c.kind.Name))
		}
	}
}

// tellFolders lists folders, INBOX first.
func tellFolders(u *ui.UI, folders []*mailhaul.Folder) {
	folders = slices.Clone(folders)
	slices.SortFunc(folders, func(a, b *mailhaul.Folder) int { return compareFolders(a.Name, b.Name) })
	var rows [][]string
	for _, f := range folders {
		if u.JSON() {
			u.Object(checkedFolder{"folder", ui.Text(f.Name), int64(f.Messages), f.Size, f.SpecialUse, f.Subscribed, f.NoSelect})
			continue
		}
		messages, size := strconv.FormatUint(uint64(f.Messages), 10), octetsOrUnknown(f.Size)
		if f.NoSelect {
			messages, size = "-", "-"
		}
		rows = append(rows, []string{messages, size, strings.TrimPrefix(f.SpecialUse, `\`), f.Name})
	}
	if !u.JSON() {
		u.Print(ui.Table([]ui.Column{{Title: "MESSAGES", Right: true}, {Title: "SIZE", Right: true}, {Title: "USE"}, {Title: "FOLDER"}}, rows) + "\n")
	}
}

// total sums up what is in folders; octets are -1 where a folder with messages
// does not tell its size.
func total(folders []*mailhaul.Folder) (messages, octets int64) {
	for _, f := range folders {
		messages += int64(f.Messages)
		switch {
		case f.NoSelect || f.Messages == 0:
		case f.Size < 0 || octets < 0:
			octets = -1
		default:
			octets += f.Size
		}
	}
	return messages, octets
}

// names tells which names of folders cannot be kept.
func (c *accountChecker) names() {
	c.begin("Names that change")
	renamed := archive.Renamed(c.about.Folders)
	changed := false
	tell := func(name, text string) {
		changed = true
		c.tell(strconv.Quote(name), text)
	}
	byFold := map[string]string{}
	for _, f := range c.about.Folders {
		if place, ok := renamed[f.Name]; ok {
			tell(f.Name, "in an archive lies in "+place+"; its name is kept in the ledger")
		}
		refusing := map[string]bool{}
		for _, level := range f.Levels() {
			for _, server := range quirk.Refusing(level) {
				refusing[server] = true
			}
		}
		delete(refusing, c.kind.Name)
		var servers []string
		for s := range refusing {
			servers = append(servers, s)
		}
		if slices.Sort(servers); len(servers) > 0 {
			tell(f.Name, "is refused by "+strings.Join(servers, ", ")+": migrated there it gets a close name")
		}
		fold := strings.ToLower(f.Name)
		if other, twice := byFold[fold]; twice {
			tell(f.Name, fmt.Sprintf("differs from %q by case only: where a target does not tell them apart they are merged", other))
		}
		byFold[fold] = f.Name
	}
	if !changed {
		c.tell("none", "all are kept, in an archive and on the servers that mailhaul knows")
	}
}
