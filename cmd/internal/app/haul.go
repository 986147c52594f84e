package app

import (
	"context"
	"fmt"
	"strings"

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
	moves      string // the mapping in words
	match      bool
	again      bool
	noFlags    bool
	mirror     bool
	yes        bool
	dryRun     bool
	most       int64 // octets that may be fetched in 24 hours, 0 for any amount
	cpuProfile string
	output     outputOptions
	// watch sees each event of the run before it is shown; nil for nobody.
	watch func(migrate.Event)
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

// haul opens ledger and both ends and runs the pipeline between them. A ledger
// that is there is opened first: nobody wants to be asked for passwords before
// hearing that another run holds it. A new one is made only when both ends are
// open: a mistyped host must leave nothing behind.
func haul(ctx context.Context, env Env, u *ui.UI, o haulOptions) (err error) {
	if err := o.from.goBack(ctx, u, o.filter); err != nil {
		return err
	}
	var ledger *checkpoint.Ledger
	closeLedger := func() error { return nil }
	defer func() { closing(&err, "ledger", closeLedger) }()
	there, err := o.hasLedger(env)
	if there && err == nil {
		ledger, closeLedger, err = o.openLedger(ctx, env)
	}
	if err != nil {
		return err
	}
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
	if pipeline.Listed, err = migrate.Choose(ctx, source, o.filter); err != nil {
		return err
	}
	if unmatched := o.mapping.Unmatched(pipeline.Listed.Folders); len(unmatched) > 0 {
		return config.Usagef("--map: no folder is called %s", quoted(unmatched))
	}
	if err := o.checkUIDs(ctx, source, pipeline.Listed.Folders); err != nil {
		return err
	}
	if !there && !o.dryRun {
		if ledger, closeLedger, err = o.openLedger(ctx, env); err != nil {
			return err
		}
	}
	if !o.dryRun {
		defer context.AfterFunc(ctx, func() {
			u.Say("mailhaul: interrupted: finishing what is under way (interrupt again to leave at once)")
		})()
	}
	if pipeline.Same, err = o.sameAccount(ctx, source); err != nil {
		return err
	}
	if pipeline.Budget, err = budgetOf(ctx, ledger, o.most, env.Now()); err != nil {
		return err
	}
	summary, err := migrate.Haul(ctx, source, target, ledger, pipeline)
	u.EndProgress()
	env.hauled(summary)
	if pipeline.Same && !o.dryRun {
		o.teachArchive(context.WithoutCancel(ctx), env, u, ledger, summary, target)
	}
	if o.dryRun {
		if err == nil {
			tellHaulPlans(u, summary, o.match)
		}
	} else {
		tellHaul(u, o, summary)
	}
	if err == nil && summary.Spent {
		err = tellSpent(ctx, u, ledger, o.most, env.Now())
	}
	if err == nil && (summary.Spent || failed(summary) || len(summary.Altered) > 0) {
		err = errPartial
	}
	switch {
	case err != nil:
	case o.dryRun:
		sayNext(u, "the same command without --dry-run does it")
	case summary.Counts.New > 0 && o.takesAll():
		sayNext(u, "mailhaul compare "+o.from.spoken()+" "+o.to.spoken()+" tells whether all is there")
	}
	return advise(err, summary, o.to.endpoint.Account(), "the same command tries them again; with --json it names each")
}

// takesAll tells whether nothing was left out and all keeps its name: only then a
// comparison of both ends says something.
func (o haulOptions) takesAll() bool {
	return len(o.filter.Include) == 0 && len(o.filter.Exclude) == 0 && o.criteria.All() && o.moves == ""
}

func (o haulOptions) pipeline(ctx context.Context, env Env, u *ui.UI) migrate.Options {
	t := newEvents(u, "copy", env.Now)
	return migrate.Options{
		Filter: o.filter, Criteria: o.criteria, Mapping: o.mapping, Match: o.match, Again: o.again, NoFlags: o.noFlags,
		Mirror: o.mirror, Confirm: func(ctx context.Context, removals []migrate.Removal) (bool, error) {
			return o.confirm(ctx, env, u, removals)
		},
		Command: o.command, DryRun: o.dryRun, Now: env.Now,
		Events: func(e migrate.Event) {
			if o.watch != nil {
				o.watch(e)
			}
			t.tell(e)
		},
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
	yes, err := askYes(ctx, env, fmt.Sprintf("Remove %s from %s for good? [y/N] ", ui.Count(sum, "message"), o.to.endpoint.Account()))
	if err == nil && !yes {
		u.Say("nothing was removed")
	}
	return yes, err
}

// askYes asks on the terminal; all but y and yes is no.
func askYes(ctx context.Context, env Env, question string) (bool, error) {
	answer, err := env.Terminal.Ask(ctx, question)
	answer = strings.TrimSpace(answer)
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}
