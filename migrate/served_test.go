package migrate_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestServed: Dovecot serves a copy of a Maildir archive, and another client
// finds the same octets, system flags and dates there. (Keywords have no place
// in a Maildir that all programs agree on; the ledger has them.)
func TestServed(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	imaptest.Seed(t, client, sample.Set{Messages: 150, Octets: 1 << 20})
	w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: archive.Maildir}
	w.must(t)
	copied, err := os.MkdirTemp("", "served")
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(copied) })
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", filepath.Join(w.dir, "mail"), copied+"/mail").CombinedOutput(); err != nil {
		t.Fatalf("copy: %v %s", err, out)
	}
	owner, err := os.Stat(server.Home(user))
	check(t, err)
	id := owner.Sys().(*syscall.Stat_t)
	check(t, filepath.WalkDir(copied, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(id.Uid), int(id.Gid))
	}))
	mail := copied + "/mail"
	second := imaptest.Dovecot(t, imaptest.Setting("mail_location", "maildir:"+mail+":LAYOUT=fs:UTF-8:INBOX="+mail+"/INBOX"))
	other, otherPassword := second.User(t)
	got := contents(t, second.Addr, other, otherPassword)
	want := contents(t, server.Addr, user, password)
	if !slices.Equal(got, want) {
		t.Errorf("%d messages served, %d backed up, or they differ", len(got), len(want))
		for _, s := range want {
			if !slices.Contains(got, s) {
				t.Fatalf("not served: %s", s)
			}
		}
	}
}

// contents lists what another client sees, but for folders, UIDs and keywords.
func contents(t *testing.T, address, user, password string) []string {
	t.Helper()
	var list []string
	w := &world{address: address, user: user, password: password}
	for _, s := range w.seen(t) {
		var system []string
		for _, f := range s.Flags {
			if strings.HasPrefix(f, `\`) {
				system = append(system, f)
			}
		}
		list = append(list, fmt.Sprint(s.SHA256, s.InternalDate, system))
	}
	slices.Sort(list)
	return list
}
