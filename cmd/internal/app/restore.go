package app

import (
	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

const restoreHelp = `
Puts back what is missing: mail that the account has already is recognised and
not doubled, so the whole archive can be given at any time. A folder comes back
as the last backup saw it; one that was deleted from the server comes back as it
was before. The same command again goes on where a run was cut off. The mail of the
archive is only read.

With --as-of folders come back as they stood then, also under names that have been
renamed or deleted since, and messages with the flags that they had; with
--deleted-since nothing but what was deleted since, as 'mailhaul lost' lists it.
What the account has is left as it is, and nothing is removed from it.
` + momentHelp + ` Of a day
--as-of sees the end, and --deleted-since begins with it.

TARGET is an IMAP account, imaps://USER@HOST or imap://USER@HOST, the one that was
backed up or any other; its password comes from MAILHAUL_TARGET_PASSWORD or
MAILHAUL_PASSWORD, from ?password-file= or ?password-command=, or is asked for.`

func restoreCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "restore", Usage: "put mail of an archive back into an IMAP account",
		ArgsUsage: "ARCHIVE TARGET", HideHelp: true, Description: restoreHelp, Flags: flags("restore"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "ARCHIVE", "TARGET")
			o := parseHaul(c, args[0], args[1], &p)
			switch {
			case o.from.url:
				p.Addf("ARCHIVE is a URL; 'mailhaul migrate' copies an account into another one")
			case args[0] != "" && !exists(o.from.path):
				p.Addf("ARCHIVE: there is no directory %s", o.from.path)
			case o.from.files && args[0] != "":
				p.Addf("ARCHIVE: %s is not a mailhaul archive; 'mailhaul import' takes mail files", args[0])
			}
			o.from.back = parseBack(c, &p)
			o.match, o.again = true, true
			if text := c.String("uid"); text != "" {
				var err error
				if o.criteria.UIDs, err = mailhaul.ParseUIDSet(text); err != nil {
					p.Addf("--uid: %q is not a list of UIDs, as in 7,12:15", text)
				}
				if len(o.filter.Include) == 0 {
					p.Addf("--uid needs --folder: every folder counts its own UIDs")
				}
			}
			if err := p.Err(); err != nil {
				return badLine{"restore", err}
			}
			return runHaul(c.Context, env, o)
		},
	}
}
