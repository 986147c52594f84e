package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const configHelp = `
The config file holds accounts, jobs, and defaults for flags. It is config.toml in
the directory mailhaul of XDG_CONFIG_HOME (else ~/.config); MAILHAUL_CONFIG or
--config name another one. It must be readable by its owner only.`

// configCommand is a command that works on the config file.
func configCommand(name, usage, args, help string, action func(*cli.Context, *settings, []string) error, names ...string) *cli.Command {
	return &cli.Command{
		Name: "config " + name, Usage: usage, ArgsUsage: args, HideHelp: true, Description: help + configHelp,
		Flags: flags("config " + name),
		Action: func(c *cli.Context) error {
			var p config.Problems
			values := arguments(c, &p, names...)
			if err := p.Err(); err != nil {
				return badLine{"config " + name, err}
			}
			return action(c, settingsOf(c), values)
		},
	}
}

func configPathCommand(env Env) *cli.Command {
	return configCommand("path", "tell where the config file lies", "", "", func(_ *cli.Context, s *settings, _ []string) error {
		name, err := s.configPath(env)
		if err == nil {
			_, err = fmt.Fprintln(env.Stdout, name)
		}
		return err
	})
}

// configPath is where the config file lies.
func (s *settings) configPath(env Env) (string, error) {
	name, _ := s.place(env)
	if name == "" {
		return "", config.Usagef("neither XDG_CONFIG_HOME nor HOME says where the config file lies; name one with --config")
	}
	return name, nil
}

func configInitCommand(env Env) *cli.Command {
	help := "\nA new file is made, with an example of everything in it as a comment.\n"
	return configCommand("init", "make a config file, with an example in it", "", help, func(_ *cli.Context, s *settings, _ []string) error {
		name, err := s.configPath(env)
		if err == nil {
			err = config.Make(name)
		}
		if err == nil {
			_, err = fmt.Fprintf(env.Stdout, "made %s\n", ui.Escape(name))
		}
		return err
	})
}

func configCheckCommand(env Env) *cli.Command {
	help := "\nAll mistakes are told at once, each with its line, and the exit code is 2. Files\n" +
		"that accounts name are looked at, too; no server is asked.\n"
	return configCommand("check", "tell what is wrong in the config file", "", help, func(_ *cli.Context, s *settings, _ []string) error {
		name, err := s.configPath(env)
		if err != nil {
			return err
		}
		file, err := config.ReadFile(name, true, env.Getenv("HOME"))
		if err != nil {
			return err
		}
		if err := file.CheckFiles(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: %s, %s, no mistakes\n", ui.Escape(name),
			ui.Count(int64(len(file.Accounts)), "account"), ui.Count(int64(len(file.Jobs)), "job"))
		return err
	})
}
