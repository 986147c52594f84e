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
		verifyCommand(env), repairCommand(env), rebuildCommand(env), pruneCommand(env), compareCommand(env), checkCommand(env),
		configInitCommand(env), configAddCommand(env), configPathCommand(env), configShowCommand(env), configCheckCommand(env), configPasswordCommand(env),
		loginCommand(env), logoutCommand(env),
		runCommand(env), statusCommand(env),
		demoCommand(env), versionCommand(env), completionCommand(env),
	}
	return append(all, helpCommand(env, all))
}

func parseOutput(c *cli.Context, p *config.Problems) outputOptions {
	o := outputOptions{quiet: c.Bool("quiet"), verbose: c.Bool("verbose"), json: c.Bool("json")}
	if o.quiet && o.verbose {
		p.Addf("--quiet and --verbose exclude each other")
	}
	return o
}
