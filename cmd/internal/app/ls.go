package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// lsOptions say what is listed.
type lsOptions struct {
	archive string
	folder  string // "" for the list of folders
	all     bool   // messages that are gone from the server, too
	asOf    moment
	output  outputOptions
}

func lsCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "ls", Usage: "list the folders of an archive, or the messages of a folder",
		ArgsUsage: "ARCHIVE [FOLDER]", HideHelp: true,
		Description: `
Without FOLDER: each folder with the number of messages that the server had at
the last backup, the number of those that are gone from it since (the archive
keeps them), the octets of the former, and its name.
With FOLDER: each message with UID, date of arrival, sender, subject and flags.
With --as-of: folders, messages and flags as they stood then, also of folders that
have been renamed or deleted since.
` + momentHelp,
		Flags: flags("ls"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := lsOptions{all: c.Bool("all"), asOf: parseAsOf(c, &p), output: outputOptions{json: c.Bool("json")}}
			args := arguments(c, &p, "ARCHIVE", "[FOLDER]")
			o.archive, o.folder = args[0], args[1]
			if err := p.Err(); err != nil {
				return badLine{"ls", err}
			}
			return runLs(c.Context, env, o)
		},
	}
}

func runLs(ctx context.Context, env Env, o lsOptions) error {
	return withUI(ctx, env, o.output, "ls", func(u *ui.UI) error {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error {
			from, err := catalogueAt(ctx, a, o.asOf)
			if err != nil {
				return err
			}
			if o.folder != "" {
				err = listMessages(ctx, u, a, from, o)
			} else {
				err = listFolders(ctx, u, from)
			}
			if err != nil || !o.asOf.given() {
				return err
			}
			run, err := o.asOf.resolve(ctx, a.Ledger())
			if err != nil {
				return err
			}
			return warnPruned(ctx, u, a.Ledger(), run, func(f *mailhaul.Folder) bool {
				return o.folder == "" || f.Name == o.folder || strings.EqualFold(f.Name, "INBOX") && strings.EqualFold(o.folder, "INBOX")
			})
		})
	})
}

// folderObject is a folder as a line of JSON.
type folderObject struct {
	Folder      string `json:"folder"`
	Messages    int64  `json:"messages"`
	Gone        int64  `json:"gone"`
	Octets      int64  `json:"octets"`
	Failures    int64  `json:"failures,omitempty"`
	SpecialUse  string `json:"special_use,omitempty"`
	Subscribed  bool   `json:"subscribed"`
	UIDValidity uint32 `json:"uidvalidity"`
	// Vanished: the server has no such folder any more.
	Vanished bool   `json:"vanished,omitempty"`
	Place    string `json:"place"`
}

func listFolders(ctx context.Context, u *ui.UI, from catalogue) error {
	folders, err := from.Folders(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(folders, func(a, b checkpoint.Folder) int { return compareFolders(a.Name, b.Name) })
	var rows [][]string
	for _, f := range folders {
		if u.JSON() {
			u.Object(folderObject{
				Folder: ui.Text(f.Name), Messages: f.Live, Gone: f.Gone, Octets: f.LiveOctets, Failures: f.Failures,
				SpecialUse: f.SpecialUse, Subscribed: f.Subscribed, UIDValidity: f.UIDValidity,
				Vanished: f.GoneRun != 0, Place: ui.Text(f.Place),
			})
			continue
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		rows = append(rows, []string{number(f.Live), number(f.Gone), number(f.LiveOctets), f.Name + folderNotes(f)})
	}
	if !u.JSON() {
		u.Print(ui.Table([]ui.Column{
			{Title: "MESSAGES", Right: true}, {Title: "GONE", Right: true}, {Title: "OCTETS", Right: true}, {Title: "FOLDER"},
		}, rows))
	}
	return nil
}

// folderNotes are what is out of the ordinary about a folder.
func folderNotes(f checkpoint.Folder) string {
	var notes []string
	if f.GoneRun != 0 {
		notes = append(notes, "gone from the server")
	}
	if f.Failures > 0 {
		notes = append(notes, strconv.FormatInt(f.Failures, 10)+" failed")
	}
	if len(notes) == 0 {
		return ""
	}
	return "  (" + strings.Join(notes, ", ") + ")"
}

// compareFolders puts INBOX first, the rest in the order of their names.
func compareFolders(a, b string) int {
	if inboxA, inboxB := strings.EqualFold(a, "INBOX"), strings.EqualFold(b, "INBOX"); inboxA != inboxB {
		if inboxA {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}
