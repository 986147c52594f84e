package app

import (
	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const migrateHelp = `
SOURCE and TARGET are IMAP accounts, imaps://USER@HOST or imap://USER@HOST; the
options behind a ? are those of 'mailhaul help backup'. Passwords come from there,
from MAILHAUL_SOURCE_PASSWORD and MAILHAUL_TARGET_PASSWORD, or are asked for.

Every folder and message is copied with flags, keywords and date of arrival. What
was copied is remembered in the state directory (XDG_STATE_HOME): the same command
again copies what is new, carries over flags that changed, and goes on where a run
was cut off. Nothing is changed at the source, and nothing is removed from the
target but with --mirror.

With --list the accounts stand in a CSV file whose first line names its columns: source,
target, and if need be source-password and target-password; nobody else may read it.
Several are migrated at once, one that fails does not stop the others, and a table tells
at the end which are done, partial or failed. The same command again goes on.`

func migrateCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "copy an IMAP account into another one",
		ArgsUsage: "SOURCE TARGET", HideHelp: true, Description: migrateHelp, Flags: flags("migrate"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			if c.String("list") != "" {
				o := parseList(c, &p)
				if err := p.Err(); err != nil {
					return badLine{"migrate", err}
				}
				return withUI(c.Context, env, o.output, "migrate", func(u *ui.UI) error { return runList(c.Context, env, u, o) })
			}
			args := arguments(c, &p, "SOURCE", "TARGET")
			o := parseHaul(c, args[0], args[1], &p)
			if !o.from.url && args[0] != "" {
				p.Addf("SOURCE is not a URL; 'mailhaul restore' puts an archive back, 'mailhaul import' takes mail files")
			}
			o.match, o.again, o.noFlags = c.Bool("match"), c.Bool("again"), c.Bool("no-flags")
			o.mirror, o.yes = c.Bool("mirror"), c.Bool("yes")
			if _, given := settingsOf(c).flags["jobs"]; given {
				p.Addf("--jobs goes with --list")
			}
			o.most = config.ParseBudget("--max-download", c.String("max-download"), &p)
			if o.yes && !o.mirror {
				p.Addf("--yes goes with --mirror")
			}
			if o.mirror && !o.criteria.All() {
				p.Addf("--mirror goes with all messages: leave --since, --before and --max-size out")
			}
			if err := p.Err(); err != nil {
				return badLine{"migrate", err}
			}
			return runHaul(c.Context, env, o)
		},
	}
}
