package app

import (
	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// commands are all the commands, in the order in which help lists them.
func commands(env Env) []*cli.Command {
	all := []*cli.Command{
		backupCommand(env), restoreCommand(env), migrateCommand(env), importCommand(env), exportCommand(env),
		lsCommand(env), showCommand(env), historyCommand(env), lostCommand(env),
		verifyCommand(env), repairCommand(env), rebuildCommand(env), compareCommand(env), checkCommand(env),
		demoCommand(env), versionCommand(env),
	}
	return append(all, helpCommand(env, all))
}

// outputFlags are those of outputOptions.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say nothing unless something is wrong"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell each folder and what else may be of interest"},
		jsonFlag(),
	}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "write one JSON object a line to standard output"}
}

func parseOutput(c *cli.Context, p *config.Problems) outputOptions {
	o := outputOptions{quiet: c.Bool("quiet"), verbose: c.Bool("verbose"), json: c.Bool("json")}
	if o.quiet && o.verbose {
		p.Addf("--quiet and --verbose exclude each other")
	}
	return o
}
