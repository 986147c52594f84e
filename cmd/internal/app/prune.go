package app

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// pruneOptions say what is taken out of which archive.
type pruneOptions struct {
	archive     string
	before      time.Time // messages that are gone since before
	filter      filter.Filter
	dryRun, yes bool
	output      outputOptions
}

const pruneHelp = `
Messages that are gone from the server for longer than --keep-gone leave the archive
for good, and so do those of folders that are gone for as long. What the server had
at the last backup stays, however old it is. How long a message is gone is counted
from the end of the run that missed it.

What would be pruned is listed, and you are asked. Without a terminal --yes must say
so. 'history' and 'ls --as-of' still tell that the messages were there. The directory
quarantine is left alone.

An mbox file is written anew and takes the place of the old one, which needs room on
the disk for that file. One that is damaged is left as it is.`

func pruneCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "take out of an archive what is long gone from the server",
		ArgsUsage: "ARCHIVE", HideHelp: true, Description: pruneHelp, Flags: flags("prune"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := pruneOptions{
				archive: arguments(c, &p, "ARCHIVE")[0], before: parseKeep(c.String("keep-gone"), env.Now(), &p),
				filter: filter.Filter{Include: c.StringSlice("folder"), Exclude: c.StringSlice("exclude")},
				dryRun: c.Bool("dry-run"), yes: c.Bool("yes"), output: parseOutput(c, &p),
			}
			if err := p.Err(); err != nil {
				return badLine{"prune", err}
			}
			return withUI(c.Context, env, o.output, "prune", func(u *ui.UI) error { return prune(c.Context, env, u, o) })
		},
	}
}

var ageForm = regexp.MustCompile(`^\d+[dwmy]$`)

// parseKeep reads --keep-gone and returns the moment since before which a message
// is gone that is not kept. 0d keeps none. A number without a unit is refused: it
// could be one of days as well as that of a run.
func parseKeep(text string, now time.Time, p *config.Problems) time.Time {
	switch {
	case text == "":
		p.Addf("--keep-gone is missing: say for how long messages stay that are gone, as in 365d")
		return time.Time{}
	case text == "0d":
		return now
	case ageForm.MatchString(text):
		return now.Add(-config.ParsePeriod("--keep-gone", text, p))
	}
	at, ok := parseTime(text, 0)
	at = at.Add(time.Nanosecond) // a day begins
	switch {
	case !ok:
		p.Addf("--keep-gone: %q is neither an age, as in 90d, 12w, 6m or 2y, nor a date, as in 2024-12-31", text)
	case at.After(now):
		p.Addf("--keep-gone: %s lies ahead", text)
	}
	return at
}

// prune opens the archive and prunes it.
func prune(ctx context.Context, env Env, u *ui.UI, o pruneOptions) error {
	if o.dryRun {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error { return pruneOpen(ctx, env, u, o, a) })
	}
	return writeArchive(ctx, env, o.archive, func(a *archive.Archive) error { return pruneOpen(ctx, env, u, o, a) })
}

func pruneOpen(ctx context.Context, env Env, u *ui.UI, o pruneOptions, a *archive.Archive) error {
	if err := o.checkFolders(ctx, a); err != nil {
		return err
	}
	asked := false
	var total int64
	po := archive.PruneOptions{
		Before: o.before, Folders: o.filter.Match, DryRun: o.dryRun, Now: env.Now,
		Confirm: func(ctx context.Context, folders []archive.PrunedFolder) (bool, error) {
			asked = true
			tellPrunable(u, o, folders, !o.yes)
			for _, f := range folders {
				if f.Err == nil {
					total += f.Messages
				}
			}
			return o.confirm(ctx, env, u, total)
		},
		Progress: func(messages int64) {
			u.Progress(ui.Progress{Messages: messages, TotalMessages: total, TotalOctets: -1})
		},
	}
	defer context.AfterFunc(ctx, func() {
		u.Say("mailhaul: interrupted: finishing what is under way (interrupt again to leave at once)")
	})()
	report, err := a.Prune(ctx, po)
	u.EndProgress()
	if err != nil || report.Refused {
		return err
	}
	if !asked {
		tellPrunable(u, o, report.Folders, false)
	}
	tellPrune(u, o, report)
	if report.Left > 0 {
		return errPartial
	}
	return nil
}

// checkFolders refuses patterns that match no folder.
func (o pruneOptions) checkFolders(ctx context.Context, a *archive.Archive) error {
	known, err := a.Ledger().Folders(ctx)
	if err != nil {
		return err
	}
	folders := make([]*mailhaul.Folder, len(known))
	for i := range known {
		folders[i] = &known[i].Folder
	}
	if unmatched := o.filter.Unmatched(folders); len(unmatched) > 0 {
		return config.Usagef("--folder: no folder is called %s", quoted(unmatched))
	}
	return nil
}

// confirm asks whether so many messages are to be pruned.
func (o pruneOptions) confirm(ctx context.Context, env Env, u *ui.UI, messages int64) (bool, error) {
	if o.yes {
		return true, nil
	}
	count := ui.Count(messages, "message")
	if env.Terminal.Ask == nil {
		return false, config.Usagef("%s would be pruned, and nobody can be asked: add --yes if that is right, or --dry-run to change nothing", count)
	}
	yes, err := askYes(ctx, env, fmt.Sprintf("Prune %s from %s for good? [y/N] ", count, o.archive))
	if err == nil && !yes {
		u.Say("nothing was pruned")
	}
	return yes, err
}
