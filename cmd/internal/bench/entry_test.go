package bench_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is a program that takes part in a contest.
type entry struct {
	name   string // "mailhaul, Maildir"
	kind   kind
	format string // "files", "mbox", "account": entries of one format are compared
	// part names what a floor does of the work; where several floors have each a
	// part, the slowest of them in a round is what others are held against.
	part string
	// command makes ready, in a directory that the runs of the entry may use as
	// they like, and returns what to run.
	command func(dir string) (commandLine, error)
	// check tells whether a run did what it was to do, by its directory and its
	// standard output.
	check func(dir, stdout string) error

	// What mailhaul's figures are held against; zero for nothing.
	ratio  float64       // to the floor, at most
	wall   time.Duration // less than
	memory int64         // octets, less than
}

// commandLine is what is run, and what is added to the environment.
type commandLine struct {
	args, env []string
}

type kind int

const (
	floor kind = iota
	mailhaul
	mbsync
	interimap
)

// environment is the environment that gives a password to the floor and mailhaul.
func (a account) environment() []string { return []string{"MAILHAUL_PASSWORD=" + a.password} }

// url is the account as mailhaul is given it.
func (a account) url() string {
	return fmt.Sprintf("imap://%s@%s?tls=off&auth=PLAIN", url.PathEscape(a.user), a.addr)
}

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
		kind: floor, format: format,
		command: func(dir string) (commandLine, error) {
			return commandLine{slices.Concat(args, []string{a.addr, a.user, filepath.Join(dir, "mail")}), a.environment()}, nil
		},
		check: func(_, stdout string) error {
			return a.sameAs(strings.Fields(stdout))
		},
	}
}

// entryLook is the floor of a run without changes.
func (a account) entryLook() entry {
	return entry{
		name: "floor, states of folders only", kind: floor, format: "files",
		command: func(dir string) (commandLine, error) {
			return commandLine{[]string{program("floor"), "-look", a.addr, a.user, dir}, a.environment()}, nil
		},
		check: func(string, string) error { return nil },
	}
}

// entryMailhaul is mailhaul with a format: files are Maildirs.
func (a account) entryMailhaul(format string) entry {
	word := map[string]string{"files": "maildir", "mbox": "mbox"}[format]
	return entry{
		name: "mailhaul, " + word, kind: mailhaul, format: format, memory: 64 << 20,
		command: func(dir string) (commandLine, error) {
			return commandLine{[]string{program("mailhaul"), "backup", "--quiet", "--format", word, a.url(), filepath.Join(dir, "archive")}, a.environment()}, nil
		},
		check: func(dir, _ string) error { return a.archived(filepath.Join(dir, "archive")) },
	}
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
