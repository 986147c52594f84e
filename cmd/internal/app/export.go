package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/export"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// exportOptions say what is written out for other programs.
type exportOptions struct {
	from     end
	format   export.Format
	path     string
	filter   filter.Filter
	criteria mailhaul.Criteria
	output   outputOptions
}

const exportHelp = `
FILES is where the mail goes, an empty or a new directory:
  maildir:PATH    a Maildir++ tree, as Dovecot and Courier keep it
  mbox:PATH       an mbox file for each folder
Folders are written as the last backup saw them, with --as-of as they stood then.
Flags are kept the way each format can: as letters of a Maildir's file names and
Dovecot's keyword file, as Status, X-Status and X-Keywords in an mbox. The archive is
only read.
` + momentHelp + ``

func exportCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write mail of an archive into plain Maildirs or mbox files",
		ArgsUsage: "ARCHIVE FILES", HideHelp: true, Description: exportHelp, Flags: flags("export"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "ARCHIVE", "FILES")
			o := exportOptions{from: end{role: "ARCHIVE", path: args[0], back: parseBack(c, &p)}}
			o.filter, o.criteria = parseChoice(c, &p)
			o.output = parseOutput(c, &p)
			if config.IsURL(args[0]) {
				p.Addf("ARCHIVE is a URL; an archive is a directory")
			}
			format, path, found := strings.Cut(args[1], ":")
			o.format, o.path = export.Format(format), config.ExpandHome(path, env.Getenv("HOME"))
			if args[1] != "" && (!found || path == "" || o.format != export.Maildir && o.format != export.Mbox) {
				p.Addf("FILES: %q is not maildir:PATH or mbox:PATH", config.Redact(args[1]))
			}
			if err := p.Err(); err != nil {
				return badLine{"export", err}
			}
			return withUI(c.Context, env, o.output, "export", func(u *ui.UI) error { return exportArchive(c.Context, env, u, o) })
		},
	}
}

// exportArchive runs the pipeline into plain files. An export is made anew each
// time, so its ledger is thrown away.
func exportArchive(ctx context.Context, env Env, u *ui.UI, o exportOptions) (err error) {
	if err := o.from.goBack(ctx, u, o.filter); err != nil {
		return err
	}
	source, closeSource, err := o.from.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "archive", closeSource)
	listed, err := migrate.Choose(ctx, source, o.filter)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mailhaul-export-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer closing(&err, "ledger", func() error { return os.RemoveAll(dir) })
	ledger, err := checkpoint.Open(ctx, filepath.Join(dir, "ledger.db"))
	if err != nil {
		return err
	}
	defer closing(&err, "ledger", ledger.Close)
	target, err := export.Open(o.format, o.path, export.Options{Note: func(f *mailhaul.Folder, uid mailhaul.UID, text string) {
		u.Notice(fmt.Sprintf("%q, UID %d: %s", f.Name, uid, text))
	}})
	if err != nil {
		return err
	}
	defer closing(&err, "export", target.Close)
	t := newEvents(u, "write", env.Now)
	summary, err := migrate.Haul(ctx, source, target, ledger, migrate.Options{
		Filter: o.filter, Listed: listed, Criteria: o.criteria, Command: "export", Now: env.Now, Events: t.tell,
	})
	u.EndProgress()
	tellSummary(u, "export", o.output, summary)
	if err == nil && failed(summary) {
		err = errPartial
	}
	return advise(err, summary, o.path, "'mailhaul verify' tells what is damaged in the archive")
}
