package migrate_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// maxNamed is how many messages a server may refuse or alter in these tests.
const maxNamed = 20

// start starts a server by its name.
func start(t *testing.T, name string) *imaptest.Server {
	t.Helper()
	switch name {
	case "cyrus":
		return imaptest.Cyrus(t)
	case "courier":
		return imaptest.Courier(t)
	}
	return imaptest.Dovecot(t)
}

// TestTransfer: real and difficult mail goes from one real server to another,
// and another client sees the same octets, flags, keywords, dates, folders,
// subscriptions and uses there. What differs is named by the run itself, and is
// little. A second run does nothing.
func TestTransfer(t *testing.T) {
	for _, ends := range []string{"dovecot cyrus", "dovecot courier", "cyrus dovecot", "courier dovecot", "dovecot dovecot"} {
		t.Run(ends, func(t *testing.T) {
			t.Parallel() // servers are mostly waited for
			a, b, _ := strings.Cut(ends, " ")
			p := newPair(t, start(t, a), start(t, b))
			put := furnish(t, p.from, a, mailFor(t, ends))
			p.transferred(t, put, b)
		})
	}
}

// TestRestore: the same from an archive in each format.
func TestRestore(t *testing.T) {
	server := imaptest.Dovecot(t)
	from := newLogin(t, server)
	put := furnish(t, from, "dovecot", mailFor(t, "courier"))
	formats(t, func(t *testing.T, format archive.Format) {
		w := &world{address: from.address, user: from.user, password: from.password, dir: t.TempDir(), format: format}
		w.must(t)
		for _, b := range []string{"dovecot", "cyrus", "courier"} {
			t.Run(b, func(t *testing.T) {
				t.Parallel()
				p := newPair(t, server, start(t, b))
				p.from, p.archive = from, w.dir
				p.options = migrate.Options{Match: true, Again: true}
				p.transferred(t, put, b)
			})
		}
	})
}

// transferred migrates, checks, and migrates again.
func (p *pair) transferred(t *testing.T, put int, target string) {
	t.Helper()
	s, err := p.migrate(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.New+int64(len(s.Failures)) != int64(put) || s.Interrupted {
		t.Errorf("%d messages put, %+v", put, s.Counts)
	}
	if named := p.carried(t, s); named > maxNamed {
		t.Errorf("%d messages refused or altered: %v %v", named, s.Failures, s.Altered)
	}
	p.sameFolders(t, s, target != "courier")
	again, err := p.migrate(t)
	if err != nil || again.New+again.FlagsChanged+again.Matched+again.Missing != 0 || len(again.Failures) != len(s.Failures) {
		t.Errorf("second run: %v, %+v, failures %v", err, again.Counts, again.Failures)
	}
	for _, f := range append(s.Failures, s.Altered...) {
		t.Logf("told: %s %d: %s", f.Folder, f.UID, f.Reason)
	}
	for _, n := range p.notices {
		t.Log("notice:", n)
	}
}

// mailFor are the difficult messages, and of the corpus all, or some where a
// server takes long for each.
func mailFor(t *testing.T, servers string) [][]byte {
	t.Helper()
	var out [][]byte
	for _, body := range sample.Difficult() {
		out = append(out, body)
	}
	step := 1
	switch {
	case strings.Contains(servers, "courier"):
		step = 50
	case strings.Contains(servers, "cyrus"):
		step = 4
	}
	i := 0
	for _, body := range imaptest.Corpus(t) {
		if i++; i%step == 0 {
			out = append(out, body)
		}
	}
	return out
}

// furnish fills an account: every folder name that the server takes, with a
// message or two each, and a folder with those of mails that it takes. It returns
// the number of messages.
func furnish(t *testing.T, l login, server string, mails [][]byte) int {
	t.Helper()
	client := l.dial(t)
	folders, _, err := client.CreateFolders(sample.Folders())
	check(t, err)
	put := 0
	for mail := range (sample.Set{Messages: 60, Octets: 1 << 20}).Folder([]string{"INBOX"}, 0) {
		check(t, client.Append(folders[put%len(folders)], mail))
		put++
	}
	check(t, client.Create("corpus"))
	check(t, client.Create("empty"))
	workers := 4
	if server == "courier" { // its connections wait for each other's locks
		workers = 1
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	refused := 0
	for w := range workers {
		c := l.dial(t)
		wait.Go(func() {
			for i := w; i < len(mails); i += workers {
				taken, err := appendAny(c, "corpus", i, mails[i])
				mu.Lock()
				if err != nil {
					t.Error(err)
				}
				if !taken {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	t.Logf("the server refused %d of %d messages", refused, len(mails))
	if refused > maxNamed {
		t.Error("too many refusals to call this a test")
	}
	return put + len(mails) - refused
}

// appendAny appends a message with flags and a date; with CRLF throughout where
// the server refuses bare LF, as Cyrus does.
func appendAny(c *imaptest.Client, folder string, i int, body []byte) (taken bool, err error) {
	flags := [][]string{nil, {`\Seen`}, {`\Seen`, "$Forwarded"}, {`\Flagged`, `\Answered`, "Work"}, {`\Draft`}, {`\Deleted`}}
	dates := []string{"17-Jul-1996 02:44:25 -0700", " 1-Jan-2000 00:00:00 +0000", "29-Feb-2004 23:59:59 +0545", "31-Dec-2019 12:00:00 +1400"}
	m := sample.Mail{Flags: flags[i%len(flags)], InternalDate: dates[i%len(dates)], Body: body}
	err = c.Append(folder, m)
	if errors.Is(err, imaptest.ErrRefused) {
		m.Body = bytes.ReplaceAll(slices.Clone(body), []byte("\r\n"), []byte("\n"))
		m.Body = bytes.ReplaceAll(m.Body, []byte("\n"), []byte("\r\n"))
		err = c.Append(folder, m)
	}
	if errors.Is(err, imaptest.ErrRefused) {
		return false, nil
	}
	return err == nil, err
}
