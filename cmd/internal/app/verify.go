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

// verifyOptions say which archive is verified.
type verifyOptions struct {
	archive string
	output  outputOptions
}

func verifyCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "read every message back and name what is damaged",
		ArgsUsage: "ARCHIVE", HideHelp: true,
		Description: `
Each message is read and its digest compared with the ledger's. Missing and
changed messages, files that nobody knows and a damaged ledger are named, and
the exit code is 7. Nothing is changed.`,
		Flags: outputFlags(),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := verifyOptions{output: parseOutput(c, &p), archive: arguments(c, &p, "ARCHIVE")[0]}
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
}

type verifyObject struct {
	Event    string `json:"event"`
	Command  string `json:"command"`
	Messages int64  `json:"messages"`
	Octets   int64  `json:"octets"`
	Damaged  int64  `json:"damaged"`
}

func runVerify(ctx context.Context, env Env, o verifyOptions) error {
	return withUI(ctx, env, o.output, "verify", func(u *ui.UI) error {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error {
			return verify(ctx, u, a, o)
		})
	})
}

func verify(ctx context.Context, u *ui.UI, a *archive.Archive, o verifyOptions) error {
	total, totalOctets, err := archiveSize(ctx, a)
	if err != nil {
		return err
	}
	what := "verify"
	if u.JSON() {
		what = "" // there it is the folder
	}
	report, err := a.Verify(ctx, func(messages, octets int64) {
		u.Progress(ui.Progress{What: what, Messages: messages, Octets: octets, TotalMessages: total, TotalOctets: totalOctets})
	}, func(d archive.Damage) { printDamage(u, d) })
	if err != nil {
		return err
	}
	u.EndProgress()
	switch {
	case u.JSON():
		u.Object(verifyObject{"summary", "verify", report.Messages, report.Octets, report.Damaged})
	case report.Damaged > 0 || !o.output.quiet:
		u.Print(fmt.Sprintf("%s, %s: %s\n", ui.Count(report.Messages, "message"), ui.Octets(report.Octets), verdict(report.Damaged)))
	}
	if report.Damaged > 0 {
		return &mailhaul.Error{
			Scope: mailhaul.ScopeRun, Op: "verify archive " + o.archive,
			Hint: "nothing was changed; put a copy of the archive aside before anything else",
			Err:  fmt.Errorf("%w: %s", mailhaul.ErrDamaged, ui.Count(report.Damaged, "problem")),
		}
	}
	return nil
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
	if u.JSON() {
		u.Object(damageObject{"damage", ui.Text(d.Folder), d.UID, ui.Text(d.Path), ui.Text(d.Problem)})
		return
	}
	var where string
	if d.Folder != "" {
		where = strconv.Quote(d.Folder)
		if d.UID != 0 {
			where += ", UID " + strconv.FormatUint(uint64(d.UID), 10)
		}
		where += ": "
	}
	if d.Path != "" {
		where += d.Path + ": "
	}
	u.Print(ui.Escape(where+d.Problem) + "\n")
}
