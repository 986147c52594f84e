package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// backupOptions say what is backed up and whereto.
type backupOptions struct {
	source     accountOptions
	archive    string
	format     archive.Format // "" for what the archive has, Maildir for a new one
	filter     filter.Filter
	dryRun     bool
	most       int64 // octets that may be fetched in 24 hours, 0 for any amount
	cpuProfile string
	output     outputOptions
	// watch sees each event of the run before it is shown; nil for nobody.
	watch func(migrate.Event)
}

const backupHelp = `
SOURCE is an IMAP account:
  imaps://USER@HOST[:PORT]         encrypted from the start, port 993
  imap://USER@HOST[:PORT]          STARTTLS, which is required, port 143
USER may hold an @; other special characters are written %XX. Options follow a
?, separated by & (put the URL in quotes then):
  password-file=FILE               the first line of a file that only you can read
  password-command=COMMAND         the first line that a command writes
  ca=FILE                          trust the certificate authorities in a PEM file
  auth=MECHANISM                   SCRAM-SHA-256, PLAIN or LOGIN, not the best there is
  authzid=OTHER                    log in as USER, read the mail of OTHER
  tls=off                          plain text (imap:// only)
Without an option the password comes from MAILHAUL_SOURCE_PASSWORD or
MAILHAUL_PASSWORD, or is asked for at the terminal.

ARCHIVE is a directory; it is made when it is not there. Only what is new is
fetched, and nothing is ever changed on the server or removed from the archive.
PATTERN is matched with whole folder names; * stands for anything, ? for one
character, and / separates levels.`

func backupCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "backup", Usage: "bring an archive up to date with an IMAP account",
		ArgsUsage: "SOURCE ARCHIVE", HideHelp: true, Description: backupHelp, Flags: flags("backup"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := parseBackup(c, &p)
			if err := p.Err(); err != nil {
				return badLine{"backup", err}
			}
			return runBackup(c.Context, env, o)
		},
	}
}

func parseBackup(c *cli.Context, p *config.Problems) backupOptions {
	args := arguments(c, p, "SOURCE", "ARCHIVE")
	formats := []string{string(archive.Maildir), string(archive.Mbox)}
	o := backupOptions{
		archive:    args[1],
		format:     archive.Format(config.ParseChoice("--format", c.String("format"), formats, p)),
		dryRun:     c.Bool("dry-run"),
		most:       config.ParseBudget("--max-download", c.String("max-download"), p),
		cpuProfile: c.String("cpuprofile"),
		output:     parseOutput(c, p),
	}
	if config.IsURL(args[1]) {
		if args[0] != "" && !settingsOf(c).isAccount(args[0]) {
			p.Addf("SOURCE and ARCHIVE are the wrong way round: the URL comes first")
			return o
		}
		p.Addf("ARCHIVE is a URL; an archive is a directory")
	}
	o.source = parseAccount(c, "SOURCE", args[0], p)
	o.filter = settingsOf(c).filter(o.source.named)
	return o
}

func runBackup(ctx context.Context, env Env, o backupOptions) error {
	return withUI(ctx, env, o.output, "backup", func(u *ui.UI) error {
		stop, err := profile(o.cpuProfile)
		if err != nil {
			return err
		}
		defer stop()
		if o.dryRun {
			return dryRun(ctx, env, u, o)
		}
		return backup(ctx, env, u, o)
	})
}

// backup opens both ends and runs the pipeline between them. An archive that is
// there is opened first: it may be locked, foreign or full, and nobody wants to
// be asked for a password before hearing so. A new one is made only once the
// folders are chosen: a mistyped user or pattern must leave nothing behind.
func backup(ctx context.Context, env Env, u *ui.UI, o backupOptions) (err error) {
	open := func() (*archive.Archive, error) {
		return archive.Open(ctx, o.archive, archive.Options{
			Account: o.source.endpoint.Account(), Format: o.format, Now: env.Now,
		})
	}
	var a *archive.Archive
	if hasEntries(o.archive) {
		if a, err = open(); err != nil {
			return err
		}
		defer closing(&err, "archive", func() error { return a.Close() })
	}
	source, closeSource, err := o.source.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "source", closeSource)
	pipeline := o.pipeline(env, u)
	if pipeline.Listed, err = migrate.Choose(ctx, source, o.filter); err != nil {
		return err
	}
	if a == nil {
		if a, err = open(); err != nil {
			return err
		}
		defer closing(&err, "archive", func() error { return a.Close() })
	}
	first, err := isFirst(ctx, a.Ledger())
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() {
		u.Say("mailhaul: interrupted: finishing what is under way (interrupt again to leave at once)")
	})()
	if pipeline.Budget, err = budgetOf(ctx, a.Ledger(), o.most, env.Now()); err != nil {
		return err
	}
	summary, err := migrate.Haul(ctx, source, a, a.Ledger(), pipeline)
	u.EndProgress()
	env.hauled(summary)
	tellSummary(u, "backup", o.output, summary)
	if err == nil && summary.Spent {
		err = tellSpent(ctx, u, a.Ledger(), o.most, env.Now())
	}
	switch {
	case err == nil && (summary.Spent || failed(summary)):
		err = errPartial
	case err == nil && first:
		sayNext(u, nextOfBackup(o.archive)...)
	}
	return advise(err, summary, o.archive, "the same command tries them again; with --json it names each")
}

func (o backupOptions) pipeline(env Env, u *ui.UI) migrate.Options {
	t := newEvents(u, "fetch", env.Now)
	return migrate.Options{
		Filter: o.filter, Command: "backup", DryRun: o.dryRun, Now: env.Now,
		Events: func(e migrate.Event) {
			if o.watch != nil {
				o.watch(e)
			}
			t.tell(e)
		},
	}
}

// hasEntries tells whether something stands where the archive would be: a
// directory with something in it, or a file, or what cannot be looked into.
func hasEntries(dir string) bool {
	entries, err := os.ReadDir(dir)
	return len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist)
}

func failed(s migrate.Summary) bool { return s.Counts.Failed > 0 || len(s.Failures) > 0 }

// closing ends something in a defer; its error counts if there is no other.
func closing(err *error, what string, end func() error) {
	if endErr := end(); endErr != nil && *err == nil {
		*err = fmt.Errorf("close %s: %w", what, endErr)
	}
}

// profile starts a CPU profile if one is wanted; the function ends it.
func profile(name string) (func(), error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, config.Usagef("--cpuprofile: %v", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("start CPU profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}
