package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// sameAccount tells whether the source is an archive of the target account.
func (o haulOptions) sameAccount(ctx context.Context, source mailhaul.Source) (bool, error) {
	s, ok := source.(*archive.Source)
	if !ok {
		return false, nil
	}
	account, err := s.Account(ctx)
	return err == nil && account == o.to.endpoint.Account(), err
}

// teachArchive tells the archive of an account the new UIDs of messages that
// were put back into it, so that the next backup does not store them a second
// time. It is no failure when that cannot be done: then the backup does.
func (o haulOptions) teachArchive(ctx context.Context, env Env, u *ui.UI, ledger *checkpoint.Ledger, s migrate.Summary, account mailhaul.Source) {
	moved, err := putBack(ctx, ledger, s.Run)
	same := s.Same
	if err == nil && len(moved) > 0 && !same { // perhaps nothing of what was chosen is there to be compared
		same, err = o.sameMessages(ctx, account)
	}
	if err == nil && len(moved) > 0 && same {
		err = o.rebind(ctx, env, moved)
	}
	if err != nil && !errors.Is(err, mailhaul.ErrUsage) {
		u.Remark(fmt.Sprintf("the archive could not be told where the messages are now, so the next backup fetches them again: %v", err))
	}
}

// putBack lists what a run put back, by the name of the folder: the UIDs that
// the archive knows, and those that the account gave.
func putBack(ctx context.Context, ledger *checkpoint.Ledger, run checkpoint.RunID) (map[string]movedFolder, error) {
	folders, err := ledger.Folders(ctx)
	if err != nil {
		return nil, err
	}
	moved := map[string]movedFolder{}
	for _, f := range folders {
		if f.At == nil || f.At.Raw != f.Raw {
			continue // another folder: to the archive these are other messages
		}
		m := movedFolder{uidValidity: f.At.UIDValidity}
		for row, err := range ledger.Messages(ctx, f.ID) {
			if err != nil {
				return nil, err
			}
			if uid := mailhaul.UIDAt(row.Place); uid != 0 && row.FirstRun == run {
				m.list = append(m.list, checkpoint.Rebinding{OldUIDValidity: row.UIDValidity, OldUID: row.UID, UID: uid})
			}
		}
		if len(m.list) > 0 {
			moved[f.Name] = m
		}
	}
	return moved, nil
}

// movedFolder are the messages of one folder that have new UIDs.
type movedFolder struct {
	uidValidity uint32 // of the folder in the account
	list        []checkpoint.Rebinding
}

// rebind writes the new UIDs into the archive's ledger. A folder that has another
// UIDVALIDITY now, or was gone, is left to the next backup, which recognises its
// messages.
func (o haulOptions) rebind(ctx context.Context, env Env, moved map[string]movedFolder) (err error) {
	a, err := archive.Open(ctx, o.from.path, archive.Options{Account: o.to.endpoint.Account(), Now: env.Now})
	if err != nil {
		return err
	}
	defer closing(&err, "archive", func() error { return a.Close() })
	ledger := a.Ledger()
	folders, err := ledger.Folders(ctx)
	if err != nil {
		return err
	}
	run, err := ledger.BeginRun(ctx, o.command, env.Now())
	if err != nil {
		return err
	}
	then, err := o.namesThen(ctx, ledger)
	if err != nil {
		return err
	}
	for _, f := range folders {
		m, there := moved[f.Name]
		if !there || f.GoneRun != 0 || f.UIDValidity != m.uidValidity || then != nil && then[f.Name] != f.ID {
			continue
		}
		list, err := o.newUIDs(ctx, ledger, &f, m.list)
		if err != nil {
			return err
		}
		if err := ledger.Rebind(ctx, run, &f.Folder, list); err != nil {
			return err
		}
	}
	return ledger.EndRun(ctx, run, "done", checkpoint.Counts{}, env.Now())
}
