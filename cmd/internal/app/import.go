package app

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

const importHelp = `
FILES is mail of other programs:
  maildir:PATH    a Maildir, a Maildir++ tree (Dovecot, Courier) or a tree of Maildirs
  mbox:PATH       an mbox file of any dialect, or a directory of them
  DIRECTORY       whatever is there: also the mail of a Thunderbird profile
The files are only read. Mail that the account has already is recognised and not
doubled; the same command again copies what is new. What mail programs wrote into
mbox files for themselves (Status, X-Mozilla-Status and the like) becomes flags.

TARGET is an IMAP account, imaps://USER@HOST or imap://USER@HOST; see 'mailhaul
help restore'.`

func importCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "copy mail files of other programs into an IMAP account",
		ArgsUsage: "FILES TARGET", HideHelp: true, Description: importHelp, Flags: flags("import"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "FILES", "TARGET")
			o := parseHaul(c, args[0], args[1], &p)
			switch {
			case o.from.url:
				p.Addf("FILES is a URL; 'mailhaul migrate' copies an account into another one")
			case !o.from.files && args[0] != "":
				p.Addf("FILES: %s is a mailhaul archive; 'mailhaul restore' puts it back", args[0])
			}
			o.from.path = config.ExpandHome(o.from.path, env.Getenv("HOME"))
			o.match = true
			if name := c.String("mbox-dialect"); name != "" {
				var err error
				if o.from.dialect, err = foreign.ParseDialect(name); err != nil {
					p.Addf("--mbox-dialect: %s", strings.TrimPrefix(err.Error(), mailhaul.ErrUsage.Error()+": "))
				}
			}
			if err := p.Err(); err != nil {
				return badLine{"import", err}
			}
			return runHaul(c.Context, env, o)
		},
	}
}
