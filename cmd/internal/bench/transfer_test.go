package bench_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// transfer is mail that goes into other accounts: where it is, in all the forms
// that programs take it from.
type transfer struct {
	from    account
	targets *targets
	// Directories: of the floor's files, of archives in both formats, of mbsync's
	// Maildirs.
	files, archiveFiles, archiveMbox, mbsyncMaildirs string
	// digests are those of the messages.
	digests digests
}

// newTransfer fetches an account in those forms, into a directory; all is true
// when archives are needed, too. What others have fetched is checked.
func newTransfer(ctx context.Context, tb testing.TB, server *imaptest.Server, a account, dir string, all bool) transfer {
	tb.Helper()
	fetch := func(e entry, name string) string {
		dir := filepath.Join(dir, name)
		_, stdout, err := e.run(ctx, dir, false)
		if err == nil {
			err = e.check(dir, stdout)
		}
		if err != nil {
			tb.Fatalf("%s: %v", e.name, err)
		}
		return dir
	}
	t := transfer{from: a, targets: newTargets(tb, server, a.addr)}
	t.files = filepath.Join(fetch(a.entryFloor("files", 1, false), "floor"), "mail")
	var err error
	if t.digests, err = digestsOf(t.files, "files"); err != nil {
		tb.Fatal(err)
	}
	if !all {
		return t
	}
	t.archiveFiles = filepath.Join(fetch(a.entryMailhaul("files"), "maildir"), "archive")
	t.archiveMbox = filepath.Join(fetch(a.entryMailhaul("mbox"), "mbox"), "archive")
	if installed("mbsync") {
		t.mbsyncMaildirs = filepath.Join(fetch(a.entryMbsync(false), "mbsync"), "mail")
	}
	return t
}

// over returns the transfer with accounts that are reached by another address.
func (t transfer) over(addr string) transfer {
	t.from = t.from.over(addr)
	t.targets = newTargets(t.targets.tb, t.targets.server, addr)
	return t
}

// entryAppend is the floor that puts files into an account.
func (t transfer) entryAppend() entry {
	return entry{
		name: "floor, append, 1 connection", kind: floor, format: "account", part: "append", check: t.arrived,
		command: func(dir string) (commandLine, error) {
			to := t.targets.of(dir)
			return commandLine{[]string{program("floor"), "-append", to.addr, to.user, t.files}, to.environment()}, nil
		},
	}
}

// entryFetch is the floor that reads an account and keeps nothing.
func (t transfer) entryFetch(connections int) entry {
	e := t.from.entryFloor("none", connections, false)
	e.name = strings.Replace(e.name, "none, not synced", "fetch", 1)
	e.format, e.part = "account", "fetch"
	return e
}

// entryLook is the floor of a run without changes.
func (t transfer) entryLook() entry {
	e := t.from.entryLook()
	e.format = "account"
	return e
}

// entryRestore is mailhaul with an archive in a format.
func (t transfer) entryRestore(format string) entry {
	archive := map[string]string{"files": t.archiveFiles, "mbox": t.archiveMbox}[format]
	word := map[string]string{"files": "maildir", "mbox": "mbox"}[format]
	return t.mailhaul("mailhaul, restore from "+word, "restore", archive)
}

// entryMigrate is mailhaul between two accounts.
func (t transfer) entryMigrate() entry {
	return t.mailhaul("mailhaul, migrate", "migrate", t.from.url())
}

// mailhaul is a command of mailhaul that puts mail into an account.
func (t transfer) mailhaul(name, command, source string) entry {
	return entry{
		name: name, kind: mailhaul, format: "account", memory: 64 << 20, check: t.arrived,
		command: func(dir string) (commandLine, error) {
			to := t.targets.of(dir)
			return commandLine{
				args: []string{program("mailhaul"), command, "--quiet", source, to.url()},
				env: []string{
					"MAILHAUL_SOURCE_PASSWORD=" + t.from.password, "MAILHAUL_TARGET_PASSWORD=" + to.password,
					"XDG_STATE_HOME=" + filepath.Join(dir, "state"),
				},
			}, nil
		},
	}
}

// arrived tells whether all that was to come is in the account of a run, octet
// by octet, and nothing else. It does not ask the program that put it there.
func (t transfer) arrived(dir, _ string) error {
	got, err := t.read(dir)
	if err == nil && !maps.Equal(got, t.digests) {
		err = fmt.Errorf("%d messages arrived, want %d, or other ones", got.messages(), t.digests.messages())
	}
	return err
}

// counted is the same for a program that alters messages: it counts them.
func (t transfer) counted(dir, _ string) error {
	got, err := t.read(dir)
	if err == nil && got.messages() != t.digests.messages() {
		err = fmt.Errorf("%d messages arrived, want %d", got.messages(), t.digests.messages())
	}
	return err
}

// read fetches what a run has put into its account.
func (t transfer) read(dir string) (digests, error) {
	to := t.targets.of(dir).over(t.targets.server.Addr)
	mail := filepath.Join(dir, "arrived")
	cmd := exec.Command(program("floor"), to.addr, to.user, mail)
	cmd.Env = append(append(os.Environ(), "MAILHAUL_CONFIG="+os.DevNull), to.environment()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("fetch what arrived: %w\n%s", err, out)
	}
	got, err := digestsOf(mail, "files")
	if err != nil {
		return nil, err
	}
	return got, os.RemoveAll(mail)
}
