package imapaccount_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

func fetchLine(seq, uid int, body string) string {
	return fmt.Sprintf("* %d FETCH (UID %d FLAGS () INTERNALDATE \"01-Feb-2003 04:05:06 +0530\" BODY[] {%d}\r\n%s)", seq, uid, len(body), body)
}

const body1, body2, body3 = "Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n\r\nbody\r\n", "Subject: 3\r\n\r\nbody\r\n"

// TestFetchAnswers: whatever the form of an answer and whatever else the server
// says, each message arrives once, or fails by name.
func TestFetchAnswers(t *testing.T) {
	all := fetchLine(1, 1, body1) + "\r\n" + fetchLine(2, 2, body2) + "\r\n" + fetchLine(3, 3, body3)
	cases := []struct {
		name   string
		say    string
		got    int
		failed []mailhaul.UID
	}{
		{"as asked", all, 3, nil},
		{"each twice", all + "\r\n" + all, 3, nil},
		{"UID that nobody asked for", fetchLine(9, 99, "x") + "\r\n" + all, 3, nil},
		{"UID 0", fetchLine(9, 0, "x") + "\r\n" + all, 3, nil},
		{"no UID", "* 1 FETCH (BODY[] {1}\r\nx FLAGS ())\r\n" + all, 3, nil},
		{"out of order", fetchLine(3, 3, body3) + "\r\n" + fetchLine(1, 1, body1) + "\r\n" + fetchLine(2, 2, body2), 3, nil},
		{"body before UID", strings.ReplaceAll(all, fetchLine(2, 2, body2), fmt.Sprintf("* 2 FETCH (BODY[] {%d}\r\n%s FLAGS () UID 2 INTERNALDATE \"01-Feb-2003 04:05:06 +0530\")", len(body2), body2)), 3, nil},
		{"body as literal8", strings.ReplaceAll(all, "BODY[] {", "BODY[] ~{"), 3, nil},
		{"unknown items", strings.ReplaceAll(all, "FLAGS ()", `FLAGS () MODSEQ (12) X-GM-LABELS (\Inbox "a (b" {3}`+"\r\nabc) ENVELOPE (NIL (((\"x\")))) SAVEDATE NIL"), 3, nil},
		{"other answers between", strings.ReplaceAll(all, "* 2 FETCH", "* 3 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK still here\r\n* X-WEIRD (a {2}\r\nhi b)\r\n* 2 FETCH"), 3, nil},
		{"no date", strings.ReplaceAll(all, ` INTERNALDATE "01-Feb-2003 04:05:06 +0530"`, ""), 3, nil},
		{"a date that is none", strings.ReplaceAll(all, "01-Feb-2003 04:05:06", "99-Foo-2003 xx"), 3, nil},
		{"BODY[] NIL", strings.ReplaceAll(all, fetchLine(2, 2, body2), "* 2 FETCH (UID 2 FLAGS () BODY[] NIL)"), 2, []mailhaul.UID{2}},
		{"one left out", fetchLine(1, 1, body1) + "\r\n" + fetchLine(3, 3, body3), 2, []mailhaul.UID{2}},
		{"none", "* OK nothing to see", 0, []mailhaul.UID{1, 2, 3}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, failures, _, err := scripted(t, imaptest.Script{Answer: func(conn *imaptest.ScriptConn, command imaptest.Command) bool {
				if command.Name != "UID FETCH" || !strings.Contains(command.Args, "BODY.PEEK[]") {
					return false
				}
				conn.Say(c.say)
				conn.OK(command, "done")
				return true
			}})
			if err != nil || len(got) != c.got {
				t.Fatalf("%d messages, error %v, failures %v; want %d", len(got), err, failures, c.got)
			}
			for m, n := range got {
				if n != 1 || m.digest != digestOf(m.uid) {
					t.Errorf("UID %d: %d times, or not its octets", m.uid, n)
				}
			}
			checkFailed(t, failures, c.failed...)
		})
	}
}

func checkFailed(t *testing.T, failures []error, want ...mailhaul.UID) {
	t.Helper()
	var set mailhaul.UIDSet
	for _, f := range failures {
		e, ok := errors.AsType[*mailhaul.Error](f)
		if !ok {
			t.Fatalf("failure without scope: %v", f)
		}
		set.Add(e.UID)
	}
	if w := mailhaul.UIDSetOf(want...); set.String() != w.String() {
		t.Errorf("failed: %s, want %s (%v)", set, w, failures)
	}
}

// TestBadMessages: a message that the server cannot give costs only itself.
func TestBadMessages(t *testing.T) {
	refuse := func(answer func(c *imaptest.ScriptConn, command imaptest.Command)) func(*imaptest.ScriptConn, imaptest.Command) bool {
		return func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			set, err := mailhaul.ParseUIDSet(strings.Fields(command.Args + " 0")[0])
			if command.Name != "UID FETCH" || err != nil || !set.Contains(2) || !strings.Contains(command.Args, "BODY") {
				return false
			}
			answer(c, command)
			return true
		}
	}
	cases := map[string]func(c *imaptest.ScriptConn, command imaptest.Command){
		"NO": func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say(command.Tag + " NO System Error (Failure)")
		},
		"NO [UNAVAILABLE]": func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say(command.Tag + " NO [UNAVAILABLE] UID FETCH Server error")
		},
		"BAD": func(c *imaptest.ScriptConn, command imaptest.Command) { c.Say(command.Tag + " BAD what?") },
		"first one given, then NO": func(c *imaptest.ScriptConn, command imaptest.Command) {
			if strings.HasPrefix(command.Args, "1") {
				c.Say(fetchLine(1, 1, body1))
			}
			c.Say(command.Tag + " NO cannot read message")
		},
		"connection lost within it": func(c *imaptest.ScriptConn, command imaptest.Command) {
			if strings.HasPrefix(command.Args, "1") {
				c.Say(fetchLine(1, 1, body1))
			}
			c.Say("* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Feb-2003 04:05:06 +0530\" BODY[] {1000}", "half")
			c.Reset()
		},
		"literal that lies": func(c *imaptest.ScriptConn, command imaptest.Command) {
			c.Say("* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Feb-2003 04:05:06 +0530\" BODY[] {9223372036854775807}", "half")
			c.Close()
		},
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			got, failures, _, err := scripted(t, imaptest.Script{Answer: refuse(answer)})
			if err != nil || len(got) != 2 {
				t.Fatalf("%d messages, error %v, failures %v", len(got), err, failures)
			}
			checkFailed(t, failures, 2)
		})
	}
}

// TestCapabilitiesAfterLogin: what a server can do after the login counts, also
// when it told something else in its greeting and nothing with its OK. The client
// library asks by itself then, at any time.
func TestCapabilitiesAfterLogin(t *testing.T) {
	in := map[int]bool{} // by connection
	server := imaptest.NewScript(t, imaptest.Script{Greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", Folders: []*imaptest.ScriptFolder{three()},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			switch command.Name {
			case "LOGIN":
				in[c.Number], c.User = true, "me"
				c.OK(command, "welcome")
				return true
			case "CAPABILITY":
				if in[c.Number] {
					c.Say("* CAPABILITY IMAP4rev1 ESEARCH")
					c.OK(command, "done")
					return true
				}
			}
			return false
		}})
	for range 50 {
		cfg := config(t, server.Addr, "me", "x", imapaccount.PlainText)
		cfg.Mechanism = "LOGIN"
		if _, failures, err := haul(t.Context(), open(t, cfg)); err != nil || len(failures) > 0 {
			t.Fatal(err, failures)
		}
	}
	if n := server.Count("UID SEARCH"); n != 50 {
		t.Errorf("%d of 50 runs knew of ESEARCH", n)
	}
}
