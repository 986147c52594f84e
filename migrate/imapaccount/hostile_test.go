package imapaccount_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// three is a folder with three messages.
func three() *imaptest.ScriptFolder {
	f := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := uint32(1); uid <= 3; uid++ {
		f.Messages = append(f.Messages, imaptest.ScriptMessage{UID: uid, InternalDate: "01-Feb-2003 04:05:06 +0530",
			Body: fmt.Appendf(nil, "Subject: %d\r\n\r\nbody\r\n", uid)})
	}
	return f
}

// scripted hauls from a scripted server, impatiently.
func scripted(t *testing.T, script imaptest.Script) (got map[mail]int, failures []error, server *imaptest.ScriptServer, err error) {
	t.Helper()
	if script.Folders == nil {
		script.Folders = []*imaptest.ScriptFolder{three()}
	}
	server = imaptest.NewScript(t, script)
	c := config(t, server.Addr, "me", "secret", imapaccount.PlainText)
	c.Timeout, c.Connections, c.Retries = 300*time.Millisecond, 1, 2
	a, err := imapaccount.Open(t.Context(), c)
	if err != nil {
		return nil, nil, server, err
	}
	defer a.Close()
	got, failures, err = haul(t.Context(), a)
	return got, failures, server, err
}

// on answers one command, the others are answered by the script.
func on(name string, answer func(c *imaptest.ScriptConn, command imaptest.Command)) func(*imaptest.ScriptConn, imaptest.Command) bool {
	return func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		if command.Name != name {
			return false
		}
		answer(c, command)
		return true
	}
}

// TestHostile: a server that is broken or means ill ends with an error in
// bounded time and memory; nothing crashes or hangs.
func TestHostile(t *testing.T) {
	silent := func(c *imaptest.ScriptConn, _ imaptest.Command) { c.Hold() }
	endless := func(begin, again string) func(*imaptest.ScriptConn, imaptest.Command) {
		return func(c *imaptest.ScriptConn, _ imaptest.Command) {
			c.Write([]byte(begin))
			chunk := bytes.Repeat([]byte(again), 1+(64<<10)/len(again))
			for {
				if _, err := c.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	cases := []struct {
		name, command string
		answer        func(*imaptest.ScriptConn, imaptest.Command)
	}{
		{"silent at login", "AUTHENTICATE", silent},
		{"silent at LIST", "LIST", silent},
		{"silent at STATUS", "STATUS", silent},
		{"silent at EXAMINE", "EXAMINE", silent},
		{"silent at FETCH", "UID FETCH", silent},
		{"endless line at login", "AUTHENTICATE", endless("* OK ", "x")},
		{"endless lines at login", "AUTHENTICATE", endless("", "* OK x\r\n")},
		{"endless depth at login", "AUTHENTICATE", endless("* 1 FETCH (BODYSTRUCTURE ", "(")},
		{"endless line at LIST", "LIST", endless("* LIST () \"/\" \"", "x")},
		{"endless lines at LIST", "LIST", endless("", "* LIST () \"/\" same\r\n")},
		{"giant name", "LIST", endless("* LIST () \"/\" {400000000}\r\n", "x")},
		{"endless lines at STATUS", "STATUS", endless("", "* STATUS x (MESSAGES 1)\r\n")},
		{"endless lines at EXAMINE", "EXAMINE", endless("", "* 3 EXISTS\r\n")},
		{"endless lines at FETCH", "UID FETCH", endless("", "* 1 FETCH (UID 1)\r\n")},
		{"endless depth at FETCH", "UID FETCH", endless("* 1 FETCH (UID 1 BODYSTRUCTURE ", "(")},
		{"endless line at FETCH", "UID FETCH", endless("* 1 FETCH (UID 1 FLAGS (", "x ")},
		{"numbers too large", "EXAMINE", func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say("* 99999999999999999999999 EXISTS")
			c.OK(command, "")
		}},
		{"garbage", "EXAMINE", func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Write([]byte("\x00\xff\x1b]0;x\x07\r\n\r\n"))
		}},
		{"answer to another command", "EXAMINE", func(c *imaptest.ScriptConn, command imaptest.Command) { c.Say("h9999 OK") }},
		{"BYE", "EXAMINE", func(c *imaptest.ScriptConn, command imaptest.Command) { c.Say("* BYE bye"); c.Close() }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, _, server, err := scripted(t, imaptest.Script{Answer: on(c.command, c.answer)})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, mailhaul.ErrConnect) {
				t.Errorf("error %v, want one that is ErrConnect", err)
			}
			if n := server.Connections(); n > 4 {
				t.Errorf("%d connections", n)
			}
			if held := int64(after.Sys) - int64(before.Sys); held > 100<<20 {
				t.Errorf("%d MiB of memory taken", held>>20)
			}
		})
	}
}

// TestGiantCounts: four billion messages that the server claims and does not
// have end with one error for the folder.
func TestGiantCounts(t *testing.T) {
	_, failures, _, err := scripted(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN ESEARCH", Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		switch command.Name {
		case "EXAMINE":
			c.Say("* 4294967295 EXISTS", "* OK [UIDVALIDITY 7] x")
		case "UID SEARCH":
			c.Say(`* ESEARCH (TAG "` + command.Tag + `") UID ALL 1:4294967295`)
		case "UID FETCH":
		default:
			return false
		}
		c.OK(command, "fine")
		return true
	}})
	if err != nil || len(failures) != 1 || !strings.Contains(failures[0].Error(), "gives none of them") {
		t.Errorf("error %v, %d failures", err, len(failures))
	}
}

// TestHealed: a SEARCH that leaves messages out is noticed by their number.
func TestHealed(t *testing.T) {
	got, failures, _, err := scripted(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN ESEARCH", Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		switch command.Name {
		case "UID SEARCH":
			c.Say(`* ESEARCH (TAG "` + command.Tag + `") UID ALL 1:2`)
		case "FETCH":
			c.Say("* 1 FETCH (UID 1)", "* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)")
		default:
			return false
		}
		c.OK(command, "done")
		return true
	}})
	if err != nil || len(failures) > 0 || len(got) != 3 {
		t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
	}
}

// TestUIDValidityChanges: a folder that is made anew during the run gives none
// of its messages under old UIDs.
func TestUIDValidityChanges(t *testing.T) {
	opened := 0
	got, failures, _, err := scripted(t, imaptest.Script{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		if command.Name != "EXAMINE" {
			return false
		}
		if opened++; opened == 1 {
			return false
		}
		c.Selected = three()
		c.Say("* 3 EXISTS", "* OK [UIDVALIDITY 8] changed")
		c.OK(command, "done")
		return true
	}})
	if err != nil || len(got) != 0 || len(failures) != 1 || mailhaul.ScopeOf(failures[0]) != mailhaul.ScopeFolder {
		t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
	}
}

// TestNames: each name is a folder, however it is spelled.
func TestNames(t *testing.T) {
	raws := map[string]string{
		"INBOX": "INBOX", "Entw&APw-rfe": "Entwürfe", "&2D3eAA-": "😀", "R&-D": "R&D", "broken &AP": "broken &AP", "&AGE-": "&AGE-", "a": "a",
		"&ZZZZZ-": "&ZZZZZ-", "8bit \xfc": "8bit \xfc", `with "quotes" and \`: `with "quotes" and \`, "../../etc": "../../etc", "": "",
	}
	var folders []*imaptest.ScriptFolder
	for raw := range raws {
		f := three()
		f.Name = raw
		folders = append(folders, f)
	}
	server := imaptest.NewScript(t, imaptest.Script{Folders: folders})
	a := open(t, config(t, server.Addr, "me", "x", imapaccount.PlainText))
	got, err := a.Folders(t.Context())
	if err != nil || len(got) != len(raws) {
		t.Fatalf("%d folders, %v", len(got), err)
	}
	for _, f := range got {
		if raws[f.Raw] != f.Name {
			t.Errorf("%q is called %q, want %q", f.Raw, f.Name, raws[f.Raw])
		}
	}
}

// TestLoginRefused: a wrong password is tried once.
func TestLoginRefused(t *testing.T) {
	_, _, server, err := scripted(t, imaptest.Script{User: "me", Password: "another"})
	if !errors.Is(err, mailhaul.ErrAuth) {
		t.Errorf("error %v", err)
	}
	if n := server.Count("LOGIN", "AUTHENTICATE"); n != 1 {
		t.Errorf("%d logins", n)
	}
}

// TestBusy: a server that says "later" is asked again, after the time it names.
func TestBusy(t *testing.T) {
	for name, say := range map[string]string{
		"unavailable":   "NO [UNAVAILABLE] come back",
		"limit":         "NO [LIMIT] Maximum number of connections from user+IP exceeded",
		"exchange":      "BAD Request is throttled. Suggested Backoff Time: 20 milliseconds",
		"not connected": "BAD User is authenticated but not connected.",
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			got, failures, _, err := scripted(t, imaptest.Script{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
				if command.Name != "AUTHENTICATE" || !first {
					return false
				}
				first = false
				c.Say(command.Tag + " " + say)
				return true
			}})
			if err != nil || len(failures) > 0 || len(got) != 3 {
				t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
			}
		})
	}
	t.Run("throttled while fetching", func(t *testing.T) {
		first := true
		got, failures, _, err := scripted(t, imaptest.Script{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if command.Name != "UID FETCH" || !strings.Contains(command.Args, "BODY") || !first {
				return false
			}
			first = false
			c.Say(command.Tag + " NO [THROTTLED] slow down")
			return true
		}})
		if err != nil || len(failures) > 0 || len(got) != 3 {
			t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
		}
	})
}

// TestTrace: the conversation is there, secrets and mail are not.
func TestTrace(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		var trace lockedBuffer
		server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
		c := config(t, server.Addr, "me", "s3cret-w0rd", imapaccount.PlainText)
		c.Trace, c.Mechanism = &trace, mechanism
		if _, _, err := haul(t.Context(), open(t, c)); err != nil {
			t.Fatal(err)
		}
		text := trace.String()
		for _, want := range []string{"C: h", "EXAMINE", "S: * LIST", "literal of"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the trace lacks %q", mechanism, want)
			}
		}
		for _, secret := range []string{"s3cret", "AG1lAHMzY3JldC13MHJk", "Subject: 1"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the trace holds %q:\n%s", mechanism, secret, text)
			}
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestManyFolders: a hundred thousand names are listed; twice as many and more
// are refused.
func TestManyFolders(t *testing.T) {
	for _, c := range []struct {
		count int
		ok    bool
	}{{100_000, true}, {200_001, false}} {
		server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN LIST-EXTENDED LIST-STATUS", Answer: on("LIST", func(conn *imaptest.ScriptConn, command imaptest.Command) {
			for i := range c.count {
				fmt.Fprintf(conn, "* LIST (\\HasNoChildren) \"/\" \"folder %d\"\r\n* STATUS \"folder %d\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n", i, i)
			}
			conn.OK(command, "done")
		})})
		cfg := config(t, server.Addr, "me", "x", imapaccount.PlainText)
		cfg.Retries = 1
		folders, err := open(t, cfg).Folders(t.Context())
		if c.ok && (err != nil || len(folders) != c.count || folders[9].UIDValidity != 7) || !c.ok && err == nil {
			t.Errorf("%d folders: %d listed, %v", c.count, len(folders), err)
		}
	}
}

// TestAnyOrder: STATUS commands depend on nothing, a server may answer them as it
// likes.
func TestAnyOrder(t *testing.T) {
	other := three()
	other.Name, other.UIDValidity = "other", 8
	var held *imaptest.Command
	got, failures, _, err := scripted(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three(), other}, Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		if command.Name != "STATUS" {
			return false
		}
		if held == nil {
			held = &command
			return true
		}
		c.Default(command)
		c.Default(*held)
		return true
	}})
	if err != nil || len(failures) > 0 || len(got) != 6 {
		t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
	}
}
