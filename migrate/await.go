package migrate

import (
	"context"
	"slices"
	"time"

	"github.com/mailhaul/mailhaul"
)

// usualQuiet is Options.Quiet where it is not set. A server stores the messages
// of a command, or one after the other, in less; one that is busy, and takes long to
// tell what is there, in less than so many times that.
const (
	usualQuiet = 2 * time.Second
	busyQuiet  = 10
)

// await gives the account time to store what it was sent before a connection, or
// a run, came to its end: a server works on for a while then, and what arrives
// after it was looked for would be there twice. It looks again until all that was
// announced is there, or nothing more has come for a while.
func (b *haul) await(ctx context.Context) error {
	var looks []*look
	for _, l := range b.listed {
		if at := l.folder.At; l.folder.ID != 0 && at != nil && at.UIDValidity != 0 && len(b.account.intents[l.folder.ID]) > 0 {
			looks = append(looks, l)
		}
	}
	if len(looks) == 0 {
		return nil
	}
	quiet := b.o.Quiet
	if quiet == 0 {
		quiet = usualQuiet
	}
	var before []string
	for {
		begin := time.Now()
		inventories, err := b.takeInventories(ctx, looks)
		if err != nil {
			return err
		}
		err = b.see(ctx, inventories, b.lowest)
		if err != nil || b.arrived(inventories) {
			return err
		}
		var now []string
		for _, inv := range inventories {
			now = append(now, inv.live.String())
		}
		if slices.Equal(now, before) {
			return nil
		}
		before = now
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(quiet, busyQuiet*time.Since(begin))):
		}
	}
}

// arrived tells whether there are as many messages of each header as were
// announced under it, and as have a row without a UID.
func (b *haul) arrived(inventories []*inventory) bool {
	type header struct {
		*site
		print mailhaul.Fingerprint
	}
	there := map[header]int{}
	counted := map[*site]bool{}
	for _, inv := range inventories {
		if !counted[inv.site] {
			counted[inv.site] = true
			for _, s := range inv.sights {
				there[header{inv.site, s.Fingerprint}]++
			}
		}
		for _, c := range inv.unplaced {
			there[header{inv.site, c.Fingerprint}]--
		}
		for _, i := range b.account.intents[inv.look.folder.ID] {
			there[header{inv.site, i.Fingerprint}]--
		}
	}
	for _, n := range there {
		if n < 0 {
			return false
		}
	}
	return true
}
