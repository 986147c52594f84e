package app

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// parseChoice reads the flags that choose folders and messages.
func parseChoice(c *cli.Context, p *config.Problems) (filter.Filter, mailhaul.Criteria) {
	return filter.Filter{Include: c.StringSlice("folder"), Exclude: c.StringSlice("exclude")}, mailhaul.Criteria{
		Since: config.ParseDate("--since", c.String("since"), p), Before: config.ParseDate("--before", c.String("before"), p),
		MaxSize: config.ParseSize("--max-size", c.String("max-size"), p),
	}
}

// parseHaul reads what the commands have in common.
func parseHaul(c *cli.Context, from, to string, p *config.Problems) haulOptions {
	o := haulOptions{command: c.Command.Name}
	o.filter, o.criteria = parseChoice(c, p)
	o.dryRun, o.cpuProfile, o.output = c.Bool("dry-run"), c.String("cpuprofile"), parseOutput(c, p)
	if s, b := o.criteria.Since, o.criteria.Before; !s.IsZero() && !b.IsZero() && !s.Before(b) {
		p.Addf("--since is not before --before: no message can have arrived then")
	}
	o.parseMapping(c, p)
	role, _, _ := strings.Cut(c.Command.ArgsUsage, " ")
	set := settingsOf(c)
	if role != "SOURCE" && set.isAccount(from) && to != "" && !set.isAccount(to) {
		p.Addf("%s and TARGET are the wrong way round: the account comes last", role)
		return o
	}
	o.from = parseEnd(c, role, from, p)
	o.to = parseAccount(c, "TARGET", to, p)
	if o.from.url {
		o.filter = set.filter(o.from.account.named)
	}
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
	return a.Host != "" && a.Account() == b.Account() && (a.Address() == b.Address() || usual(a) && usual(b))
}

// parseMapping reads the flags that say where folders go.
func (o *haulOptions) parseMapping(c *cli.Context, p *config.Problems) {
	maps, prefix, into := c.StringSlice("map"), c.String("prefix"), c.String("into")
	var err error
	if o.mapping, err = filter.ParseMapping(maps, prefix, into); err != nil {
		p.Addf("%s", strings.TrimPrefix(err.Error(), mailhaul.ErrUsage.Error()+": "))
	}
	slices.Sort(maps)
	for _, m := range maps {
		o.moves += " --map " + m
	}
	if prefix != "" {
		o.moves += " --prefix " + prefix
	}
	if into != "" {
		o.moves += " --into " + into
	}
}

// checkUIDs refuses UIDs that no chosen folder has: they are most likely
// mistyped.
func (o haulOptions) checkUIDs(ctx context.Context, source mailhaul.Source, folders []*mailhaul.Folder) error {
	if o.criteria.UIDs.Empty() {
		return nil
	}
	var requests []mailhaul.ListRequest
	for _, f := range folders {
		if o.filter.Match(f) {
			requests = append(requests, mailhaul.ListRequest{Folder: f})
		}
	}
	missing := o.criteria.UIDs
	err := source.List(ctx, requests, func(l mailhaul.Listing) error {
		missing = missing.Minus(l.Live)
		return l.Err
	})
	if err != nil || missing.Empty() {
		return err
	}
	if o.from.back.deleted || o.from.past() != "" {
		return config.Usagef("--uid: there is no message %s in %s", missing, quoted(o.filter.Include))
	}
	return config.Usagef("--uid: there is no message %s in %s; --deleted also takes what had been deleted from the server", missing, quoted(o.filter.Include))
}

// quoted lists names.
func quoted(names []string) string {
	return `"` + strings.Join(names, `" or "`) + `"`
}
