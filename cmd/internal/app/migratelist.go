package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// listOptions say which accounts are migrated, and how.
type listOptions struct {
	entries []config.ListEntry
	flags   []string // that hold for each
	atOnce  int
	output  outputOptions
}

// parseList reads the list of accounts and holds each line to be one. Whether its
// account can be reached is found out when its turn comes.
func parseList(c *cli.Context, p *config.Problems) listOptions {
	o := listOptions{atOnce: parseAtOnce(c, p), output: parseOutput(c, p)}
	if c.Args().Present() {
		p.Addf("SOURCE and TARGET stand in the list: leave them out, or --list")
	}
	if c.Bool("mirror") && !c.Bool("yes") {
		p.Addf("--mirror with a list needs --yes: nobody can be asked for each account")
	}
	name := c.String("list")
	var err error
	if o.entries, err = config.ReadList(name); err != nil {
		if usage, ok := errors.AsType[*config.UsageError](err); ok {
			_ = p.Join(usage)
		} else {
			p.Addf("%s", strings.TrimPrefix(err.Error(), mailhaul.ErrUsage.Error()+": "))
		}
		return o
	}
	s := settingsOf(c)
	lines := map[pairNames]int{}
	for _, e := range o.entries {
		var mistakes config.Problems
		pair := pairNames{
			nameInLedger(s.endpoint(s.account(e.Source), "source", e.Source, &mistakes)),
			nameInLedger(s.endpoint(s.account(e.Target), "target", e.Target, &mistakes)),
		}
		if first := lines[pair]; first > 0 && mistakes.Err() == nil {
			mistakes.Addf("the same accounts as in line %d", first)
		}
		lines[pair] = e.Line
		if usage, ok := errors.AsType[*config.UsageError](mistakes.Err()); ok {
			for _, m := range usage.Problems {
				p.Addf("%s:%d: %s", name, e.Line, m)
			}
		}
	}
	for _, known := range config.Flags("migrate") {
		if slices.Contains([]string{"list", "jobs"}, known.Name) {
			continue
		}
		for _, text := range s.flags[known.Name].Texts {
			o.flags = append(o.flags, "--"+known.Name+"="+text)
		}
	}
	return o
}

// nameInLedger names an account and its server, for ledgers.
func nameInLedger(e config.Endpoint) string { return e.Account() + " " + e.Address() }

// runList migrates the accounts of a list. A line whose accounts were migrated
// before costs a look: so the same command goes on where it was cut off.
func runList(ctx context.Context, env Env, u *ui.UI, o listOptions) error {
	var tasks []task
	for _, e := range o.entries {
		tasks = append(tasks, task{
			name: listName(e), kind: "migrate", getenv: withPasswords(env.Getenv, e),
			lines: [][]string{slices.Concat([]string{"migrate"}, o.flags, []string{"--", e.Source, e.Target})},
		})
	}
	return runTasks(ctx, env, u, o.output, o.atOnce, tasks)
}

// listName names a line of a list by its source.
func listName(e config.ListEntry) string {
	if !config.IsURL(e.Source) {
		return e.Source
	}
	var p config.Problems
	return fmt.Sprintf("%d %s", e.Line, config.ParseEndpoint("", e.Source, &p).Account())
}

// withPasswords adds the passwords of a line to the environment.
func withPasswords(getenv func(string) string, e config.ListEntry) func(string) string {
	return func(name string) string {
		switch {
		case name == passwordVariable("SOURCE") && e.SourcePassword != "":
			return e.SourcePassword
		case name == passwordVariable("TARGET") && e.TargetPassword != "":
			return e.TargetPassword
		}
		return getenv(name)
	}
}
