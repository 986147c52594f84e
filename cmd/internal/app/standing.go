package app

import (
	"context"
	"errors"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// standing is what a ledger tells of a job, or of an archive.
type standing struct {
	name, account              string
	good                       checkpoint.Run // the last run that came to its end
	last                       checkpoint.Run // the last run
	messages, octets, failures int64
	err                        error // why the ledger cannot be read
}

// outcome is how the last run ended.
func (s standing) outcome() string {
	switch {
	case s.err != nil:
		return "no ledger"
	case s.last.ID == 0:
		return "never"
	case s.last.End.IsZero():
		return "no end"
	}
	return s.last.Outcome
}

// jobStandings are those of all jobs.
func jobStandings(ctx context.Context, env Env, f *config.File) []standing {
	var all []standing
	for _, j := range f.Jobs {
		if j.Kind == "backup" {
			all = append(all, archiveStanding(ctx, j.Archive, j.Name))
			continue
		}
		all = append(all, pairStanding(ctx, env, f, j))
	}
	return all
}

// archiveStanding is that of an archive.
func archiveStanding(ctx context.Context, dir, name string) standing {
	s := standing{name: name}
	err := readArchive(ctx, dir, func(a *archive.Archive) error { return s.read(ctx, a.Ledger(), "backup") })
	if s.err = err; errors.Is(err, mailhaul.ErrUsage) {
		s.err = errors.New("there is no archive at " + dir + " yet") // its job has never run
	}
	return s
}

// pairStanding is that of a migration.
func pairStanding(ctx context.Context, env Env, f *config.File, j *config.Job) standing {
	s := standing{name: j.Name}
	at := func(name, role string) string { return nameInLedger(f.Account(name).Endpoint(role)) }
	var l *checkpoint.Ledger
	if l, s.err = readPairLedger(ctx, env, pairNames{at(j.Source, "SOURCE"), at(j.Target, "TARGET")}); s.err != nil {
		return s
	}
	if l == nil {
		s.err = errors.New("there is no ledger of it yet")
		return s
	}
	s.err = s.read(ctx, l, "migrate")
	if err := l.Close(); s.err == nil {
		s.err = err
	}
	return s
}

// read takes what a ledger tells. Of its runs those of command count.
func (s *standing) read(ctx context.Context, l *checkpoint.Ledger, command string) error {
	id, err := l.Identity(ctx)
	if err != nil {
		return err
	}
	s.account, _, _ = strings.Cut(id.Account, " ") // a pair's has the address behind it
	runs, err := l.Runs(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Command != command {
			continue
		}
		s.last = r
		if r.Outcome == "done" || r.Outcome == "partial" {
			s.good = r
		}
	}
	folders, err := l.Folders(ctx)
	for _, f := range folders {
		s.messages += f.Live + f.Gone
		s.octets += f.LiveOctets
		s.failures += f.Failures
	}
	return err
}
