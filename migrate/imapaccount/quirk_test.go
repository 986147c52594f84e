package imapaccount_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

const (
	exchange = "* OK The Microsoft Exchange IMAP4 service is ready. [TQBSADIAUAA=]"
	gmail    = "* OK Gimap ready for requests from 192.0.2.1 q13mb189540682pjq"
	stub     = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\nFrom: Microsoft Exchange Server 2010\r\nTo: Me <me@example.org>\r\n" +
		"Subject: Retrieval using the IMAP4 protocol failed for the following\r\n message: 2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"The server couldn't retrieve the following message:\r\n\r\nSubject: \"Canceled: Meeting\"\r\n"
	quotesStub = "From: Ann <ann@example.org>\r\nSubject: Fwd: Retrieval using the IMAP4 protocol failed for the following message: 2\r\n\r\nThe server couldn't retrieve the following message:\r\n"
)

// holding is a folder with messages of these bodies.
func holding(bodies ...string) *imaptest.ScriptFolder {
	f := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for i, b := range bodies {
		f.Messages = append(f.Messages, imaptest.ScriptMessage{UID: uint32(i + 1), InternalDate: "01-Feb-2003 04:05:06 +0530", Body: []byte(b)})
	}
	return f
}

// TestPlaceholders: what Exchange gives in place of a message is never taken for
// it; mail that looks like it, and the same text of another server, is.
func TestPlaceholders(t *testing.T) {
	folder := holding(body1, stub, quotesStub)
	got, failures, _, err := scripted(t, imaptest.Script{Greeting: exchange, Folders: []*imaptest.ScriptFolder{folder}})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d messages, error %v", len(got), err)
	}
	checkFailed(t, failures, 2)
	if !strings.Contains(failures[0].Error(), "calendar") {
		t.Errorf("the reason is %v", failures[0])
	}
	got, failures, _, err = scripted(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
	if err != nil || len(got) != 3 || len(failures) > 0 {
		t.Errorf("of another server: %d messages, error %v, failures %v", len(got), err, failures)
	}
}

// TestExchange: throttled again and again, cut off, with wrong sizes: all arrives.
func TestExchange(t *testing.T) {
	logins, fetches := 0, 0
	got, failures, _, err := scripted(t, imaptest.Script{Greeting: exchange, Folders: []*imaptest.ScriptFolder{three()},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			switch command.Name {
			case "AUTHENTICATE":
				if logins++; logins == 1 {
					c.Refuse(command, "BAD User is authenticated but not connected.")
					return true
				}
			case "UID FETCH":
				if !strings.Contains(command.Args, "BODY.PEEK[]") {
					return false
				}
				switch fetches++; fetches {
				case 1:
					c.Refuse(command, "BAD Request is throttled. Suggested Backoff Time: 30 milliseconds")
					return true
				case 2:
					c.Say(fetchLine(1, 1, body1), "* BYE Connection closed. 14")
					c.Close()
					return true
				}
				c.Say("* 2 FETCH (RFC822.SIZE 43498 UID 2)") // of 93995 in a log of outlook.com
			}
			return false
		}})
	if err != nil || len(failures) > 0 || len(got) != 3 {
		t.Fatalf("%d messages, error %v, failures %v", len(got), err, failures)
	}
	for m := range got {
		if m.digest != digestOf(m.uid) {
			t.Errorf("UID %d: not its octets", m.uid)
		}
	}
}

// TestDailyLimit: a provider that lets nothing more through today is not asked
// again, neither for a login nor message by message, and the password is not
// blamed.
func TestDailyLimit(t *testing.T) {
	const says = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"
	for _, name := range []string{"AUTHENTICATE", "UID FETCH"} {
		t.Run(name, func(t *testing.T) {
			_, _, server, err := scripted(t, imaptest.Script{Greeting: gmail,
				Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
					if command.Name != name || name == "UID FETCH" && !strings.Contains(command.Args, "BODY") {
						return false
					}
					c.Refuse(command, says)
					return true
				}})
			e, ok := errors.AsType[*mailhaul.Error](err)
			if !ok || !errors.Is(err, mailhaul.ErrConnect) || errors.Is(err, mailhaul.ErrAuth) || !strings.Contains(e.Hint, "tomorrow") {
				t.Errorf("error %v, hint %q", err, e.Hint)
			}
			if n := server.Count("AUTHENTICATE"); n != 1 {
				t.Errorf("%d logins", n)
			}
		})
	}
}

// TestDailyLimitOfTarget: the daily limit is not a full account.
func TestDailyLimitOfTarget(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Greeting: gmail, Quirks: []imaptest.Quirk{
		imaptest.RefusesMessages("[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", func(imaptest.ScriptMessage) bool { return true })}})
	account := open(t, config(t, server.Addr, "me", "x", imapaccount.PlainText)).Target()
	account.Receipts(func([]mailhaul.Receipt) error { return nil })
	folders, err := account.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := &mailhaul.Folder{Name: "INBOX", At: folders[0]}
	if err := account.Prepare(t.Context(), []*mailhaul.Folder{f}); err != nil {
		t.Fatal(err)
	}
	for uid := range mailhaul.UID(5) {
		m := &mailhaul.Message{Folder: f, UID: uid + 1, Size: int64(len(body1)), Body: strings.NewReader(body1)}
		if err := account.Store(t.Context(), m); err != nil {
			break
		}
	}
	err = account.Flush(context.WithoutCancel(t.Context()))
	if !errors.Is(err, mailhaul.ErrConnect) || errors.Is(err, mailhaul.ErrFull) {
		t.Errorf("error %v", err)
	}
	if n := server.Count("APPEND"); n > 5 {
		t.Errorf("%d APPENDs of 5 messages", n)
	}
}

// TestCloudBulk: a server that serves few messages at once only, as iCloud does
// when it is busy, gives all of them.
func TestCloudBulk(t *testing.T) {
	var bodies []string
	for i := range 20 {
		bodies = append(bodies, fmt.Sprintf("Subject: %d\r\n\r\nbody\r\n", i+1))
	}
	got, failures, _, err := scripted(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{holding(bodies...)},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			set, err := mailhaul.ParseUIDSet(strings.Fields(command.Args + " 0")[0])
			if command.Name != "UID FETCH" || err != nil || set.Len() < 6 || !strings.Contains(command.Args, "BODY") {
				return false
			}
			c.Refuse(command, "NO Service temporarily unavailable")
			return true
		}})
	if err != nil || len(failures) > 0 || len(got) != 20 {
		t.Errorf("%d messages, error %v, failures %v", len(got), err, failures)
	}
}

// TestPauseIsObeyed: the time that Exchange names is waited.
func TestPauseIsObeyed(t *testing.T) {
	var first, second time.Time
	_, _, _, err := scripted(t, imaptest.Script{Greeting: exchange, Folders: []*imaptest.ScriptFolder{three()},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if command.Name != "UID FETCH" || !strings.Contains(command.Args, "BODY") {
				return false
			}
			if first.IsZero() {
				first = time.Now()
				c.Refuse(command, "BAD Request is throttled. Suggested Backoff Time: 150 milliseconds")
				return true
			}
			if second.IsZero() {
				second = time.Now()
			}
			return false
		}})
	if err != nil || second.Sub(first) < 150*time.Millisecond {
		t.Errorf("error %v, asked again after %s", err, second.Sub(first))
	}
}
