package bench_test

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// installed tells whether a program is there.
func installed(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// entryMbsync is mbsync, made as fast as it gets on a fast line: without
// compression, and without fsync where the others do not sync either.
func (a account) entryMbsync(durable bool) entry {
	sync := map[bool]string{true: "yes", false: "no"}[durable]
	return entry{
		name: "mbsync, Maildir, FSync " + sync, kind: mbsync, format: "files",
		command: func(dir string) (commandLine, error) {
			mail := filepath.Join(dir, "mail")
			if err := os.MkdirAll(mail, 0o700); err != nil {
				return commandLine{}, err
			}
			return mbsyncRun(dir, sync, a.mbsyncStore("far"), mbsyncMaildirs("near", mail), "Near", "Pull")
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

// entryMbsyncPush is mbsync that puts the Maildirs of an earlier run into an
// account. It adds a header field to each message (X-TUID).
func (t transfer) entryMbsyncPush() entry {
	return entry{
		name: "mbsync, from Maildirs, FSync no", kind: mbsync, format: "account", check: t.counted,
		command: func(dir string) (commandLine, error) {
			return mbsyncRun(dir, "no", t.targets.of(dir).mbsyncStore("far"), mbsyncMaildirs("near", t.mbsyncMaildirs), "Far", "Push")
		},
	}
}

// entryMbsyncPair is mbsync between two accounts. It adds a header field as well.
func (t transfer) entryMbsyncPair() entry {
	return entry{
		name: "mbsync, FSync no", kind: mbsync, format: "account", check: t.counted,
		command: func(dir string) (commandLine, error) {
			return mbsyncRun(dir, "no", t.from.mbsyncStore("far"), t.targets.of(dir).mbsyncStore("near"), "Near", "Pull")
		},
	}
}

// mbsyncRun writes the configuration for what is in all folders of one of the
// stores far and near to go to the other one, where folders are made.
func mbsyncRun(dir, fsync, far, near, create, sync string) (commandLine, error) {
	state := filepath.Join(dir, "state")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return commandLine{}, err
	}
	conf := filepath.Join(dir, "mbsyncrc")
	return commandLine{args: []string{"mbsync", "-q", "-c", conf, "all"}}, os.WriteFile(conf, fmt.Appendf(nil, `FSync %s

%s
%s
Channel all
Far :far:
Near :near:
Patterns *
Create %s
Expunge None
CopyArrivalDate yes
Sync %s
SyncState %s/
`, fsync, far, near, create, sync, state), 0o600)
}

// mbsyncStore is the account in mbsync's configuration.
func (a account) mbsyncStore(name string) string {
	host, port := a.hostPort()
	return fmt.Sprintf(`IMAPStore %s
Host %s
Port %s
User %s
Pass %s
SSLType None
AuthMechs PLAIN
DisableExtension COMPRESS=DEFLATE
Timeout 120
`, name, host, port, a.user, a.password)
}

// hostPort splits the account's address.
func (a account) hostPort() (host, port string) {
	host, port, err := net.SplitHostPort(a.addr)
	if err != nil {
		panic(err) // the address is that of a listener
	}
	return host, port
}

// mbsyncMaildirs is a tree of Maildirs in mbsync's configuration.
func mbsyncMaildirs(name, dir string) string {
	return fmt.Sprintf(`MaildirStore %s
SubFolders Verbatim
Path %[2]s/
Inbox %[2]s/INBOX
`, name, dir)
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

// entryInterimap is interimap, which keeps two accounts alike: with an empty one
// it does what the others do.
func (t transfer) entryInterimap() entry {
	return entry{
		name: "interimap", kind: interimap, format: "account", check: t.arrived,
		command: func(dir string) (commandLine, error) {
			var conf strings.Builder
			fmt.Fprintf(&conf, "database = %s\n", filepath.Join(dir, "interimap.db"))
			for name, a := range map[string]account{"local": t.targets.of(dir), "remote": t.from} {
				host, port := a.hostPort()
				fmt.Fprintf(&conf, "\n[%s]\ntype = imap\nhost = %s\nport = %s\nusername = %s\npassword = %s\nSTARTTLS = NO\ncompress = NO\n",
					name, host, port, a.user, a.password)
			}
			file := filepath.Join(dir, "interimap.conf")
			return commandLine{
				args: []string{"interimap", "--quiet", "--config=" + file},
				env:  []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir},
			}, os.WriteFile(file, []byte(conf.String()), 0o600)
		},
	}
}
