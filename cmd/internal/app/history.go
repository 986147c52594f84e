package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const historyHelp = `
Each run that wrote the archive: its number, when it began, how long it took, what
it was and how it ended; how many messages were new, changed their flags, were gone
from the server and failed, and the octets of the new ones. A run that was cut off
has no end; what it had done by then is kept.

The archive is a history: 'ls', 'show', 'restore' and 'export' see it as it stood
at the end of any run, with --as-of; 'lost' lists what was deleted since.`

func historyCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "list the runs that made an archive what it is",
		ArgsUsage: "ARCHIVE", HideHelp: true, Description: historyHelp, Flags: flags("history"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			dir := arguments(c, &p, "ARCHIVE")[0]
			if err := p.Err(); err != nil {
				return badLine{"history", err}
			}
			return runHistory(c.Context, env, dir, outputOptions{json: c.Bool("json")})
		},
	}
}

func runHistory(ctx context.Context, env Env, dir string, o outputOptions) error {
	return withUI(ctx, env, o, "history", func(u *ui.UI) error {
		return readArchive(ctx, dir, func(a *archive.Archive) error {
			runs, err := a.Ledger().Runs(ctx)
			if err == nil {
				tellRuns(u, runs)
			}
			return err
		})
	})
}

// runObject is a run as a line of JSON.
type runObject struct {
	Run          checkpoint.RunID `json:"run"`
	Command      string           `json:"command"`
	Started      string           `json:"started"`         // RFC 3339
	Ended        string           `json:"ended,omitempty"` // absent: it was cut off, or is under way
	Seconds      float64          `json:"seconds,omitempty"`
	Outcome      string           `json:"outcome,omitempty"`
	New          int64            `json:"new"`
	FlagsChanged int64            `json:"flags_changed"`
	Gone         int64            `json:"gone"`
	Failed       int64            `json:"failed"`
	Pruned       int64            `json:"pruned,omitempty"`
	Octets       int64            `json:"octets"`
}

// tellRuns lists runs, the newest last.
func tellRuns(u *ui.UI, runs []checkpoint.Run) {
	var rows [][]string
	for _, r := range runs {
		if u.JSON() {
			u.Object(objectOf(r))
			continue
		}
		took, outcome := "-", "no end"
		if !r.End.IsZero() {
			took, outcome = ui.Elapsed(r.Took()), r.Outcome
		}
		if r.Pruned > 0 {
			outcome += fmt.Sprintf(", %d pruned", r.Pruned)
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		rows = append(rows, []string{
			number(int64(r.ID)), r.Start.Local().Format(time.DateTime), took, r.Command, outcome,
			number(r.New), number(r.FlagsChanged), number(r.Gone), number(r.Failed), number(r.Octets),
		})
	}
	if !u.JSON() {
		u.Print(ui.Table([]ui.Column{
			{Title: "RUN", Right: true}, {Title: "BEGAN"}, {Title: "TOOK", Right: true}, {Title: "COMMAND"}, {Title: "OUTCOME"},
			{Title: "NEW", Right: true}, {Title: "FLAGS", Right: true}, {Title: "GONE", Right: true},
			{Title: "FAILED", Right: true}, {Title: "OCTETS", Right: true},
		}, rows))
	}
}

func objectOf(r checkpoint.Run) runObject {
	o := runObject{
		Run: r.ID, Command: ui.Text(r.Command), Started: r.Start.Format(time.RFC3339), Outcome: ui.Text(r.Outcome),
		New: r.New, FlagsChanged: r.FlagsChanged, Gone: r.Gone, Failed: r.Failed, Pruned: r.Pruned, Octets: r.Octets,
	}
	if !r.End.IsZero() {
		o.Ended, o.Seconds = r.End.Format(time.RFC3339), r.Took().Seconds()
	}
	return o
}
