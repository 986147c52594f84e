package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// haulOptions say what goes into an account: what migrate, restore and import
// have in common.
type haulOptions struct {
	command    string
	from       end
	to         accountOptions
	filter     filter.Filter
	criteria   mailhaul.Criteria
	mapping    filter.Mapping
	match      bool
	again      bool
	noFlags    bool
	mirror     bool
	yes        bool
	dryRun     bool
	cpuProfile string
	output     outputOptions
}

// choiceFlags choose folders and messages.
func choiceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "folder", Usage: "only folders that match `PATTERN`; may be repeated"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "no folders that match `PATTERN`; may be repeated"},
		&cli.StringFlag{Name: "since", Usage: "only messages that arrived on `DATE` (2024-12-31) or later"},
		&cli.StringFlag{Name: "before", Usage: "only messages that arrived before `DATE`"},
		&cli.StringFlag{Name: "max-size", Usage: "no messages of more than `SIZE` octets, as in 25M"},
	}
}

// haulFlags are those of all commands that put mail into an account.
func haulFlags() []cli.Flag {
	flags := append(choiceFlags(),
		&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "tell what would be done, change nothing"})
	flags = append(flags, accountFlags()...)
	flags = append(flags, outputFlags()...)
	return append(flags, &cli.StringFlag{Name: "cpuprofile", Usage: "write a CPU profile to `FILE`", Hidden: true})
}

// parseHaul reads what the commands have in common.
func parseHaul(c *cli.Context, from, to string, p *config.Problems) haulOptions {
	o := haulOptions{
		command: c.Command.Name,
		filter:  filter.Filter{Include: c.StringSlice("folder"), Exclude: c.StringSlice("exclude")},
		criteria: mailhaul.Criteria{
			Since: config.ParseDate("--since", c.String("since"), p), Before: config.ParseDate("--before", c.String("before"), p),
			MaxSize: config.ParseSize("--max-size", c.String("max-size"), p),
		},
		dryRun: c.Bool("dry-run"), cpuProfile: c.String("cpuprofile"), output: parseOutput(c, p),
	}
	if s, b := o.criteria.Since, o.criteria.Before; !s.IsZero() && !b.IsZero() && !s.Before(b) {
		p.Addf("--since is not before --before: no message can have arrived then")
	}
	roles := strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(c.Command.ArgsUsage))
	o.from = parseEnd(c, roles[0], from, p)
	if to != "" && !config.IsURL(to) {
		p.Addf("TARGET is not a URL; write imaps://USER@HOST")
		return o
	}
	o.to = parseAccount(c, "TARGET", to, p)
	if o.from.url && to != "" && sameMail(o.from.account.endpoint, o.to.endpoint) {
		p.Addf("SOURCE and TARGET are the same account")
	}
	return o
}

// sameMail tells whether two endpoints are one account: the same owner on the
// same host, by the same port or by two of the usual ones.
func sameMail(a, b config.Endpoint) bool {
	usual := func(e config.Endpoint) bool {
		return strings.HasSuffix(e.Address(), ":993") || strings.HasSuffix(e.Address(), ":143")
	}
	return a.Account() == b.Account() && (a.Address() == b.Address() || usual(a) && usual(b))
}

// mappingFrom reads the flags that say where folders go.
func mappingFrom(maps []string, prefix, into string, p *config.Problems) filter.Mapping {
	m, err := filter.ParseMapping(maps, prefix, into)
	if err != nil {
		p.Addf("%s", strings.TrimPrefix(err.Error(), mailhaul.ErrUsage.Error()+": "))
	}
	return m
}

func runHaul(ctx context.Context, env Env, o haulOptions) error {
	return withUI(ctx, env, o.output, o.command, func(u *ui.UI) error {
		stop, err := profile(o.cpuProfile)
		if err != nil {
			return err
		}
		defer stop()
		return haul(ctx, env, u, o)
	})
}

// haul opens ledger and both ends and runs the pipeline between them.
func haul(ctx context.Context, env Env, u *ui.UI, o haulOptions) (err error) {
	ledger, closeLedger, err := o.openLedger(ctx, env)
	if err != nil {
		return err
	}
	defer closing(&err, "ledger", closeLedger)
	source, closeSource, err := o.from.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "source", closeSource)
	account, closeTarget, err := o.to.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "target", closeTarget)
	target := account.Target()
	pipeline := o.pipeline(ctx, env, u)
	if pipeline.Folders, err = migrate.Choose(ctx, source, o.filter); err != nil {
		return err
	}
	if unmatched := o.mapping.Unmatched(pipeline.Folders); len(unmatched) > 0 {
		return config.Usagef("--map: no folder is called %q", strings.Join(unmatched, `" or "`))
	}
	if !o.dryRun {
		defer context.AfterFunc(ctx, func() {
			u.Say("mailhaul: interrupted: finishing what is under way (interrupt again to leave at once)")
		})()
	}
	if pipeline.Same, err = o.sameAccount(ctx); err != nil {
		return err
	}
	summary, err := migrate.Haul(ctx, source, target, ledger, pipeline)
	u.EndProgress()
	if pipeline.Same && !o.dryRun {
		o.teachArchive(context.WithoutCancel(ctx), env, u, ledger, summary.Run)
	}
	if o.dryRun {
		if err == nil {
			tellHaulPlans(u, summary)
		}
	} else {
		tellHaul(u, o, summary)
	}
	if err == nil && (failed(summary) || len(summary.Altered) > 0) {
		err = errPartial
	}
	return err
}

// openLedger opens the ledger of the pair; in a dry run the one that is there,
// for reading.
func (o haulOptions) openLedger(ctx context.Context, env Env) (*checkpoint.Ledger, func() error, error) {
	target := o.to.endpoint.Account() + " " + o.to.endpoint.Address()
	if o.dryRun {
		l, err := readPairLedger(ctx, env, o.from.name(), target)
		if l == nil {
			return nil, func() error { return nil }, err
		}
		return l, l.Close, err
	}
	l, err := openPairLedger(ctx, env, o.from.name(), target)
	if err != nil {
		return nil, nil, err
	}
	return l.Ledger, l.Close, nil
}

func (o haulOptions) pipeline(ctx context.Context, env Env, u *ui.UI) migrate.Options {
	t := &events{u: u, told: map[string]bool{}}
	return migrate.Options{
		Filter: o.filter, Criteria: o.criteria, Mapping: o.mapping, Match: o.match, Again: o.again, NoFlags: o.noFlags,
		Mirror: o.mirror, Confirm: func(ctx context.Context, removals []migrate.Removal) (bool, error) {
			return o.confirm(ctx, env, u, removals)
		},
		Command: o.command, DryRun: o.dryRun, Now: env.Now, Events: t.tell,
	}
}

// confirm shows what a mirror would remove and asks.
func (o haulOptions) confirm(ctx context.Context, env Env, u *ui.UI, removals []migrate.Removal) (bool, error) {
	u.EndProgress()
	var sum int64
	for _, r := range removals {
		sum += r.Messages
		u.Say(fmt.Sprintf("to be removed from %q: %s", r.Folder, ui.Count(r.Messages, "message")))
	}
	if o.yes {
		return true, nil
	}
	if env.Terminal.Ask == nil {
		return false, config.Usagef("--mirror would remove %s, and nobody can be asked: add --yes if that is right", ui.Count(sum, "message"))
	}
	answer, err := env.Terminal.Ask(ctx, fmt.Sprintf("Remove %s from %s for good? [y/N] ", ui.Count(sum, "message"), o.to.endpoint.Account()))
	yes := strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes")
	if err == nil && !yes {
		u.Say("nothing was removed")
	}
	return yes, err
}
