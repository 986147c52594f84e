package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// verifyOptions say what of which archive is verified.
type verifyOptions struct {
	archive string
	sample  part
	since   string // a run's number, "last", or "" for all
	output  outputOptions
}

const verifyHelp = `
Each message is read and its digest compared with the ledger's. Missing and
changed messages, files that nobody knows and a damaged ledger are named, and
the exit code is 7. Of each message it is told whether the server still had it at
the last backup. Nothing is changed.

--sample reads a part of the messages, another one each day: with 5% each message
is read once in twenty days. --sample 3/20 reads the third of twenty parts,
whatever the day. Missing messages are found in any case.`

func verifyCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "read every message back and name what is damaged",
		ArgsUsage: "ARCHIVE", HideHelp: true, Description: verifyHelp, Flags: flags("verify"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := verifyOptions{
				output: parseOutput(c, &p), archive: arguments(c, &p, "ARCHIVE")[0],
				sample: parseSample(c.String("sample"), env.Now(), &p), since: c.String("since"),
			}
			if _, err := strconv.ParseUint(o.since, 10, 31); err != nil && o.since != "" && o.since != lastRun {
				p.Addf("--since: %q is neither the number of a run nor \"last\"", o.since)
			}
			if err := p.Err(); err != nil {
				return badLine{"verify", err}
			}
			return runVerify(c.Context, env, o)
		},
	}
}

// damageObject and verifyObject are the lines of JSON that verify writes.
type damageObject struct {
	Event   string       `json:"event"`
	Folder  string       `json:"folder,omitempty"`
	UID     mailhaul.UID `json:"uid,omitempty"`
	Path    string       `json:"path,omitempty"`
	Problem string       `json:"problem"`
	// Server tells of a message whether the server had it at the last backup:
	// "live" or "gone".
	Server string `json:"server,omitempty"`
	// MarkedRun is the run that found that nobody has the message any more.
	MarkedRun int64 `json:"marked_run,omitempty"`
}

type verifyObject struct {
	Event    string `json:"event"`
	Command  string `json:"command"`
	Messages int64  `json:"messages"`
	Octets   int64  `json:"octets"`
	Damaged  int64  `json:"damaged"`
	// Part of Parts is what was read; both are left out when all was.
	Part  uint32 `json:"part,omitempty"`
	Parts uint32 `json:"parts,omitempty"`
}

func runVerify(ctx context.Context, env Env, o verifyOptions) error {
	return withUI(ctx, env, o.output, "verify", func(u *ui.UI) error {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error {
			return verify(ctx, u, a, o)
		})
	})
}

func verify(ctx context.Context, u *ui.UI, a *archive.Archive, o verifyOptions) error {
	some := archive.VerifyOptions{Part: o.sample.part, Parts: o.sample.parts}
	var err error
	if some.Since, err = firstRun(ctx, a, o.since); err != nil {
		return err
	}
	total, totalOctets := int64(-1), int64(-1)
	if o.sample.parts == 0 && o.since == "" {
		if total, totalOctets, err = archiveSize(ctx, a); err != nil {
			return err
		}
	}
	some.Progress = func(messages, octets int64) {
		u.Progress(ui.Progress{What: "verify", Messages: messages, Octets: octets, TotalMessages: total, TotalOctets: totalOctets})
	}
	healable := false
	some.Report = func(d archive.Damage) {
		healable = healable || d.Row != nil
		printDamage(u, d)
	}
	report, err := a.VerifyPart(ctx, some)
	if err != nil {
		return err
	}
	u.EndProgress()
	switch {
	case u.JSON():
		n := o.sample.part
		if o.sample.parts > 0 {
			n++
		}
		u.Object(verifyObject{"summary", "verify", report.Messages, report.Octets, report.Damaged, n, o.sample.parts})
	case report.Damaged > 0 || !o.output.quiet:
		read := ""
		if o.sample.parts > 0 {
			read = fmt.Sprintf("part %d of %d: ", o.sample.part+1, o.sample.parts)
		}
		u.Print(fmt.Sprintf("%s%s, %s: %s\n", read, ui.Count(report.Messages, "message"), ui.Octets(report.Octets), verdict(report.Damaged)))
	}
	if report.Damaged == 0 {
		return nil
	}
	hint := "nothing was changed; put a copy of the archive aside before anything else"
	if healable {
		hint += ", then 'mailhaul repair ARCHIVE SOURCE' fetches again what the server still has"
	}
	return &mailhaul.Error{
		Scope: mailhaul.ScopeRun, Op: "verify archive " + o.archive, Hint: hint,
		Err: fmt.Errorf("%w: %s", mailhaul.ErrDamaged, ui.Count(report.Damaged, "problem")),
	}
}

func verdict(damaged int64) string {
	if damaged == 0 {
		return "all sound"
	}
	return ui.Count(damaged, "problem")
}

// archiveSize is how much there is to verify. The ledger sums up the octets of
// messages that are not gone only; octets are -1 when there are others.
func archiveSize(ctx context.Context, a *archive.Archive) (messages, octets int64, err error) {
	folders, err := a.Ledger().Folders(ctx)
	if err != nil {
		return 0, 0, err
	}
	var gone int64
	for _, f := range folders {
		messages += f.Live + f.Gone
		octets += f.LiveOctets
		gone += f.Gone
	}
	if gone > 0 {
		octets = -1
	}
	return messages, octets, nil
}

func printDamage(u *ui.UI, d archive.Damage) {
	object := damageObject{Event: "damage", Folder: ui.Text(d.Folder), UID: d.UID, Path: ui.Text(d.Path), Problem: ui.Text(d.Problem),
		MarkedRun: int64(d.Marked)}
	var notes string
	if d.Row != nil {
		object.Server, notes = "live", "; on the server at the last backup"
		if d.Row.GoneRun != 0 {
			object.Server, notes = "gone", fmt.Sprintf("; gone from the server since run %d", d.Row.GoneRun)
		}
	}
	if d.Marked != 0 {
		notes += fmt.Sprintf("; run %d found it nowhere else", d.Marked)
	}
	if u.JSON() {
		u.Object(object)
		return
	}
	var where string
	if d.Folder != "" {
		where = messagePlace(d.Folder, d.UID) + ": "
	}
	if d.Path != "" {
		where += d.Path + ": "
	}
	u.Print(ui.Escape(where+d.Problem+notes) + "\n")
}
