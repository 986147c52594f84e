package bench_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// entry is a program that takes part in a contest.
type entry struct {
	name   string // "mailhaul, Maildir"
	kind   kind
	format string // "files" or "mbox": entries of one format are compared
	env    string
	// command makes ready, in a directory that the runs of the entry may use as
	// they like, and returns the command line.
	command func(dir string) ([]string, error)
	// check tells whether a run did what it was to do, by its directory and its
	// standard output.
	check func(dir, stdout string) error

	// What mailhaul's figures are held against; zero for nothing.
	ratio  float64       // to the floor, at most
	wall   time.Duration // less than
	memory int64         // octets, less than
}

type kind int

const (
	floor kind = iota
	mailhaul
	peer
)

// entryFloor is the floor with so many connections.
func (a account) entryFloor(format string, connections int, durable bool) entry {
	args := []string{program("floor"), "-connections", strconv.Itoa(connections), "-format", format}
	durability := "not synced"
	if durable {
		args = append(args, "-sync")
		durability = map[string]string{"files": "synced in groups", "mbox": "one sync"}[format]
	}
	plural := map[bool]string{true: "s"}[connections > 1]
	return entry{
		name: fmt.Sprintf("floor, %s, %s, %d connection%s", format, durability, connections, plural),
		kind: floor, format: format, env: "MAILHAUL_PASSWORD=" + a.password,
		command: func(dir string) ([]string, error) {
			return append(args, a.addr, a.user, filepath.Join(dir, "mail")), nil
		},
		check: func(_, stdout string) error {
			return a.sameAs(strings.Fields(stdout))
		},
	}
}

// entryLook is the floor of a run without changes.
func (a account) entryLook() entry {
	return entry{
		name: "floor, states of folders only", kind: floor, format: "files", env: "MAILHAUL_PASSWORD=" + a.password,
		command: func(dir string) ([]string, error) {
			return []string{program("floor"), "-look", a.addr, a.user, dir}, nil
		},
		check: func(string, string) error { return nil },
	}
}

// entryMailhaul is mailhaul with a format: files are Maildirs.
func (a account) entryMailhaul(format string) entry {
	word := map[string]string{"files": "maildir", "mbox": "mbox"}[format]
	source := fmt.Sprintf("imap://%s@%s?tls=off&auth=PLAIN", url.PathEscape(a.user), a.addr)
	return entry{
		name: "mailhaul, " + word, kind: mailhaul, format: format, env: "MAILHAUL_PASSWORD=" + a.password,
		memory: 64 << 20,
		command: func(dir string) ([]string, error) {
			return []string{program("mailhaul"), "backup", "--quiet", "--format", word, source, filepath.Join(dir, "archive")}, nil
		},
		check: func(dir, _ string) error { return a.archived(filepath.Join(dir, "archive")) },
	}
}

// entryMbsync is mbsync, made as fast as it gets on a fast line: without
// compression, and without fsync where the others do not sync either.
func (a account) entryMbsync(durable bool) entry {
	sync := map[bool]string{true: "yes", false: "no"}[durable]
	return entry{
		name: "mbsync, Maildir, FSync " + sync, kind: peer, format: "files",
		command: func(dir string) ([]string, error) {
			conf, err := a.mbsyncConf(dir, sync)
			return []string{"mbsync", "-q", "-c", conf, "all"}, err
		},
		check: func(dir, _ string) error {
			messages, err := countMaildirs(filepath.Join(dir, "mail"))
			if err == nil && messages != a.messages {
				err = fmt.Errorf("%d messages in Maildirs, want %d", messages, a.messages)
			}
			return err
		},
	}
}

func (a account) mbsyncConf(dir, fsync string) (string, error) {
	host, port, err := net.SplitHostPort(a.addr)
	if err != nil {
		return "", err
	}
	mail := filepath.Join(dir, "mail")
	if err := os.MkdirAll(mail, 0o700); err != nil {
		return "", err
	}
	conf := filepath.Join(dir, "mbsyncrc")
	return conf, os.WriteFile(conf, fmt.Appendf(nil, `FSync %s

IMAPStore far
Host %s
Port %s
User %s
Pass %s
SSLType None
AuthMechs PLAIN
DisableExtension COMPRESS=DEFLATE
Timeout 120

MaildirStore near
SubFolders Verbatim
Path %[6]s/
Inbox %[6]s/INBOX

Channel all
Far :far:
Near :near:
Patterns *
Create Near
Expunge None
CopyArrivalDate yes
Sync Pull
SyncState *
`, fsync, host, port, a.user, a.password, mail), 0o600)
}

// sameAs compares what the floor says that it fetched.
func (a account) sameAs(said []string) error {
	want := []string{strconv.Itoa(a.messages), strconv.FormatInt(a.octets, 10)}
	if strings.Join(said, " ") != strings.Join(want, " ") {
		return fmt.Errorf("fetched messages and octets %v, want %v", said, want)
	}
	return nil
}

// archived tells whether an archive is sound and holds the account.
func (a account) archived(archive string) error {
	if out, err := exec.Command(program("mailhaul"), "verify", "--quiet", archive).CombinedOutput(); err != nil {
		return fmt.Errorf("verify archive: %w\n%s", err, out)
	}
	out, err := exec.Command(program("mailhaul"), "ls", "--json", archive).Output()
	if err != nil {
		return fmt.Errorf("list archive: %w", err)
	}
	var messages, octets int64
	for line := range strings.Lines(string(out)) {
		var folder struct{ Messages, Octets int64 }
		if err := json.Unmarshal([]byte(line), &folder); err != nil {
			return fmt.Errorf("read list of archive: %w", err)
		}
		messages += folder.Messages
		octets += folder.Octets
	}
	return a.sameAs([]string{strconv.FormatInt(messages, 10), strconv.FormatInt(octets, 10)})
}

// countMaildirs counts the messages in all Maildirs below dir.
func countMaildirs(dir string) (int, error) {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if where := filepath.Base(filepath.Dir(path)); err == nil && d.Type().IsRegular() && (where == "cur" || where == "new") {
			n++
		}
		return err
	})
	return n, err
}
