package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const statusHelp = `
Of each job of the config file, or of each ARCHIVE that is named: when the last good
run ended and how long ago that is, how the last run ended, how many messages and
octets there are, and how many messages failed and wait to be tried again. A good run
is one that came to its end, if need be without some messages. Only ledgers are read:
no connection is opened, and a run that is under way is not disturbed.

Made for monitoring: with --max-age the exit code is 1 when the last good run of
anything is older, or when there is none.`

func statusCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "tell when archives and accounts were last brought up to date",
		ArgsUsage: "[ARCHIVE]...", HideHelp: true, Description: statusHelp, Flags: flags("status"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			s := settingsOf(c)
			dirs := c.Args().Slice()
			for _, dir := range dirs {
				if config.IsURL(dir) {
					p.Addf("ARCHIVE is a URL; an archive is a directory")
				}
			}
			if len(dirs) == 0 && len(s.file.Jobs) == 0 {
				p.Addf("ARCHIVE is missing, and the config file has no jobs")
			}
			maxAge := config.ParseAge("--max-age", c.String("max-age"), &p)
			if err := p.Err(); err != nil {
				return badLine{"status", err}
			}
			return withUI(c.Context, env, outputOptions{json: c.Bool("json")}, "status", func(u *ui.UI) error {
				return status(c.Context, env, u, statusOptions{s.file, dirs, maxAge, c.String("metrics-file")})
			})
		},
	}
}

// statusOptions say of what the status is told.
type statusOptions struct {
	file    *config.File
	dirs    []string
	maxAge  time.Duration // 0 for any
	metrics string
}

func status(ctx context.Context, env Env, u *ui.UI, o statusOptions) error {
	var all []standing
	if len(o.dirs) > 0 {
		for _, dir := range o.dirs {
			all = append(all, archiveStanding(ctx, filepath.Clean(dir), dir))
		}
	} else {
		all = jobStandings(ctx, env, o.file)
	}
	now := env.Now()
	tellStandings(u, all, now)
	if o.metrics != "" {
		if err := writeMetricsOf(all, now, o.metrics); err != nil {
			return err
		}
	}
	var errs []error
	for _, s := range all {
		switch {
		case s.err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", s.name, s.err))
		case o.maxAge == 0:
		case s.good.End.IsZero():
			errs = append(errs, fmt.Errorf("%s: there was no good run yet", s.name))
		case now.Sub(s.good.End) > o.maxAge:
			errs = append(errs, fmt.Errorf("%s: the last good run ended %s ago", s.name, age(now.Sub(s.good.End))))
		}
	}
	return errors.Join(errs...)
}

// age is a time span in the unit that fits.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	case d >= time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(max(0, d)/time.Minute)) + "m"
}

// standingObject is a standing as a line of JSON.
type standingObject struct {
	Event       string `json:"event"`
	Job         string `json:"job"`
	Account     string `json:"account,omitempty"`
	LastGood    string `json:"last_good,omitempty"` // when the last good run ended, RFC 3339
	AgeSeconds  int64  `json:"age_seconds"`         // since then; -1: there was none
	LastRun     string `json:"last_run,omitempty"`  // when the last run began
	LastOutcome string `json:"last_outcome,omitempty"`
	Messages    int64  `json:"messages"`
	Octets      int64  `json:"octets"`
	Failures    int64  `json:"failures"`
	Error       string `json:"error,omitempty"`
}

// tellStandings shows how things stand, oldest good run first where a person looks
// for what is wrong: in the order of the config file.
func tellStandings(u *ui.UI, all []standing, now time.Time) {
	var rows [][]string
	for _, s := range all {
		good, since, seconds := "never", "", int64(-1)
		if !s.good.End.IsZero() {
			good, since = s.good.End.Local().Format("2006-01-02 15:04"), age(now.Sub(s.good.End))
			seconds = int64(now.Sub(s.good.End) / time.Second)
		}
		if u.JSON() {
			o := standingObject{
				Event: "status", Job: ui.Text(s.name), Account: ui.Text(s.account), AgeSeconds: seconds, LastOutcome: s.outcome(),
				Messages: s.messages, Octets: s.octets, Failures: s.failures,
			}
			if seconds >= 0 {
				o.LastGood = s.good.End.UTC().Format(time.RFC3339)
			}
			if s.last.ID != 0 {
				o.LastRun = s.last.Start.UTC().Format(time.RFC3339)
			}
			if s.err != nil {
				o.Error = ui.Text(s.err.Error())
			}
			u.Object(o)
			continue
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		rows = append(rows, []string{s.name, good, since, s.outcome(), number(s.messages), ui.Octets(s.octets), number(s.failures), s.account})
	}
	if !u.JSON() {
		u.Print(ui.Table([]ui.Column{
			{Title: "JOB"}, {Title: "LAST GOOD RUN"}, {Title: "AGE", Right: true}, {Title: "LAST RUN"}, {Title: "MESSAGES", Right: true},
			{Title: "OCTETS", Right: true}, {Title: "FAILURES", Right: true}, {Title: "ACCOUNT"},
		}, rows))
	}
}
