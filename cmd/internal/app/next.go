package app

import (
	"context"

	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// advised is an error with what to do about it, which is told last.
type advised struct {
	error
	hint string
}

// Unwrap returns the error itself.
func (a advised) Unwrap() error { return a.error }

// advise adds what to do to how a run ended that put mail into a place: after an
// interruption, and when a part of the mail failed.
func advise(err error, s migrate.Summary, place, failures string) error {
	switch {
	case err != nil && s.Interrupted:
		return advised{err, "what is stored is safe in " + place + "; the same command goes on from there"}
	case err == errPartial && failed(s):
		return advised{err, failures}
	}
	return err
}

// sayNext tells a person who watches what to do after a run that went well.
func sayNext(u *ui.UI, lines ...string) {
	if !u.Interactive() {
		return
	}
	label := "next: "
	for _, l := range lines {
		u.Say(label + l)
		label = "      "
	}
}

// nextOfBackup is what to do after the first backup that came to its end.
func nextOfBackup(dir string) []string {
	dir = shellWord(dir)
	return []string{
		"mailhaul ls " + dir + "       what is in it",
		"mailhaul verify " + dir + "   reads every message back",
		"the same command again, each night from cron with --quiet, fetches what is new",
	}
}

// spoken is the account as a person can write it in a command: its role, when a
// password stands in its URL.
func (o accountOptions) spoken() string {
	if o.endpoint.Password != "" {
		return o.endpoint.Role
	}
	return shellWord(o.text)
}

// spoken is the end as a person can write it in a command.
func (e end) spoken() string {
	if e.url {
		return e.account.spoken()
	}
	return shellWord(e.text)
}

// isFirst tells whether no run of the ledger has come to its end so far.
func isFirst(ctx context.Context, l *checkpoint.Ledger) (bool, error) {
	runs, err := l.Runs(ctx)
	for _, r := range runs {
		if r.Outcome == checkpoint.Outcome(nil, false) {
			return false, err
		}
	}
	return true, err
}
