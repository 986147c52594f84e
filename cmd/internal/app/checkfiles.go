package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// checkArchive tells what an archive is like.
func checkArchive(ctx context.Context, _ Env, u *ui.UI, o checkOptions) error {
	return readArchive(ctx, o.end.path, func(a *archive.Archive) error {
		t := &teller{u: u}
		if err := tellArchive(ctx, t, a); err != nil {
			return err
		}
		t.end()
		folders, err := a.Source(archive.SourceOptions{}).Folders(ctx)
		if err != nil {
			return err
		}
		tellFolders(u, folders)
		t.begin("Next")
		t.tell("bring it up to date", "mailhaul backup SOURCE "+o.end.path)
		t.tell("prove it sound", "mailhaul verify "+o.end.path)
		t.tell("put mail back", "mailhaul restore "+o.end.path+" TARGET")
		t.end()
		return nil
	})
}

func tellArchive(ctx context.Context, t *teller, a *archive.Archive) error {
	id, err := a.Ledger().Identity(ctx)
	if err != nil {
		return err
	}
	messages, octets, gone, failures, err := sums(ctx, a)
	if err != nil {
		return err
	}
	t.begin("Archive")
	t.tell("format", id.Format)
	if id.Account != "" {
		t.tell("mail of", id.Account)
	}
	t.tell("holds", fmt.Sprintf("%s, %s; %d more are gone from the server and kept", ui.Count(messages, "message"), ui.Octets(octets), gone))
	if failures > 0 {
		t.tell("not fetched", ui.Count(failures, "message")+" failed; the next run tries again")
	}
	if err := tellLastRun(ctx, t, a); err != nil {
		return err
	}
	busy, cutOff, err := a.Busy()
	if err != nil {
		return err
	}
	switch {
	case busy:
		t.tell("lock", "a run writes the archive now")
	case cutOff:
		t.tell("lock", "free; the last run did not end in order, the next one brings that right")
	default:
		t.tell("lock", "free")
	}
	free, err := a.Free()
	if err != nil {
		return err
	}
	if free >= 0 {
		t.tell("room", ui.Octets(free)+" free on the disk")
	}
	return nil
}

// sums adds up what an archive holds.
func sums(ctx context.Context, a *archive.Archive) (live, octets, gone, failures int64, err error) {
	folders, err := a.Ledger().Folders(ctx)
	for _, f := range folders {
		live += f.Live
		octets += f.LiveOctets
		gone += f.Gone
		failures += f.Failures
	}
	return live, octets, gone, failures, err
}

func tellLastRun(ctx context.Context, t *teller, a *archive.Archive) error {
	runs, err := a.Ledger().Runs(ctx)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		t.tell("runs", "none")
		return nil
	}
	last := runs[len(runs)-1]
	outcome := last.Outcome
	if outcome == "" {
		outcome = "did not come to its end"
	}
	t.tell("runs", fmt.Sprintf("%d; the last one: %s, %s, %s", len(runs), last.Command, last.Start.Format(time.DateTime), outcome))
	return nil
}

// checkFiles tells what mail files of other programs hold. A path where nothing
// is yet may become an archive.
func checkFiles(ctx context.Context, env Env, u *ui.UI, o checkOptions) error {
	path := config.ExpandHome(o.end.path, env.Getenv("HOME"))
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return config.Usagef("ENDPOINT: there is nothing at %s; 'mailhaul backup SOURCE %s' would make an archive there", o.end.path, o.end.path)
	}
	source, closeSource, err := o.end.open(ctx, env, u)
	if err != nil {
		return err
	}
	err = tellFiles(ctx, u, source, o.end.text)
	if closeErr := closeSource(); err == nil {
		err = closeErr
	}
	return err
}

// tellFiles reads all of the files: they have no index that would tell what is
// in them.
func tellFiles(ctx context.Context, u *ui.UI, source mailhaul.Source, name string) error {
	folders, err := source.Folders(ctx)
	if err != nil {
		return err
	}
	requests := make([]mailhaul.ListRequest, len(folders))
	for i, f := range folders {
		requests[i].Folder = f
	}
	var read []*mailhaul.Folder
	failed := false
	err = source.List(ctx, requests, func(l mailhaul.Listing) error {
		if l.Err != nil {
			failed = true
			u.Warn(l.Err.Error())
			return nil
		}
		read = append(read, l.Folder)
		return nil
	})
	if err != nil {
		return err
	}
	tellFolders(u, read)
	messages, octets := total(read)
	t := &teller{u: u}
	t.begin("Mail files")
	text := ui.Count(messages, "message") + " in " + ui.Count(int64(len(read)), "folder")
	if octets >= 0 {
		text += ", " + ui.Octets(octets)
	}
	t.tell("hold", text)
	t.tell("next", "mailhaul import "+name+" TARGET")
	t.end()
	if failed {
		return errPartial
	}
	return nil
}
