package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// accident lets the account lose a folder, which a backup takes note of, and
// puts it back.
func (d *demo) accident(ctx context.Context) error {
	d.say("\nNow somebody deletes the folder %q on the server, and the next backup runs.", demoFolder)
	if err := d.user.Delete(demoFolder); err != nil {
		return err
	}
	if err := d.backup(ctx, 0, nil); err != nil {
		return err
	}
	d.say("\nThe archive still has its messages. One command puts them back:")
	copied, err := d.restore(ctx)
	if err != nil {
		return err
	}
	if copied == 0 {
		return errors.New("restore folder: no message was copied")
	}
	d.say("\nAnd again: everything is there, nothing is copied twice.")
	again, err := d.restore(ctx)
	if err == nil && again != 0 {
		err = fmt.Errorf("restore folder: %d messages were copied twice", again)
	}
	return err
}

// restore runs the restore command and returns how many messages it copied.
func (d *demo) restore(ctx context.Context) (copied int64, err error) {
	d.command("restore", d.archive, d.url(), "--folder", fmt.Sprintf("%q", demoFolder))
	err = runHaul(ctx, d.env, haulOptions{
		command: "restore", from: end{role: "ARCHIVE", path: d.archive}, to: accountOptions{endpoint: d.account},
		filter: filter.Filter{Include: []string{demoFolder}}, match: true, again: true,
		output: outputOptions{summary: true},
		watch: func(e migrate.Event) {
			if e.Kind == migrate.EventProgress {
				copied = max(copied, e.Messages)
			}
		},
	})
	return copied, err
}
