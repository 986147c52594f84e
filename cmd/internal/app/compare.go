package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/compare"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// compareOptions say what is compared, and how closely.
type compareOptions struct {
	a, b    end
	options compare.Options
	filter  filter.Filter
	output  outputOptions
}

const compareHelp = `
A and B are any two of: an IMAP account (imaps://USER@HOST or imap://USER@HOST), an
archive, maildir:PATH, mbox:PATH, or a directory with mail files of other programs.
Nothing is changed on either side.

Folders are paired by name, whatever separates levels, and by special use. Each
message that is missing from B, extra there, or there with other octets, flags or
date of arrival is named, and the exit code is 7. Octets are compared by SHA-256 of
what is read from both sides; --quick only compares headers and sizes.

Passwords come from MAILHAUL_SOURCE_PASSWORD for A and MAILHAUL_TARGET_PASSWORD for
B, from ?password-file= or ?password-command=, or are asked for.`

func compareCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "compare", Usage: "tell how two accounts, archives or mail files differ",
		ArgsUsage: "A B", HideHelp: true, Description: compareHelp, Flags: flags("compare"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "A", "B")
			o := compareOptions{
				a: parseEnd(c, "A", args[0], &p), b: parseEnd(c, "B", args[1], &p),
				options: compare.Options{
					Quick: c.Bool("quick"), IgnoreFlags: c.Bool("no-flags"), IgnoreDates: c.Bool("no-dates"), Zones: c.Bool("zones"),
				},
				output: parseOutput(c, &p),
			}
			o.filter = settingsOf(c).filter(o.a.account.named)
			if o.a.url && o.b.url && sameMail(o.a.account.endpoint, o.b.account.endpoint) || args[0] != "" && o.a.kind == o.b.kind && o.a.name() == o.b.name() {
				p.Addf("A and B are the same")
			}
			if err := p.Err(); err != nil {
				return badLine{"compare", err}
			}
			return withUI(c.Context, env, o.output, "compare", func(u *ui.UI) error { return compareEnds(c.Context, env, u, o) })
		},
	}
}

func compareEnds(ctx context.Context, env Env, u *ui.UI, o compareOptions) (err error) {
	a, closeA, err := o.a.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "source", closeA)
	b, closeB, err := o.b.open(ctx, env, u)
	if err != nil {
		return err
	}
	defer closing(&err, "target", closeB)
	o.options.Filter = o.filter
	o.options.Tell = func(d compare.Difference) { printDifference(u, d) }
	o.options.Progress = func(done, total int64) {
		u.Progress(ui.Progress{What: "compare", Messages: done, TotalMessages: total, TotalOctets: -1})
	}
	s, err := compare.Run(ctx, a, b, o.options)
	u.EndProgress()
	if err != nil {
		return err
	}
	tellComparison(u, o, s)
	if !s.Same() {
		return errDiffer
	}
	return nil
}

// differenceObject and comparisonObject are the lines of JSON that compare
// writes.
type differenceObject struct {
	Event     string       `json:"event"`
	Kind      string       `json:"kind"`
	FolderA   string       `json:"a_folder,omitempty"`
	UIDA      mailhaul.UID `json:"a_uid,omitempty"`
	FolderB   string       `json:"b_folder,omitempty"`
	UIDB      mailhaul.UID `json:"b_uid,omitempty"`
	From      string       `json:"from,omitempty"`
	Date      string       `json:"date,omitempty"`
	Subject   string       `json:"subject,omitempty"`
	MessageID string       `json:"message_id,omitempty"`
	Text      string       `json:"text,omitempty"`
}

type comparisonObject struct {
	Event       string   `json:"event"`
	FoldersA    []string `json:"a_folders,omitempty"`
	FolderB     string   `json:"b_folder,omitempty"`
	A           int64    `json:"a_messages"`
	B           int64    `json:"b_messages"`
	Identical   int64    `json:"identical"`
	Missing     int64    `json:"missing"`
	Extra       int64    `json:"extra"`
	Altered     int64    `json:"altered"`
	Flags       int64    `json:"flags"`
	Dates       int64    `json:"dates"`
	Unreadable  int64    `json:"unreadable"`
	Differences *int64   `json:"differences,omitempty"`
}

// printDifference writes one difference to standard output.
func printDifference(u *ui.UI, d compare.Difference) {
	text := subject(migrate.Failure{Subject: d.Subject})
	if u.JSON() {
		u.Object(differenceObject{"difference", d.Kind.String(), ui.Text(d.FolderA), d.UIDA, ui.Text(d.FolderB), d.UIDB,
			ui.Text(d.From), ui.Text(d.Date), ui.Text(text), ui.Text(d.MessageID), ui.Text(d.Text)})
		return
	}
	parts := []string{d.Kind.String() + ": " + comparedPlace(d)}
	for _, p := range []string{d.Date, d.From, text} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	line := strings.Join(parts, ", ")
	if d.Text != "" {
		line += ": " + d.Text
	}
	u.Print(ui.Escape(line) + "\n")
}

// comparedPlace says where the message is, on the side that has it.
func comparedPlace(d compare.Difference) string {
	folder, uid := d.FolderA, d.UIDA
	if folder == "" || uid == 0 && d.UIDB != 0 {
		folder, uid = d.FolderB, d.UIDB
	}
	return messagePlace(folder, uid)
}

func tellComparison(u *ui.UI, o compareOptions, s compare.Summary) {
	if u.JSON() {
		for _, f := range s.Folders {
			u.Object(comparison("folder-summary", f.A, f.B, f.Counts, nil))
		}
		u.Object(comparison("summary", nil, "", s.Counts, &s.Differences))
		return
	}
	if o.output.quiet && s.Same() {
		return
	}
	var rows [][]string
	row := func(name string, c compare.Counts) {
		rows = append(rows, []string{known(c.A), known(c.B), known(c.Identical), known(c.Missing), known(c.Extra), known(c.Altered), known(c.Flags), known(c.Dates), name})
	}
	for _, f := range s.Folders {
		name := strings.Join(f.A, ", ")
		switch {
		case name == "":
			name = "- / " + f.B
		case f.B == "":
			name += " / -"
		case f.B != name:
			name += " / " + f.B
		}
		row(name, f.Counts)
	}
	row("in all", s.Counts)
	u.Print(ui.Table([]ui.Column{
		{Title: "IN A", Right: true}, {Title: "IN B", Right: true}, {Title: "SAME", Right: true}, {Title: "MISSING", Right: true},
		{Title: "EXTRA", Right: true}, {Title: "ALTERED", Right: true}, {Title: "FLAGS", Right: true}, {Title: "DATES", Right: true}, {Title: "FOLDER"},
	}, rows))
	u.Print(fmt.Sprintf("%s\n", ui.Count(s.Differences, "difference")))
}

func comparison(event string, a []string, b string, c compare.Counts, differences *int64) comparisonObject {
	var names []string
	for _, name := range a {
		names = append(names, ui.Text(name))
	}
	return comparisonObject{event, names, ui.Text(b), c.A, c.B, c.Identical, c.Missing, c.Extra, c.Altered, c.Flags, c.Dates, c.Unreadable, differences}
}
