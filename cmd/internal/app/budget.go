package app

import (
	"context"
	"time"

	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// budgetTime is the time for which --max-download holds: not a day of the
// calendar, since nobody says in which zone a provider's day begins.
const budgetTime = 24 * time.Hour

// budgetOf is what --max-download leaves: most octets, less what the runs of the
// last 24 hours have fetched. A nil ledger is that of no run.
func budgetOf(ctx context.Context, ledger *checkpoint.Ledger, most int64, now time.Time) (migrate.Budget, error) {
	b := migrate.Budget{Most: most}
	if most == 0 || ledger == nil {
		return b, nil
	}
	runs, err := spending(ctx, ledger, now)
	for _, r := range runs {
		b.Spent += r.Octets
	}
	return b, err
}

// spending lists the runs of the last 24 hours that fetched something.
func spending(ctx context.Context, ledger *checkpoint.Ledger, now time.Time) ([]checkpoint.Run, error) {
	all, err := ledger.Runs(ctx)
	var runs []checkpoint.Run
	for _, r := range all {
		if r.Octets > 0 && now.Sub(r.Start) < budgetTime {
			runs = append(runs, r)
		}
	}
	return runs, err
}

// tellSpent says that the budget is used up, and from when on there is more.
func tellSpent(ctx context.Context, u *ui.UI, ledger *checkpoint.Ledger, most int64, now time.Time) error {
	runs, err := spending(ctx, ledger, now)
	if err != nil {
		return err
	}
	when := "tomorrow"
	if len(runs) > 0 {
		when = "from " + runs[0].Start.Add(budgetTime).Local().Format("2006-01-02 15:04") + " on"
	}
	u.Say("stopped in good order: " + ui.Octets(most) + " of mail in 24 hours is all that --max-download allows; run the same command again " + when)
	return nil
}
