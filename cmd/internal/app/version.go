package app

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

func versionCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "tell the version", HideHelp: true,
		Action: func(c *cli.Context) error {
			var p config.Problems
			arguments(c, &p)
			if err := p.Err(); err != nil {
				return badLine{"version", err}
			}
			return runVersion(env)
		},
	}
}

func runVersion(env Env) error {
	_, err := fmt.Fprintf(env.Stdout, "mailhaul %s (%s, %s/%s)\n",
		env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
