package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// repairOptions say which archive is repaired, and from where.
type repairOptions struct {
	archive string
	source  end // its path is "" when none is given
	dryRun  bool
	output  outputOptions
}

const repairHelp = `
The archive is verified, and what is damaged or missing is fetched again: from
SOURCE, the account that is backed up (as for backup) or another archive, and from
copies of the message that are in the archive itself. What is fetched must be the
message that was stored, octet for octet. A message that is nowhere else stays as
it is, and verify tells so from then on.

Nothing is deleted: what is replaced goes into the directory quarantine of the
archive. In an mbox file the message is added at the end, and its old place stays.
A ledger that is damaged is for 'mailhaul rebuild'.`

func repairCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "repair", Usage: "fetch again what is damaged in an archive",
		ArgsUsage: "ARCHIVE [SOURCE]", HideHelp: true, Description: repairHelp, Flags: flags("repair"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "ARCHIVE", "[SOURCE]")
			o := repairOptions{archive: args[0], dryRun: c.Bool("dry-run"), output: parseOutput(c, &p)}
			if o.source = parseEnd(c, "SOURCE", args[1], &p); o.source.files {
				p.Addf("SOURCE: %s is not an archive; it may be an account or an archive", args[1])
			}
			if config.IsURL(args[0]) {
				p.Addf("ARCHIVE is a URL; an archive is a directory")
			}
			if err := p.Err(); err != nil {
				return badLine{"repair", err}
			}
			return withUI(c.Context, env, o.output, "repair", func(u *ui.UI) error { return repair(c.Context, env, u, o) })
		},
	}
}

// repair opens both ends and repairs.
func repair(ctx context.Context, env Env, u *ui.UI, o repairOptions) (err error) {
	if !exists(o.archive) {
		return config.Usagef("ARCHIVE: there is no directory %s", o.archive)
	}
	a, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	defer closing(&err, "archive", func() error { return a.Close() })
	r := archive.RepairOptions{DryRun: o.dryRun, Now: env.Now}
	switch {
	case o.source.url:
		source, closeSource, err := o.source.account.open(ctx, env, u)
		if err != nil {
			return err
		}
		defer closing(&err, "source", closeSource)
		r.Source = source
	case o.source.path != "":
		if r.Archive, err = archive.OpenReadOnly(ctx, o.source.path); err != nil {
			return err
		}
		defer closing(&err, "source", r.Archive.Close)
	}
	total, totalOctets, err := archiveSize(ctx, a)
	if err != nil {
		return err
	}
	r.Progress = func(messages, octets int64) {
		u.Progress(ui.Progress{What: "verify", Messages: messages, Octets: octets, TotalMessages: total, TotalOctets: totalOctets})
	}
	r.Report = func(x archive.Repaired) { tellRepaired(u, o.dryRun, x) }
	defer context.AfterFunc(ctx, func() {
		u.Say("mailhaul: interrupted: finishing what is under way (interrupt again to leave at once)")
	})()
	report, err := a.Repair(ctx, r)
	u.EndProgress()
	if err == nil || report.Healed > 0 {
		tellRepair(u, o, report)
	}
	if err == nil && report.Lost > 0 {
		err = errPartial
	}
	return err
}

// open opens the archive: for an account whose mail it must hold, and only for
// reading if nothing is to be done.
func (o repairOptions) open(ctx context.Context, env Env) (*archive.Archive, error) {
	account := ""
	if o.source.url {
		account = o.source.account.endpoint.Account()
	}
	if !o.dryRun {
		return archive.Open(ctx, o.archive, archive.Options{Account: account, Now: env.Now})
	}
	a, err := archive.OpenReadOnly(ctx, o.archive)
	if err != nil || account == "" {
		return a, err
	}
	id, err := a.Ledger().Identity(ctx)
	if err == nil && id.Account != account {
		err = fmt.Errorf("%w: the archive %s belongs to %q, not to %q", mailhaul.ErrUsage, o.archive, id.Account, account)
	}
	if err != nil {
		_ = a.Close() // the first error is the one to tell
		return nil, err
	}
	return a, nil
}

// repairedObject and repairObject are the lines of JSON that repair writes.
type repairedObject struct {
	Event   string       `json:"event"`
	Folder  string       `json:"folder,omitempty"`
	UID     mailhaul.UID `json:"uid,omitempty"`
	Path    string       `json:"path,omitempty"`
	Problem string       `json:"problem"`
	// Healed: it is in order again; with --dry-run, it could be.
	Healed bool   `json:"healed"`
	From   string `json:"from,omitempty"`
	Aside  string `json:"aside,omitempty"`
	Why    string `json:"why,omitempty"`
}

type repairObject struct {
	Event    string `json:"event"`
	Command  string `json:"command"`
	DryRun   bool   `json:"dry_run"`
	Messages int64  `json:"messages"`
	Damaged  int64  `json:"damaged"`
	Healed   int64  `json:"healed"`
	Lost     int64  `json:"lost"`
	Octets   int64  `json:"octets"` // of the messages healed
	Mended   int64  `json:"mended"`
	Other    int64  `json:"other"`
}

func tellRepaired(u *ui.UI, dryRun bool, x archive.Repaired) {
	if u.JSON() {
		u.Object(repairedObject{"repair", ui.Text(x.Folder), x.UID, ui.Text(x.Path), ui.Text(x.Problem), x.Healed,
			ui.Text(x.From), ui.Text(x.Aside), ui.Text(x.Why)})
		return
	}
	var where string
	if x.Folder != "" {
		where = messagePlace(x.Folder, x.UID) + ": "
	}
	u.Print(ui.Escape(where+x.Problem+": "+becameOf(dryRun, x)) + "\n")
}

// becameOf says what became of a damage.
func becameOf(dryRun bool, x archive.Repaired) string {
	var b strings.Builder
	switch {
	case !x.Healed:
		b.WriteString(x.Why)
	case x.From != "" && dryRun:
		b.WriteString("can be had from " + x.From)
	case x.From != "":
		b.WriteString("healed, from " + x.From)
	case dryRun:
		b.WriteString("can be put in order")
	default:
		b.WriteString("put in order")
	}
	if x.Row == nil && x.Path != "" {
		b.WriteString(" (" + x.Path + ")")
	}
	if x.Aside != "" {
		b.WriteString("; what was there is now " + x.Aside)
	}
	return b.String()
}

func tellRepair(u *ui.UI, o repairOptions, r archive.RepairReport) {
	if u.JSON() {
		u.Object(repairObject{"summary", "repair", o.dryRun, r.Messages, r.Damaged, r.Healed, r.Lost, r.HealedOctets, r.Mended, r.Other})
		return
	}
	if o.output.quiet && r.Lost+r.Other == 0 {
		return
	}
	healed := "healed"
	if o.dryRun {
		healed = "can be healed"
	}
	text := "all sound"
	if r.Damaged+r.Mended+r.Other > 0 {
		text = fmt.Sprintf("%d damaged, %d %s (%s), %d not", r.Damaged, r.Healed, healed, ui.Octets(r.HealedOctets), r.Lost)
		if r.Mended > 0 {
			text += fmt.Sprintf("; %d put in order", r.Mended)
		}
		if r.Other > 0 {
			text += fmt.Sprintf("; %d left alone", r.Other)
		}
	}
	u.Print(fmt.Sprintf("%s: %s\n", ui.Count(r.Messages, "message"), text))
}
