package app

import (
	"context"
	"strconv"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// dryRun compares the account with the archive, if there is one, and tells what
// a backup would do. It makes nothing, not even the directory.
func dryRun(ctx context.Context, env Env, u *ui.UI, o backupOptions) (err error) {
	var ledger *checkpoint.Ledger
	if hasEntries(o.archive) {
		a, err := archive.OpenReadOnly(ctx, o.archive)
		if err != nil {
			return err
		}
		defer a.Close()
		ledger = a.Ledger()
		if err := sameAccount(ctx, ledger, o); err != nil {
			return err
		}
	}
	source, closeSource, err := o.source.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "source", closeSource)
	summary, err := migrate.Haul(ctx, source, nil, ledger, o.pipeline(env, u))
	u.EndProgress()
	if err != nil {
		return err
	}
	tellPlans(u, summary.Plans)
	if failed(summary) {
		tellFailures(u, summary)
		return errPartial
	}
	sayNext(u, "the same command without --dry-run does it")
	return nil
}

// sameAccount refuses what archive.Open would refuse in earnest.
func sameAccount(ctx context.Context, ledger *checkpoint.Ledger, o backupOptions) error {
	id, err := ledger.Identity(ctx)
	if err != nil {
		return err
	}
	if account := o.source.endpoint.Account(); id.Account != "" && id.Account != account {
		return config.Usagef("%s is the archive of %s, not of %s", o.archive, id.Account, account)
	}
	return nil
}

// planObject is what a dry run says of a folder, as a line of JSON.
type planObject struct {
	Event        string `json:"event"`
	Folder       string `json:"folder"`
	New          int64  `json:"new"`
	NewOctets    int64  `json:"new_octets"` // -1: unknown
	FlagsChanged int64  `json:"flags_changed"`
	Gone         int64  `json:"gone"`
	Note         string `json:"note,omitempty"`
}

// tellPlans writes what a backup would do, folder by folder, to standard
// output.
func tellPlans(u *ui.UI, plans []migrate.FolderPlan) {
	var rows [][]string
	for _, p := range plans {
		if u.JSON() {
			u.Object(planObject{"folder-plan", ui.Text(p.Folder), p.New, p.NewOctets, p.FlagsChanged, p.Gone, ui.Text(p.Note)})
			continue
		}
		number := func(n int64) string {
			if n < 0 {
				return "?"
			}
			return strconv.FormatInt(n, 10)
		}
		name := p.Folder
		if p.Note != "" {
			name += "  (" + p.Note + ")"
		}
		rows = append(rows, []string{number(p.New), number(p.NewOctets), number(p.FlagsChanged), number(p.Gone), name})
	}
	if !u.JSON() {
		u.Print(ui.Table([]ui.Column{
			{Title: "NEW", Right: true}, {Title: "OCTETS", Right: true}, {Title: "FLAGS", Right: true},
			{Title: "GONE", Right: true}, {Title: "FOLDER"},
		}, rows))
	}
}
