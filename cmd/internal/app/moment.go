package app

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// momentHelp says how a moment is written.
const momentHelp = `RUN is a number that 'mailhaul history' lists: the archive as it stood at its end.
DATE is a day, 2024-12-31, or a moment, 2024-12-31T18:30, in this machine's zone: the
last run that had ended by then.`

// moment is a point in an archive's history as the user named it; the zero value
// is now.
type moment struct {
	flag string
	text string
	run  checkpoint.RunID // 0 when it is a date
	at   time.Time
}

// parseAsOf reads --as-of: a day is meant to its end.
func parseAsOf(c *cli.Context, p *config.Problems) moment {
	return parseMoment("--as-of", c.String("as-of"), 1, p)
}

// parseSince reads a flag that says since when: a day is meant from its beginning.
func parseSince(c *cli.Context, name string, p *config.Problems) moment {
	return parseMoment("--"+name, c.String(name), 0, p)
}

// parseMoment reads the number of a run, or a date as parseTime does.
func parseMoment(flag, text string, days int, p *config.Problems) moment {
	m := moment{flag: flag, text: text}
	if text == "" {
		return m
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		m.run = checkpoint.RunID(n)
		return m
	}
	var ok bool
	if m.at, ok = parseTime(text, days); !ok {
		p.Addf("%s: %q is neither the number of a run nor a date; write it as in 12, 2024-12-31 or 2024-12-31T18:30", flag, text)
	}
	return m
}

// parseTime reads a day, of which the last instant before it is meant or that of
// some days later, or a moment.
func parseTime(text string, days int) (at time.Time, ok bool) {
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day.AddDate(0, 0, days).Add(-time.Nanosecond), true // it may have 23 or 25 hours
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// given tells whether the user named a moment.
func (m moment) given() bool { return m.text != "" }

// resolve finds the run that a moment means; 0 when it lies before the first one.
func (m moment) resolve(ctx context.Context, l *checkpoint.Ledger) (checkpoint.RunID, error) {
	if m.run == 0 {
		r, _, err := l.RunAt(ctx, m.at)
		return r.ID, err
	}
	r, err := l.Run(ctx, m.run)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, config.Usagef("%s: there is no run %d; 'mailhaul history ARCHIVE' lists the runs", m.flag, m.run)
	}
	return r.ID, err
}

// resolveAsOf is resolve for a moment at which there must have been something.
func (m moment) resolveAsOf(ctx context.Context, l *checkpoint.Ledger) (checkpoint.RunID, error) {
	run, err := m.resolve(ctx, l)
	if err == nil && run == 0 {
		err = config.Usagef("%s: no run had ended at %s; 'mailhaul history ARCHIVE' lists the runs", m.flag, m.text)
	}
	return run, err
}

// catalogue is an archive's ledger, as it stands or as it stood.
type catalogue interface {
	Folders(ctx context.Context) ([]checkpoint.Folder, error)
	Messages(ctx context.Context, folderID int64) iter.Seq2[checkpoint.Message, error]
	Message(ctx context.Context, folderID int64, uid mailhaul.UID) (checkpoint.Message, error)
}

// catalogueAt returns the catalogue of an archive at a moment.
func catalogueAt(ctx context.Context, a *archive.Archive, m moment) (catalogue, error) {
	if !m.given() {
		return a.Ledger(), nil
	}
	run, err := m.resolveAsOf(ctx, a.Ledger())
	if err != nil {
		return nil, err
	}
	return a.Ledger().AsOf(run), nil
}
