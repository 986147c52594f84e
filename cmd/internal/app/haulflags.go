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

// Flags that say where folders go: see parseMapping.
func mapFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "map", Usage: "folder OLD, and what is below it, becomes NEW:\n`OLD=NEW`; may be repeated"}
}

func prefixFlag() cli.Flag {
	return &cli.StringFlag{Name: "prefix", Usage: "put all folders below `FOLDER`"}
}

func intoFlag() cli.Flag {
	return &cli.StringFlag{Name: "into", Usage: "put all messages into `FOLDER`"}
}

// parseChoice reads choiceFlags.
func parseChoice(c *cli.Context, p *config.Problems) (filter.Filter, mailhaul.Criteria) {
	return filter.Filter{Include: c.StringSlice("folder"), Exclude: c.StringSlice("exclude")}, mailhaul.Criteria{
		Since: config.ParseDate("--since", c.String("since"), p), Before: config.ParseDate("--before", c.String("before"), p),
		MaxSize: config.ParseSize("--max-size", c.String("max-size"), p),
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
	o := haulOptions{command: c.Command.Name}
	o.filter, o.criteria = parseChoice(c, p)
	o.dryRun, o.cpuProfile, o.output = c.Bool("dry-run"), c.String("cpuprofile"), parseOutput(c, p)
	if s, b := o.criteria.Since, o.criteria.Before; !s.IsZero() && !b.IsZero() && !s.Before(b) {
		p.Addf("--since is not before --before: no message can have arrived then")
	}
	o.parseMapping(c, p)
	role, _, _ := strings.Cut(c.Command.ArgsUsage, " ")
	if role != "SOURCE" && config.IsURL(from) && to != "" && !config.IsURL(to) {
		p.Addf("%s and TARGET are the wrong way round: the URL comes last", role)
		return o
	}
	o.from = parseEnd(c, role, from, p)
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
