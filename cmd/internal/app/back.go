package app

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// back says how far to go back in the history of an archive.
type back struct {
	deleted bool   // also what was deleted from the server
	asOf    moment // the archive as it stood
	since   moment // only what was deleted since
}

// parseBack reads the flags that go back in the history of an archive.
func parseBack(c *cli.Context, p *config.Problems) back {
	b := back{deleted: c.Bool("deleted"), asOf: parseAsOf(c, p), since: parseSince(c, "deleted-since", p)}
	if b.since.given() && (b.deleted || b.asOf.given()) {
		p.Addf("--deleted-since chooses by itself, it does not go together with --deleted or --as-of")
	}
	return b
}

// goBack finds the runs that are meant, and so what of the archive is read, and
// warns of what has been pruned of it.
func (e *end) goBack(ctx context.Context, u *ui.UI, f filter.Filter) (err error) {
	e.options.Deleted = e.back.deleted
	if !e.back.asOf.given() && !e.back.since.given() {
		return nil
	}
	a, err := archive.OpenReadOnly(ctx, e.path)
	if err != nil {
		return err
	}
	defer closing(&err, "archive", a.Close)
	if e.back.asOf.given() {
		if e.options.AsOf, err = e.back.asOf.resolveAsOf(ctx, a.Ledger()); err != nil {
			return err
		}
		return warnPruned(ctx, u, a.Ledger(), e.options.AsOf, f.Match)
	}
	since, err := e.back.since.resolve(ctx, a.Ledger())
	if err != nil {
		return err
	}
	e.options.DeletedSince = &since
	return warnPrunedSince(ctx, u, a.Ledger(), since)
}

// past names the past of an archive that is read, "" for none: what was put back
// of it is remembered apart from what else is restored.
func (e end) past() string {
	switch {
	case e.options.DeletedSince != nil:
		return fmt.Sprintf(" --deleted-since %d", *e.options.DeletedSince)
	case e.options.AsOf != 0:
		return fmt.Sprintf(" --as-of %d", e.options.AsOf)
	}
	return ""
}
