//go:build linux

package crashtest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// newHomecoming takes a new account, makes an archive of it, and then deletes a
// folder and every second message of the others: the archive is restored into the
// account that it came from, where the rest still is.
func newHomecoming(t *testing.T, format string, p peer) *haul {
	t.Helper()
	server := p.server(t)
	h := &haul{to: newLogin(t, server), state: scratch(t), archive: filepath.Join(scratch(t), "archive"), home: true, log: server.Log}
	h.via = newTap(t, h.to.addr)
	h.via.hideUIDs = p.hideUIDs
	h.mail = func(t *testing.T) mailbag { return readMail(t, h.to) }
	client := imaptest.DialAddr(t, h.to.addr, h.to.user, h.to.password)
	defer client.Close()
	seeded := imaptest.SeedTwins(t, client, sample.Twins{Messages: homeTwins})
	h.from = &origin{login: h.to, t: t, have: readMail(t, h.to)}
	out := executeWith(t, h.env(), backupArgs(url(h.to.user, h.via.addr), h.archive, format))
	if out.code != 0 {
		t.Fatalf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
	h.from.messages = deleteHalf(t, client, seeded.Folders)
	return h
}

// deleteHalf deletes the last folder, and every second message of the others. It
// returns how many messages went.
func deleteHalf(t *testing.T, c *imaptest.Client, folders []string) (deleted int) {
	t.Helper()
	for i, folder := range folders {
		uids, err := c.UIDs(folder)
		if err != nil {
			t.Fatal(err)
		}
		if i == len(folders)-1 {
			if err := c.DeleteFolder(folder); err != nil {
				t.Fatal(err)
			}
			return deleted + len(uids)
		}
		var half []string
		for j := 0; j < len(uids); j += 2 {
			half = append(half, fmt.Sprint(uids[j]))
		}
		if err := c.Delete(folder, strings.Join(half, ",")); err != nil {
			t.Fatal(err)
		}
		deleted += len(half)
	}
	return deleted
}
