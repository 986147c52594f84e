package export_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/export"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// These tests let servers serve an export as it is. The servers are installed
// by .ci/install-servers.sh; a test without its server fails.

// account is what the served exports hold: folders and in each some messages,
// with UIDs from 3 on.
var account = []struct {
	name       string
	dovecot    string // its name on the wire, where it is not the name itself
	courier    string
	subscribed bool
}{
	{name: "INBOX", courier: "INBOX", subscribed: true},
	{name: "Sent/2020", courier: "INBOX.Sent.2020", subscribed: true},
	{name: "Grüße & \"Köln\"", dovecot: "Gr&APwA3w-e &- \"K&APY-ln\"", courier: "INBOX.Gr&APwA3w-e &- \"K&APY-ln\""},
	{name: "日本語", dovecot: "&ZeVnLIqe-", courier: "INBOX.&ZeVnLIqe-", subscribed: true},
	// Without listescape nobody knows what it was.
	{name: "a.b", dovecot: `a\2eb`, courier: `INBOX.a\2eb`},
	{name: "INBOX/sub", courier: "INBOX.INBOX.sub"},
	{name: "work"},
	{name: "Work", dovecot: "Work~2", courier: "INBOX.Work~2"},
}

var served = []struct {
	flags mailhaul.Flags
	text  string
}{
	{"", header + "unseen\r\n"},
	{`\Seen`, header + "seen\r\n"},
	{`\Answered \Draft \Flagged \Seen`, header + "8 bit: \xc3\xbc \xff\r\n\r\n\r\n"},
	{`\Deleted`, header + strings.Repeat("many lines\r\n", 60_000)},
	{`$Forwarded \Seen work`, header + "keywords\r\n"},
	{`$Junk`, "Subject: x\r\n\r\n"},
}

// exported makes an export of the account in a directory of its own.
func exported(t *testing.T, format export.Format) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "served")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &world{t: t, format: format, dir: dir}
	if w.e, err = export.Open(format, dir, export.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, a := range account {
		f := &mailhaul.Folder{Name: a.name, Delimiter: "/", UIDValidity: 1699999999, UIDNext: 100, Subscribed: a.subscribed}
		w.prepare(f)
		for i, m := range served {
			w.store(f, mailhaul.UID(i+3), m.flags, m.text)
		}
	}
	w.end()
	giveAway(t, dir)
	return dir
}

// giveAway makes the servers' user the owner of a tree.
func giveAway(t *testing.T, dir string) {
	t.Helper()
	owner, err := user.Lookup("mail")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.Atoi(owner.Uid)
	gid, err2 := strconv.Atoi(owner.Gid)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wanted lists the messages that a server is to have in a folder.
func wanted(folder string, keywords bool, uids ...uint32) []string {
	var out []string
	for i, m := range served {
		flags := m.flags.List()
		if !keywords {
			flags = slices.DeleteFunc(flags, func(f string) bool { return f[0] != '\\' })
		}
		uid := uint32(0)
		if len(uids) > 0 {
			uid = uids[0] + uint32(i)
		}
		out = append(out, line(folder, uid, flags, date.UTC().Format("02-Jan-2006 15:04:05 -0700"), fmt.Sprintf("%x", sha256.Sum256([]byte(m.text)))))
	}
	return out
}

func line(folder string, uid uint32, flags []string, date, digest string) string {
	return fmt.Sprintf("%s %d %v %s %.16s", folder, uid, flags, date, digest)
}

// seen lists the messages that a server has.
func seen(t *testing.T, s *imaptest.Server, user, password string, uids bool) []string {
	t.Helper()
	var out []string
	for _, m := range imaptest.Reference(t, s.Addr, user, password) {
		uid := uint32(0)
		if uids {
			uid = m.UID
		}
		out = append(out, line(m.Folder, uid, m.Flags, m.InternalDate, m.SHA256))
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%d messages are served, want %d, or they differ", len(got), len(want))
	for i, x := range want {
		if !slices.Contains(got, x) {
			t.Fatalf("not served: %s; served: %s", x, got[min(i, len(got)-1)])
		}
	}
}

// subscriptions lists what a client sees as subscribed.
func subscriptions(t *testing.T, s *imaptest.Server, user, password string) []string {
	t.Helper()
	c := imaptest.Dial(t, s, user, password)
	lines, err := c.Command(`LSUB "" *`)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		if words := strings.Fields(l); len(words) > 2 && words[1] == "LSUB" && !strings.Contains(l, `\Noselect`) {
			out = append(out, strings.Trim(words[len(words)-1], `"`))
		}
	}
	slices.Sort(out)
	return out
}

func TestDovecotServesMaildir(t *testing.T) {
	dir := exported(t, export.Maildir)
	server := imaptest.Dovecot(t, imaptest.Setting("mail_location", "maildir:"+dir))
	user, password := server.User(t)
	var want, subscribed []string
	for _, a := range account {
		name := a.dovecot
		if name == "" {
			name = a.name
		}
		want = append(want, wanted(name, true)...)
		if a.subscribed {
			subscribed = append(subscribed, name)
		}
	}
	same(t, seen(t, server, user, password, false), want)
	slices.Sort(subscribed)
	if got := subscriptions(t, server, user, password); !slices.Equal(got, subscribed) {
		t.Errorf("subscribed: %q, want %q", got, subscribed)
	}
}

func TestCourierServesMaildir(t *testing.T) {
	dir := exported(t, export.Maildir)
	server := imaptest.Courier(t)
	user, password := server.User(t)
	home := filepath.Join(server.Home(user), "Maildir")
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", `rm -r "$2" && cp -a "$1" "$2"`, "sh", dir, home).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v %s", err, out)
	}
	// Courier 5 wants names in UTF-8, and brings what makes them of the others.
	if out, err := exec.CommandContext(t.Context(), "maildirmake", "--convutf8", home, home+"/.mailfilter").CombinedOutput(); err != nil {
		t.Fatalf("maildirmake: %v %s", err, out)
	}
	giveAway(t, home)
	var want, subscribed []string
	for _, a := range account {
		name := a.courier
		if name == "" {
			name = "INBOX." + a.name
		}
		want = append(want, wanted(name, false)...)
		if a.subscribed {
			subscribed = append(subscribed, name)
		}
	}
	same(t, seen(t, server, user, password, false), want)
	slices.Sort(subscribed)
	if got := subscriptions(t, server, user, password); !slices.Equal(got, subscribed) {
		t.Errorf("subscribed: %q, want %q", got, subscribed)
	}
}

// TestDovecotServesMbox: Dovecot takes flags, keywords and even UIDs from the
// fields that were added, and does not show them as a part of the message.
func TestDovecotServesMbox(t *testing.T) {
	dir := exported(t, export.Mbox)
	server := imaptest.Dovecot(t, imaptest.Setting("mail_location", "mbox:"+dir+":UTF-8:INBOX="+dir+"/INBOX.mbox"))
	user, password := server.User(t)
	got := slices.DeleteFunc(seen(t, server, user, password, true), func(s string) bool {
		return !strings.HasPrefix(s, "INBOX ") && !strings.HasPrefix(s, "Sent/2020.mbox ")
	})
	same(t, got, append(wanted("INBOX", true, 3), wanted("Sent/2020.mbox", true, 3)...))
	c := imaptest.Dial(t, server, user, password)
	lines, err := c.Command(`STATUS INBOX (UIDVALIDITY UIDNEXT)`)
	if err != nil || !strings.Contains(strings.Join(lines, ""), "UIDNEXT 100 UIDVALIDITY 1699999999") && !strings.Contains(strings.Join(lines, ""), "UIDVALIDITY 1699999999 UIDNEXT 100") {
		t.Errorf("STATUS: %q, %v", lines, err)
	}
}
