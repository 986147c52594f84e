package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// prunedThenObject is a line of JSON: messages that were there then, and have been
// pruned since.
type prunedThenObject struct {
	Event       string           `json:"event"`
	Folder      string           `json:"folder"`
	UIDValidity uint32           `json:"uidvalidity"`
	UIDs        string           `json:"uids"`
	Messages    uint64           `json:"messages"`
	Octets      int64            `json:"octets"`
	Run         checkpoint.RunID `json:"run"` // that pruned them
}

// longestSet is how many characters of a set of UIDs people are shown.
const longestSet = 200

// warnPruned names what was there at the end of a run, in the folders that match,
// and has been pruned since: nobody can have it back from the archive.
func warnPruned(ctx context.Context, u *ui.UI, l *checkpoint.Ledger, run checkpoint.RunID, match func(*mailhaul.Folder) bool) error {
	then := l.AsOf(run)
	parts, err := then.Pruned(ctx)
	if err != nil || len(parts) == 0 {
		return err
	}
	folders, err := then.Folders(ctx)
	if err != nil {
		return err
	}
	byID := make(map[int64]*mailhaul.Folder, len(folders))
	for i := range folders {
		byID[folders[i].ID] = &folders[i].Folder
	}
	for _, p := range parts {
		f := byID[p.FolderID]
		if f == nil || !match(f) {
			continue
		}
		uids := p.UIDs.String()
		if u.JSON() {
			u.Object(prunedThenObject{"pruned", ui.Text(f.Name), p.UIDValidity, uids, p.UIDs.Len(), p.Octets, p.Run})
			continue
		}
		if len(uids) > longestSet {
			uids = uids[:longestSet] + "..."
		}
		u.Warn(fmt.Sprintf("folder %q: %s of then (%s) pruned since, by run %d: UID %s",
			f.Name, ui.Count(int64(p.UIDs.Len()), "message"), ui.Octets(p.Octets), p.Run, uids))
	}
	return nil
}

// warnPrunedSince says how much of what was deleted since a run has been pruned.
func warnPrunedSince(ctx context.Context, u *ui.UI, l *checkpoint.Ledger, since checkpoint.RunID) error {
	messages, octets, err := l.PrunedSince(ctx, since)
	if err == nil && messages > 0 {
		u.Warn(fmt.Sprintf("%s (%s) that had gone from a folder since then pruned", ui.Count(messages, "message"), ui.Octets(octets)))
	}
	return err
}

// noMessage says that a folder has no message of a UID, and why if it is known.
func noMessage(ctx context.Context, l *checkpoint.Ledger, f checkpoint.Folder, uid mailhaul.UID) error {
	p, err := l.Pruned(ctx, f.ID, uid)
	if errors.Is(err, fs.ErrNotExist) {
		return config.Usagef("UID: folder %q has no message %d", f.Name, uid)
	}
	if err != nil {
		return err
	}
	return config.Usagef("UID: message %d of folder %q was gone from the server in run %d, and pruned by run %d", uid, f.Name, p.GoneRun, p.Run)
}
