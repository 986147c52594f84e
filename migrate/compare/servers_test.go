package compare_test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/compare"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// account is an account on a real server, and a client to change it with.
type account struct {
	*imaptest.Client
	t              *testing.T
	server         *imaptest.Server
	user, password string
}

func newAccount(t *testing.T, s *imaptest.Server) *account {
	t.Helper()
	user, password := s.User(t)
	return &account{imaptest.Dial(t, s, user, password), t, s, user, password}
}

func (a *account) source() *imapaccount.Account {
	a.t.Helper()
	host, port, err := net.SplitHostPort(a.server.Addr)
	if err != nil {
		a.t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		a.t.Fatal(err)
	}
	src, err := imapaccount.Open(a.t.Context(), imapaccount.Config{Host: host, Port: number, User: a.user, Password: a.password,
		Security: imapaccount.PlainText, Timeout: 20 * time.Second, RetryPause: time.Millisecond, Retries: 2})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { src.Close() })
	return src
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// replace puts another message in a message's place.
func (a *account) replace(folder string, uid int, m sample.Mail) {
	a.t.Helper()
	a.must(a.Delete(folder, fmt.Sprint(uid)))
	a.must(a.Append(folder, m))
}

// plant makes 20 differences in a folder of the second account, whose messages
// are mails with UIDs 1, 2, 3..., and returns how they must be named: kind,
// folder, UID in A, subject.
func (a *account) plant(folder string, mails []sample.Mail) (want []string) {
	a.t.Helper()
	for i, m := range mails[:20] {
		uid, kind := i+1, ""
		switch i % 5 {
		case 0:
			kind = "missing"
			a.must(a.Delete(folder, fmt.Sprint(uid)))
		case 1:
			kind = "altered"
			m.Body = append(bytes.Clone(m.Body[:len(m.Body)-2]), "!\r\n"...)
			a.replace(folder, uid, m)
		case 2:
			kind = "flags"
			op := "+FLAGS"
			if slices.Contains(m.Flags, `\Flagged`) {
				op = "-FLAGS"
			}
			a.must(a.Store(folder, fmt.Sprint(uid), op, `\Flagged`))
		case 3:
			kind = "date"
			m.InternalDate = "01-Jan-1999 00:00:00 +0000"
			a.replace(folder, uid, m)
		case 4:
			kind, uid = "extra", 0
			m.Body = fmt.Appendf(nil, "Message-ID: <%d@planted>\r\nSubject: planted in %s %d\r\n\r\nx\r\n", i, imaptest.EncodeName(folder), i)
			a.must(a.Append(folder, m))
		}
		want = append(want, fmt.Sprintf("%s %s %d %s", kind, folder, uid, subject(m.Body)))
	}
	return want
}

func subject(message []byte) string {
	for line := range strings.Lines(string(message)) {
		if text, is := strings.CutPrefix(line, "Subject:"); is {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// TestPlanted: 100 differences of each kind of message difference, planted in
// five folders of one of two accounts with the same 600 messages, are each
// named, and nothing else is.
func TestPlanted(t *testing.T) {
	server := imaptest.Dovecot(t)
	a, b := newAccount(t, server), newAccount(t, server)
	set := sample.Set{Messages: 600, Octets: 6e6}
	folders := imaptest.Seed(t, a.Client, set).Folders
	imaptest.Seed(t, b.Client, set)
	told, s := run(t, a.source(), b.source(), compare.Options{Zones: true})
	if len(told) > 0 || s.Identical != 600 {
		t.Fatalf("before anything was changed: %+v\n%s", s.Counts, strings.Join(lines(told), "\n"))
	}
	var want []string
	planted := 0
	for k, folder := range folders {
		if mails := slices.Collect(set.Folder(folders, k)); len(mails) >= 20 && planted < 5 {
			planted++
			want = append(want, b.plant(folder, mails)...)
		}
	}
	told, s = run(t, a.source(), b.source(), compare.Options{})
	var got []string
	for _, d := range told {
		got = append(got, fmt.Sprintf("%s %s %d %s", d.Kind, d.FolderA, d.UIDA, d.Subject))
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) != 100 || !slices.Equal(got, want) {
		t.Errorf("%d planted, told:\n%s\nwant:\n%s", len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := (compare.Counts{A: 600, B: 600, Identical: 560, Altered: 20, Missing: 20, Extra: 20, Flags: 20, Dates: 20}); s.Counts != want {
		t.Errorf("%+v, want %+v", s.Counts, want)
	}
	mirrored(t, a, b, s.Counts)
	quick(t, a, b)
}

// mirrored: seen from the other side, what was missing is extra.
func mirrored(t *testing.T, a, b *account, n compare.Counts) {
	t.Helper()
	n.A, n.B, n.Missing, n.Extra = n.B, n.A, n.Extra, n.Missing
	if _, s := run(t, b.source(), a.source(), compare.Options{}); s.Counts != n {
		t.Errorf("mirrored: %+v, want %+v", s.Counts, n)
	}
}

// quick: without bodies all is found that shows in header and size; the planted
// alteration makes the message one octet longer.
func quick(t *testing.T, a, b *account) {
	t.Helper()
	if told, s := run(t, a.source(), b.source(), compare.Options{Quick: true}); len(told) != 100 || s.Altered != 20 {
		t.Errorf("quick: %d differences, %+v", len(told), s.Counts)
	}
}

// TestOtherServer: names, delimiters and namespaces of Dovecot and Courier are
// no differences; what was planted is.
func TestOtherServer(t *testing.T) {
	a, b := newAccount(t, imaptest.Dovecot(t)), newAccount(t, imaptest.Courier(t))
	folders := []string{"INBOX", "Work", "Work/Projects", "Entwürfe & Ähnliches", "Sent"}
	set := sample.Set{Messages: 100, Octets: 1e6}
	for _, x := range []*account{a, b} {
		_, refused, err := x.CreateFolders(folders)
		if err != nil || len(refused) > 0 {
			t.Fatal(refused, err)
		}
		for k, folder := range folders {
			x.must(x.AppendAll(folder, set.Folder(folders, k)))
		}
	}
	same := compare.Options{Filter: filter.Filter{Include: folders[:4]}}
	if told, s := run(t, a.source(), b.source(), same); len(told) > 0 || len(s.Folders) != 4 {
		t.Errorf("%+v\n%s", s, strings.Join(lines(told), "\n"))
	}
	b.must(b.Delete("Work/Projects", "2"))
	b.must(a.Append("INBOX", sample.Mail{Body: []byte("Subject: planted\r\n\r\n")}))
	b.must(a.Unsubscribe("Entwürfe & Ähnliches"))
	b.must(b.Create("Only here"))
	uids, err := a.UIDs("INBOX")
	a.must(err)
	told, _ := run(t, a.source(), b.source(), compare.Options{})
	got := lines(told)
	for _, want := range []string{
		fmt.Sprintf("missing INBOX/%d INBOX/0", len(uids)),
		"missing Work/Projects/2 INBOX.Work.Projects/0",
		"subscription Entwürfe & Ähnliches/0 INBOX.Entwürfe & Ähnliches/0: only B is subscribed",
		"folder /0 INBOX.Only here/0: A has no such folder; it holds messages: 0",
		`special use Sent/0 INBOX.Sent/0: A has \Sent, B has none`,
	} {
		at := slices.Index(got, want)
		if at < 0 {
			t.Errorf("not told: %s", want)
			continue
		}
		got = slices.Delete(got, at, at+1)
	}
	// What is left is of the folders that Dovecot makes by itself.
	got = slices.DeleteFunc(got, func(line string) bool {
		return strings.Contains(line, "Drafts/") || strings.Contains(line, "Trash/") || strings.Contains(line, "Junk/")
	})
	if len(got) > 0 {
		t.Errorf("told, too:\n%s", strings.Join(got, "\n"))
	}
}
