package imaptest_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// refuses checks that a server refused a command with words.
func refuses(t *testing.T, err error, words string) {
	t.Helper()
	if !errors.Is(err, imaptest.ErrRefused) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want a refusal with %s", err, words)
	}
}

func letter(octets int) sample.Mail {
	return sample.Mail{Body: append([]byte("Subject: x\r\n\r\n"), bytes.Repeat([]byte("text\r\n"), octets/6)...)[:octets]}
}

// dialNew connects to a fresh account.
func dialNew(t *testing.T, s *imaptest.Server) *imaptest.Client {
	t.Helper()
	user, password := s.User(t)
	return imaptest.Dial(t, s, user, password)
}

func TestDovecotQuota(t *testing.T) {
	c := dialNew(t, imaptest.Dovecot(t, imaptest.Quota(100<<10)))
	if err := c.Append("INBOX", letter(60<<10)); err != nil {
		t.Fatal(err)
	}
	refuses(t, c.Append("INBOX", letter(60<<10)), "[OVERQUOTA]")
	refuses(t, c.Append("INBOX", letter(20<<10), letter(30<<10)), "[OVERQUOTA]")
	if err := c.Append("INBOX", letter(30<<10)); err != nil {
		t.Error(err)
	}
	lines, err := c.Command("GETQUOTAROOT INBOX")
	if err != nil || !slices.Contains(lines, `* QUOTA "User quota" (STORAGE 90 100)`) {
		t.Errorf("quota %q, %v", lines, err)
	}
	if err := c.Delete("INBOX", "1"); err != nil {
		t.Fatal(err)
	}
	if err := c.Append("INBOX", letter(60<<10)); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

func TestDovecotMaxMessage(t *testing.T) {
	s := imaptest.Dovecot(t, imaptest.MaxMessage(1000))
	user, password := s.User(t)
	c := imaptest.Dial(t, s, user, password)
	if err := c.Append("INBOX", letter(1000), letter(1000)); err != nil {
		t.Fatal(err)
	}
	refuses(t, c.Append("INBOX", letter(10), letter(1001)), "[LIMIT]")
	if got, _ := c.UIDs("INBOX"); len(got) != 2 {
		t.Errorf("%d messages after a refused MULTIAPPEND, want 2", len(got))
	}
	talk := newTalk(t, s.Addr)
	if got := talk.say("z LOGIN " + user + " " + password + "\r\nz APPEND INBOX {1001}\r\n"); !strings.Contains(got, "z OK") {
		t.Fatal(got)
	}
	if got := talk.say(""); !strings.HasPrefix(got, "z NO [LIMIT]") {
		t.Errorf("before the literal: %q", got)
	}
}

// TestDovecotRunsLiterals shows why no bad flag or date may be sent with a literal
// that does not wait.
func TestDovecotRunsLiterals(t *testing.T) {
	s := imaptest.Dovecot(t)
	user, password := s.User(t)
	for _, test := range []struct{ name, arguments, want string }{
		{"unknown system flag", `(\Foo)`, "y OK Create"},
		{"recent", `(\Recent)`, "y OK Create"},
		{"bad date", `"today"`, "y OK Create"},
		{"second in line", "{1+}\r\nx (\\Foo)", "y OK Create"},
		{"bad keyword", "(a]b)", "a NO [CANNOT]"},
		{"nothing wrong", "", "a OK"},
	} {
		t.Run(test.name, func(t *testing.T) {
			talk := newTalk(t, s.Addr)
			if got := talk.say("z LOGIN " + user + " " + password + "\r\n"); !strings.Contains(got, "z OK") {
				t.Fatal(got)
			}
			got := talk.say("w DELETE planted\r\na APPEND INBOX " + test.arguments + " {18+}\r\ny CREATE planted\r\n\r\nz NOOP\r\n")
			if !strings.Contains(got, test.want) || strings.Contains(test.want, "y ") != strings.Contains(got, "y OK") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDovecotReadOnlyFolders(t *testing.T) {
	s := imaptest.Dovecot(t, imaptest.ReadOnlyFolders("Read only", "Shared/*"))
	c := dialNew(t, s)
	for _, folder := range []string{"Read only", "Shared", "Shared/a", "Open"} {
		if err := c.Create(folder); err != nil {
			t.Fatal(err)
		}
	}
	refuses(t, c.Append("Read only", letter(20)), "[NOPERM]")
	refuses(t, c.Append("Shared/a", letter(20)), "[NOPERM]")
	refuses(t, c.Create("Read only/below"), "[NOPERM]")
	for _, folder := range []string{"Shared", "Open", "INBOX"} {
		if err := c.Append(folder, letter(20)); err != nil {
			t.Error(err)
		}
	}
	if lines, err := c.Command(`SELECT "Read only"`); err != nil || !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "[PERMANENTFLAGS ()]") }) {
		t.Errorf("SELECT gives %q, %v", lines, err)
	}
}

// TestDovecotAnnounces: an extension is hidden and all others stay.
func TestDovecotAnnounces(t *testing.T) {
	full := dialNew(t, imaptest.Dovecot(t))
	all := strings.Fields("UIDPLUS MULTIAPPEND LITERAL+ CONDSTORE QRESYNC ESEARCH LIST-STATUS SPECIAL-USE QUOTA NAMESPACE")
	for _, test := range []struct {
		name   string
		option imaptest.Option
		hidden []string
		more   string
	}{
		{"no UIDPLUS", imaptest.Without("UIDPLUS"), []string{"UIDPLUS"}, ""},
		{"no MULTIAPPEND", imaptest.Without("MULTIAPPEND"), []string{"MULTIAPPEND"}, ""},
		{"no LITERAL+", imaptest.Without("LITERAL+"), []string{"LITERAL+"}, ""},
		{"no CONDSTORE", imaptest.Without("CONDSTORE"), []string{"CONDSTORE", "QRESYNC"}, ""},
		{"LITERAL-", imaptest.LiteralMinus(), []string{"LITERAL+"}, "LITERAL-"},
		{"nothing of the kind", imaptest.Without("UIDPLUS", "MULTIAPPEND", "LITERAL+", "CONDSTORE"), []string{"UIDPLUS", "MULTIAPPEND", "LITERAL+", "CONDSTORE", "QRESYNC"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dialNew(t, imaptest.Dovecot(t, test.option))
			for _, x := range all {
				if c.Has(x) == slices.Contains(test.hidden, x) || !full.Has(x) {
					t.Errorf("%s: announced %v, by default %v", x, c.Has(x), full.Has(x))
				}
			}
			if test.more != "" && !c.Has(test.more) {
				t.Errorf("%s is missing", test.more)
			}
			if err := c.Append("INBOX", letter(20), letter(5000)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCyrusHeaders: what Cyrus does to octets above 127 in a header is a matter
// of its configuration.
func TestCyrusHeaders(t *testing.T) {
	const header = "Subject: Gr\xfc\xdfe\r\n\r\n"
	for _, test := range []struct {
		name     string
		settings []string
		want     string // "" when it is refused
	}{
		{"as these tests have it", nil, header},
		{"as Cyrus has it", []string{"munge8bit: yes"}, "Subject: GrXXe\r\n\r\n"},
		{"refused", []string{"reject8bit: yes"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dialNew(t, imaptest.Cyrus(t, test.settings...))
			err := c.Append("INBOX", sample.Mail{Body: []byte(header)})
			if test.want == "" {
				refuses(t, err, "non-ASCII")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Select("INBOX"); err != nil {
				t.Fatal(err)
			}
			if lines, err := c.Command("UID FETCH 1 BODY.PEEK[]"); err != nil || !strings.Contains(strings.Join(lines, "\n"), test.want) {
				t.Errorf("got %q, %v", lines, err)
			}
		})
	}
}

// TestServersMakeSpecialUses tells which servers let a folder be made for a use.
func TestServersMakeSpecialUses(t *testing.T) {
	for _, test := range []struct {
		server    *imaptest.Server
		announced bool
	}{
		{imaptest.Dovecot(t), false}, // takes the command and forgets the use
		{imaptest.Cyrus(t), true},
		{imaptest.Courier(t), false},
	} {
		if got := dialNew(t, test.server).Has("CREATE-SPECIAL-USE"); got != test.announced {
			t.Errorf("%s: CREATE-SPECIAL-USE announced: %v", test.server.Name, got)
		}
	}
}

// TestServersAndDifficultDates holds what each server makes of an INTERNALDATE
// that is far off: "" is what was given, "refused" and "now" are what they say, "?"
// is one thing now and another then: Dovecot's mdbox and its cache disagree.
func TestServersAndDifficultDates(t *testing.T) {
	dates := []string{
		"31-Dec-1969 23:59:58 +0000", "01-Jan-1970 00:00:00 +0000", "01-Jan-1970 00:00:01 +0000", "19-Jan-2038 03:14:08 +0000",
		"07-Feb-2106 06:28:16 +0000", "29-Feb-2024 23:59:60 +0000", "01-Jan-2024 00:00:00 +1400",
	}
	for _, test := range []struct {
		server *imaptest.Server
		want   []string
	}{
		{imaptest.Dovecot(t), []string{"?", "", "", "?", "?", "", ""}},
		{imaptest.Cyrus(t), []string{"refused", "now", "", "", " 1-Jan-1970 00:00:00 +0000", " 1-Mar-2024 00:00:00 +0000", ""}},
		{imaptest.Courier(t), []string{"refused", "now", "", "", "", "refused", ""}},
	} {
		t.Run(test.server.Name, func(t *testing.T) {
			c := dialNew(t, test.server)
			var got []string
			for i, date := range dates {
				err := c.Append("INBOX", sample.Mail{InternalDate: date, Body: letter(20 + i).Body})
				if errors.Is(err, imaptest.ErrRefused) {
					got = append(got, "refused")
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, kept(t, c, date))
			}
			for i := range got {
				if test.want[i] == "?" && got[i] != "refused" {
					got[i] = "?"
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

// kept tells what has become of the date given to the last message of INBOX.
func kept(t *testing.T, c *imaptest.Client, date string) string {
	t.Helper()
	if err := c.Select("INBOX"); err != nil {
		t.Fatal(err)
	}
	lines, err := c.Command("UID FETCH * INTERNALDATE")
	if err != nil || len(lines) == 0 {
		t.Fatal(lines, err)
	}
	const layout = "_2-Jan-2006 15:04:05 -0700"
	text := strings.Split(lines[0], `"`)[1]
	at, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	given, err := time.Parse(layout, strings.Replace(date, ":60 ", ":59 ", 1))
	switch {
	case err != nil:
		t.Fatal(err)
	case time.Since(at).Abs() < time.Hour:
		return "now"
	case at.Equal(given):
		return ""
	}
	return text
}
