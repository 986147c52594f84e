package app

import (
	"context"
	"errors"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/header"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// lostOptions say what is listed.
type lostOptions struct {
	archive string
	since   moment
	output  outputOptions
}

const lostHelp = `
Each message that was deleted from the server and that the archive still has, with
UID, date of arrival, sender, subject, octets, the run that missed it and its folder.
A message that was moved to another folder, the trash included, is not lost: it is
listed once it is gone from there, too. Nor is one of which the server has the very
same octets elsewhere.

'mailhaul restore ARCHIVE TARGET --deleted-since RUN|DATE' puts back what is listed
with --since RUN|DATE; --folder and --uid choose among it.
RUN is a number that 'mailhaul history' lists: what later runs missed. DATE is a
day, 2024-12-31, or a moment, 2024-12-31T18:30, in this machine's zone: what runs
missed that ended from then on.`

func lostCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "lost", Usage: "list the messages that were deleted from the server",
		ArgsUsage: "ARCHIVE", HideHelp: true, Description: lostHelp,
		Flags: flags("lost"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := lostOptions{since: parseSince(c, "since", &p), output: outputOptions{json: c.Bool("json")}}
			o.archive = arguments(c, &p, "ARCHIVE")[0]
			if err := p.Err(); err != nil {
				return badLine{"lost", err}
			}
			return runLost(c.Context, env, o)
		},
	}
}

func runLost(ctx context.Context, env Env, o lostOptions) error {
	return withUI(ctx, env, o.output, "lost", func(u *ui.UI) error {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error { return listLost(ctx, u, a, o.since) })
	})
}

// listLost lists what was deleted since a moment, ever without one. A message that
// cannot be read is listed with what is known of it, and makes the list end with
// its damage.
func listLost(ctx context.Context, u *ui.UI, a *archive.Archive, since moment) error {
	var run checkpoint.RunID
	folders, err := a.Ledger().Folders(ctx)
	if err == nil && since.given() {
		run, err = since.resolve(ctx, a.Ledger())
	}
	if err != nil {
		return err
	}
	byID := make(map[int64]checkpoint.Folder, len(folders))
	for _, f := range folders {
		byID[f.ID] = f
	}
	if !u.JSON() {
		u.Print(lostLine("UID", "DATE", "FROM", "SUBJECT", "OCTETS", "RUN", "FOLDER"))
	}
	var damage error
	for m, err := range a.Ledger().Lost(ctx, run) {
		if err != nil {
			return err
		}
		f := byID[m.FolderID]
		h, err := messageHeader(ctx, a, f, m)
		if err != nil {
			if !errors.Is(err, mailhaul.ErrDamaged) {
				return err
			}
			damage = err
		}
		tellLost(u, f, m, h, err)
		if err := errors.Join(context.Cause(ctx), u.Err()); err != nil {
			return err
		}
	}
	return errors.Join(warnPrunedSince(ctx, u, a.Ledger(), run), damage)
}

// lostObject is a message that was deleted, as a line of JSON.
type lostObject struct {
	Folder string `json:"folder"`
	messageObject
	Run checkpoint.RunID `json:"run"` // that found it gone
}

func tellLost(u *ui.UI, f checkpoint.Folder, m checkpoint.Message, h header.Header, problem error) {
	if u.JSON() {
		u.Object(lostObject{ui.Text(f.Name), messageObjectOf(m, h, problem), m.GoneRun})
		return
	}
	subject := h.Subject
	if problem != nil {
		subject = unreadable
	}
	u.Print(lostLine(strconv.FormatUint(uint64(m.UID), 10), arrival(m), h.From, subject,
		strconv.FormatInt(m.Size, 10), strconv.FormatInt(int64(m.GoneRun), 10), f.Name))
}

// The columns that a list of messages has not, in terminal cells.
const (
	octetsCells = 11
	runCells    = 5
)

func lostLine(uid, date, from, subject, octets, run, folder string) string {
	return messageColumns(uid, date, from, subject) +
		ui.PadLeft(octets, octetsCells) + "  " + ui.PadLeft(run, runCells) + "  " + ui.Escape(folder) + "\n"
}
