package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// rebuildOptions say which archive gets a new ledger.
type rebuildOptions struct {
	archive, account string
	force            bool
	output           outputOptions
}

const rebuildHelp = `
For an archive whose ledger, mailhaul.db, is lost or damaged. All messages are
read; the names of a Maildir's files and the separator lines of mbox files tell
the rest. What can be read of the old ledger is used, and it is kept in the
directory quarantine of the archive, as is all that is no whole message. The next
backup goes on without fetching anything again.

What files do not carry comes back from the old ledger as far as it can be read,
else not at all: runs and when messages were deleted; keywords of a Maildir's
messages and all flags of those in mbox files, until the next backup fetches them
for messages that the server still has. Until then messages that were deleted
from the server count as being there. Damage that nobody can tell any more, that
of mbox messages whose size is right, is not found.

Nothing is done to a ledger that is sound.`

func rebuildCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "rebuild", Usage: "make the ledger of an archive anew from its mail",
		ArgsUsage: "ARCHIVE", HideHelp: true, Description: rebuildHelp, Flags: flags("rebuild"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := rebuildOptions{
				output: parseOutput(c, &p), archive: arguments(c, &p, "ARCHIVE")[0],
				account: c.String("account"), force: c.Bool("force"),
			}
			if config.IsURL(o.archive) {
				p.Addf("ARCHIVE is a URL; an archive is a directory")
			}
			if err := p.Err(); err != nil {
				return badLine{"rebuild", err}
			}
			return withUI(c.Context, env, o.output, "rebuild", func(u *ui.UI) error { return rebuild(c.Context, env, u, o) })
		},
	}
}

// rebuildObject is the last line of JSON that rebuild writes.
type rebuildObject struct {
	Event    string `json:"event"`
	Command  string `json:"command"`
	Sound    bool   `json:"sound"`
	Folders  int64  `json:"folders"`
	Messages int64  `json:"messages"`
	Octets   int64  `json:"octets"`
	// Known messages have all that the old ledger knew of them; Missing ones are
	// known from it and not whole.
	Known   int64  `json:"known"`
	Missing int64  `json:"missing"`
	Runs    int64  `json:"runs"`
	Guessed int64  `json:"guessed_names"`
	Kept    string `json:"kept,omitempty"`
}

func rebuild(ctx context.Context, env Env, u *ui.UI, o rebuildOptions) error {
	report, err := archive.Rebuild(ctx, o.archive, archive.RebuildOptions{
		Account: o.account, Force: o.force, Now: env.Now,
		Progress: func(messages, octets int64) {
			u.Progress(ui.Progress{What: "rebuild", Messages: messages, Octets: octets, TotalMessages: -1, TotalOctets: -1})
		},
		Report: func(d archive.Damage) { printDamage(u, d) },
	})
	if err != nil {
		return err
	}
	u.EndProgress()
	switch {
	case u.JSON():
		u.Object(rebuildObject{"summary", "rebuild", report.Sound, report.Folders, report.Messages, report.Octets,
			report.Known, report.Missing, report.Runs, report.GuessedNames, ui.Text(report.Kept)})
	case !o.output.quiet:
		u.Print(rebuildText(report))
	}
	if report.Missing > 0 {
		return &mailhaul.Error{
			Scope: mailhaul.ScopeRun, Op: "rebuild " + o.archive,
			Hint: "'mailhaul repair ARCHIVE SOURCE' fetches them again if the server still has them",
			Err:  fmt.Errorf("%w: %s known from the old ledger and not whole", mailhaul.ErrDamaged, ui.Count(report.Missing, "message")),
		}
	}
	return nil
}

// rebuildText says what was done and what did not come back.
func rebuildText(r archive.RebuildReport) string {
	if r.Sound {
		return "the ledger is sound: nothing was done\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, %s: the ledger is made anew\n", ui.Count(r.Messages, "message"), ui.Count(r.Folders, "folder"), ui.Octets(r.Octets))
	if r.Kept != "" {
		fmt.Fprintf(&b, "the old ledger is kept as %s\n", ui.Escape(r.Kept))
	}
	if r.Runs > 0 || r.Known > 0 {
		fmt.Fprintf(&b, "taken over from it: %s, all that it knew of %s\n", ui.Count(r.Runs, "run"), ui.Count(r.Known, "message"))
	}
	if lost := r.Messages - r.Known; lost > 0 {
		flags := "keywords"
		if r.Format == archive.Mbox {
			flags = "flags"
		}
		fmt.Fprintf(&b, "not known of %s: %s (the next backup fetches them for what the server still has), "+
			"when each was backed up, whether it was deleted from the server\n", ui.Count(lost, "message"), flags)
	}
	return b.String()
}
