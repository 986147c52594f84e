//go:build linux

package crashtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// diskFault is an error that the disk gives.
type diskFault struct {
	name, calls, errno string
	// path is where, below the archive. It is what the calls that hit it name:
	// for one by a directory's descriptor, the directory.
	path string
	// says is what the message has to tell one of.
	says []string
}

const (
	openCalls   = "open,openat"
	syncCalls   = "fsync,fdatasync"
	renameCalls = "rename,renameat,renameat2"
	mkdirCalls  = "mkdir,mkdirat"
)

// firstMail is the base name of the message with UID 1: it does not change.
const firstMail = "837596665.V7U1Z-0700Hc6122915f4c692df.mailhaul,S=51,W=55"

func diskFaults(format string) []diskFault {
	noSpace := []string{"no space left", "disk is full"}
	faults := []diskFault{
		{"lock full", "pwrite64", "ENOSPC", "lock", noSpace},
		{"lock lost", syncCalls, "EIO", "lock", []string{"lock"}},
		{"ledger cannot be made", openCalls, "EACCES", "mailhaul.db", []string{"mailhaul.db"}},
		{"ledger full", "pwrite64", "ENOSPC", "mailhaul.db-wal", noSpace},
		{"ledger lost", syncCalls, "EIO", "mailhaul.db-wal", []string{"ledger"}},
		{"ledger's descriptors", openCalls, "EMFILE", "mailhaul.db-wal", []string{"ledger"}},
	}
	if format == "mbox" {
		return append(faults,
			diskFault{"folder cannot be made", openCalls, "ENOSPC", "mail", noSpace},
			diskFault{"mail full", "pwrite64", "ENOSPC", "mail/INBOX.mbox", noSpace},
			diskFault{"mail lost", syncCalls, "EIO", "mail/INBOX.mbox", []string{"mail/INBOX.mbox"}},
			diskFault{"directory lost", syncCalls, "EIO", "mail", []string{"mail"}},
		)
	}
	return append(faults,
		diskFault{"folder cannot be made", mkdirCalls, "ENOSPC", "mail", noSpace},
		diskFault{"mail full", "write", "ENOSPC", "mail/INBOX/tmp/" + firstMail, noSpace},
		diskFault{"mail cannot be made", openCalls, "EMFILE", "mail/INBOX/tmp", []string{"mail/INBOX/tmp"}},
		diskFault{"mail lost", syncCalls, "EIO", "mail/INBOX/tmp/" + firstMail, []string{"mail/INBOX/tmp"}},
		diskFault{"mail cannot be placed", renameCalls, "EIO", "mail/INBOX/tmp", []string{"mail/INBOX"}},
		diskFault{"directory lost", syncCalls, "EIO", "mail/INBOX/cur", []string{"mail/INBOX/cur"}},
	)
}

// TestDiskFaults lets the disk give an error once, and from then on: the program
// says so, reports nothing that is not safe, and the next run makes good.
func TestDiskFaults(t *testing.T) {
	for _, format := range formats() {
		a := newAccount(t)
		for _, f := range diskFaults(format) {
			for _, when := range []string{"1", "1+"} {
				t.Run(format+"/"+f.name+" "+when, func(t *testing.T) { f.test(t, a, format, when) })
			}
		}
	}
}

func (f diskFault) test(t *testing.T, a *account, format, when string) {
	dir := filepath.Join(scratch(t), "archive")
	trace := filepath.Join(t.TempDir(), "trace")
	o := execute(t, append([]string{
		"strace", "-f", "-qq", "-o", trace, "-P", filepath.Join(dir, f.path), "-e", "trace=" + f.calls,
		"-e", fmt.Sprintf("inject=%s:error=%s:when=%s", f.calls, f.errno, when),
	}, backupArgs(url(user, a.server.Addr), dir, format)...))
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("(INJECTED)")) {
		t.Fatal("no error was injected")
	}
	if o.code != 1 {
		t.Errorf("exit code %d, want 1\n%s%s", o.code, o.stdout, o.stderr)
	}
	said := false
	for _, s := range f.says {
		said = said || strings.Contains(o.stderr, s)
	}
	if !said {
		t.Errorf("it says none of %q:\n%s", f.says, o.stderr)
	}
	_, err = checkRecorded(t.Context(), dir, a.known(), o.acked)
	err = errors.Join(err, makeGood(t.Context(), dir, a, archive.Format(format)))
	count("error of the disk on one path", "backup", format, err)
	if err != nil {
		t.Error(err)
	}
}
