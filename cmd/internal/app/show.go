package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// showOptions name one message.
type showOptions struct {
	archive, folder string
	uid             mailhaul.UID
	asOf            moment
}

func showCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "write a message, octet for octet, to standard output",
		ArgsUsage: "ARCHIVE FOLDER UID", HideHelp: true,
		Description: `
The message comes out as the server gave it, lines ended by CR LF. If it is
damaged its octets are still written, and the exit code is 7.
With --as-of the folder's name and the UID are those of then.
` + momentHelp,
		Flags: flags("show"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			args := arguments(c, &p, "ARCHIVE", "FOLDER", "UID")
			o := showOptions{archive: args[0], folder: args[1], asOf: parseAsOf(c, &p)}
			uid, err := strconv.ParseUint(args[2], 10, 32)
			if args[2] != "" && (err != nil || uid == 0) {
				p.Addf("UID: %q is not a UID, a number from 1 to 4294967295", args[2])
			}
			o.uid = mailhaul.UID(uid)
			if err := p.Err(); err != nil {
				return badLine{"show", err}
			}
			return runShow(c.Context, env, o)
		},
	}
}

func runShow(ctx context.Context, env Env, o showOptions) error {
	return withUI(ctx, env, outputOptions{}, "show", func(*ui.UI) error {
		return readArchive(ctx, o.archive, func(a *archive.Archive) error {
			from, err := catalogueAt(ctx, a, o.asOf)
			if err != nil {
				return err
			}
			f, err := findFolder(ctx, from, o.folder)
			if err != nil {
				return err
			}
			m, err := from.Message(ctx, f.ID, o.uid)
			if errors.Is(err, fs.ErrNotExist) {
				return noMessage(ctx, a.Ledger(), f, o.uid)
			}
			if err != nil {
				return err
			}
			r, err := a.Message(ctx, f, m)
			if err != nil {
				return err
			}
			defer r.Close()
			if _, err := io.Copy(env.Stdout, r); err != nil {
				return fmt.Errorf("show message: %w", err)
			}
			return nil
		})
	})
}
