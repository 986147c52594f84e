package imaptest_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// talk is a client that sends what it is told and reads to the tagged answer.
type talk struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func newTalk(t *testing.T, addr string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &talk{t, conn, bufio.NewReader(conn)}
}

// say sends octets and returns all lines up to one that begins with "z ".
func (c *talk) say(octets string) string {
	c.t.Helper()
	if _, err := io.WriteString(c, octets); err != nil {
		c.t.Fatal(err)
	}
	var out strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		out.WriteString(line)
		if err != nil || strings.HasPrefix(line, "z ") {
			return out.String()
		}
	}
}

// scriptFolders are what the default answers of these tests are about.
func scriptFolders() []*imaptest.ScriptFolder {
	body := "Subject: one\r\n two\r\nMessage-ID: <1@x>\r\n\r\ntext\r\n"
	return []*imaptest.ScriptFolder{
		{Name: "INBOX", UIDValidity: 7, HighestModSeq: 9, Subscribed: true, Messages: []imaptest.ScriptMessage{
			{UID: 3, Flags: []string{`\Seen`}, ModSeq: 5, Body: []byte(body)},
			{UID: 8, ModSeq: 9, InternalDate: " 1-Jan-2020 00:00:00 +0545", Body: []byte{}},
		}},
		{Name: `odd "name"`, UIDValidity: 1},
		{Name: "Parent", Attributes: []string{`\Noselect`}},
	}
}

func TestScriptAnswersByItself(t *testing.T) {
	for _, test := range []struct {
		name, send, want string
	}{
		{"capability", "z CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN\r\nz OK CAPABILITY done\r\n"},
		{"login", "z LOGIN me \"sec\\\"ret\"\r\n", "z OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] logged in\r\n"},
		{"login by literals", "z LOGIN {2+}\r\nme {7+}\r\nsec\"ret\r\n", "z OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] logged in\r\n"},
		{"wrong password", "z LOGIN me other\r\n", "z NO [AUTHENTICATIONFAILED] wrong user or password\r\n"},
		{"plain", "z AUTHENTICATE PLAIN AG1lAHNlYyJyZXQ=\r\n", "z OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] logged in\r\n"},
		{"plain, response apart", "z AUTHENTICATE PLAIN\r\nAG1lAHNlYyJyZXQ=\r\n", "+ \r\nz OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] logged in\r\n"},
		{"list", "z LIST \"\" *\r\n", "* LIST () \"/\" \"INBOX\"\r\n* LIST () \"/\" \"odd \\\"name\\\"\"\r\n* LIST (\\Noselect) \"/\" \"Parent\"\r\nz OK LIST done\r\n"},
		{"list with status", "z LIST \"\" * RETURN (SUBSCRIBED STATUS (MESSAGES))\r\n",
			"* LIST (\\Subscribed) \"/\" \"INBOX\"\r\n* STATUS \"INBOX\" (MESSAGES 2 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 9)\r\n" +
				"* LIST () \"/\" \"odd \\\"name\\\"\"\r\n* STATUS \"odd \\\"name\\\"\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n" +
				"* LIST (\\Noselect) \"/\" \"Parent\"\r\nz OK LIST done\r\n"},
		{"lsub", "z LSUB \"\" *\r\n", "* LSUB () \"/\" \"INBOX\"\r\nz OK LSUB done\r\n"},
		{"status of none", "z STATUS nowhere (MESSAGES)\r\n", "z NO [NONEXISTENT] no such folder\r\n"},
		{"search", "y EXAMINE INBOX\r\nz UID SEARCH ALL\r\n", "* SEARCH 3 8\r\nz OK UID SEARCH done\r\n"},
		{"search returning", "y EXAMINE INBOX\r\nz UID SEARCH RETURN (ALL) UID 4:*\r\n", "* ESEARCH (TAG \"z\") UID ALL 8\r\nz OK UID SEARCH done\r\n"},
		{"fetch", "y EXAMINE inbox\r\nz UID FETCH 8 (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])\r\n",
			"* 2 FETCH (UID 8 FLAGS () INTERNALDATE \" 1-Jan-2020 00:00:00 +0545\" RFC822.SIZE 0 BODY[] {0}\r\n)\r\nz OK UID FETCH done\r\n"},
		{"fetch of fields", "y EXAMINE INBOX\r\nz UID FETCH 1:5 BODY.PEEK[HEADER.FIELDS (subject \"Date\")]\r\n",
			"* 1 FETCH (UID 3 BODY[HEADER.FIELDS (subject \"Date\")] {22}\r\nSubject: one\r\n two\r\n\r\n)\r\nz OK UID FETCH done\r\n"},
		{"fetch of changes", "y EXAMINE INBOX\r\nz UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5)\r\n", "* 2 FETCH (UID 8 FLAGS () MODSEQ (9))\r\nz OK UID FETCH done\r\n"},
		{"fetch without a folder", "z UID FETCH 1 FLAGS\r\n", "z BAD no folder is open\r\n"},
		{"unknown", "z XYZZY\r\n", "z BAD unknown command\r\n"},
		{"logout", "z LOGOUT\r\n", "* BYE see you\r\nz OK LOGOUT done\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := imaptest.NewScript(t, imaptest.Script{User: "me", Password: `sec"ret`, Folders: scriptFolders()})
			got := newTalk(t, s.Addr).say(test.send)
			if !strings.HasSuffix(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestScriptAgreesWithReference lets another client read a scripted account.
func TestScriptAgreesWithReference(t *testing.T) {
	folders := scriptFolders()
	s := imaptest.NewScript(t, imaptest.Script{User: "me", Password: "secret", Folders: folders})
	got := imaptest.Reference(t, s.Addr, "me", "secret")
	var want []imaptest.ReferenceMessage
	for i, m := range folders[0].Messages {
		sum := sha256.Sum256(m.Body)
		want = append(want, imaptest.ReferenceMessage{
			Folder: "INBOX", UID: m.UID, Flags: m.Flags, Size: int64(len(m.Body)), SHA256: hex.EncodeToString(sum[:]),
			InternalDate: []string{"17-Jul-1996 02:44:25 -0700", " 1-Jan-2020 00:00:00 +0545"}[i],
		})
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if s.Connections() != 1 || s.Count("EXAMINE") != 2 {
		t.Errorf("%d connections, commands %v", s.Connections(), s.Commands())
	}
}

func TestScriptDoesAsTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		script imaptest.Script
		want   string // all that comes until the tagged answer or the end
	}{
		{"greeting", imaptest.Script{Greeting: "* PREAUTH hello"}, "* PREAUTH hello\r\nz OK NOOP done\r\n"},
		{"refused at the door", imaptest.Script{Accept: func(c *imaptest.ScriptConn) bool {
			c.Say("* BYE too many")
			return false
		}}, "* BYE too many\r\n"},
		{"one answer replaced", imaptest.Script{Greeting: "*", Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			c.Say(command.Tag + " NO [UNAVAILABLE] " + command.Name)
			return true
		}}, "*\r\nz NO [UNAVAILABLE] NOOP\r\n"},
		{"something before the default", imaptest.Script{Greeting: "*", Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			c.Say("* 5 EXISTS")
			c.Default(command)
			return true
		}}, "*\r\n* 5 EXISTS\r\nz OK NOOP done\r\n"},
		{"octets and the end", imaptest.Script{Greeting: "*", Answer: func(c *imaptest.ScriptConn, _ imaptest.Command) bool {
			fmt.Fprint(c, "* 1 FETCH (BODY[] {100}\r\nabc")
			c.Close()
			return true
		}}, "*\r\n* 1 FETCH (BODY[] {100}\r\nabc"},
		{"a reset", imaptest.Script{Greeting: "*", Answer: func(c *imaptest.ScriptConn, _ imaptest.Command) bool {
			c.Say("* BYE")
			c.Reset()
			return true
		}}, "*\r\n* BYE\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := newTalk(t, imaptest.NewScript(t, test.script).Addr).say("z NOOP\r\n"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestScriptHolds lets one connection be silent while another is served.
func TestScriptHolds(t *testing.T) {
	s := imaptest.NewScript(t, imaptest.Script{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		if c.Number > 1 {
			return false
		}
		c.Say("* OK wait")
		c.Hold()
		return true
	}})
	first := newTalk(t, s.Addr)
	if _, err := io.WriteString(first, "z NOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"* OK [", "* OK wait"} {
		if line, err := first.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	if got := newTalk(t, s.Addr).say("z NOOP\r\n"); !strings.HasSuffix(got, "z OK NOOP done\r\n") {
		t.Errorf("second connection: %q", got)
	}
}

// TestScriptServesThoseWhoRead does not let a client that reads nothing hold up
// the others.
func TestScriptServesThoseWhoRead(t *testing.T) {
	started := make(chan bool)
	s := imaptest.NewScript(t, imaptest.Script{Answer: func(c *imaptest.ScriptConn, _ imaptest.Command) bool {
		if c.Number > 1 {
			return false
		}
		close(started)
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				return true
			}
		}
	}})
	if _, err := io.WriteString(newTalk(t, s.Addr), "z NOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	<-started
	if got := newTalk(t, s.Addr).say("z NOOP\r\n"); !strings.HasSuffix(got, "z OK NOOP done\r\n") {
		t.Errorf("second connection: %q", got)
	}
	if names := commandNames(s); !slices.Equal(names, []string{"1 NOOP", "2 NOOP"}) {
		t.Errorf("commands %q", names)
	}
}

func commandNames(s *imaptest.ScriptServer) []string {
	var out []string
	for _, c := range s.Commands() {
		out = append(out, fmt.Sprint(c.Connection, " ", c.Name))
	}
	return out
}
