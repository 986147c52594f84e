//go:build linux

package limittest_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// account is one on a server that makes up each message when it is asked for, and
// of a message that it is sent keeps nothing but its number: it may have millions.
// It has one folder, INBOX.
type account struct {
	url      string
	validity uint32
	numbers  []uint32 // of the messages with UIDs 1, 2, 3 and so on
	octets   int      // the size of a message
}

// newAccount starts a server for an account with n messages.
func newAccount(t *testing.T, n, octets int, capabilities string) *account {
	t.Helper()
	a := &account{validity: 7, octets: octets, numbers: make([]uint32, n)}
	for i := range a.numbers {
		a.numbers[i] = uint32(i + 1)
	}
	server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN " + capabilities, Answer: a.answer})
	a.url = "imap://me@" + server.Addr + "?tls=off"
	return a
}

// text makes the message with a number.
func (a *account) text(number uint32) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Message-ID: <%d@large.example>\r\nFrom: a@example.org\r\nSubject: message %d\r\n"+
		"Date: Thu, 1 Jan 2004 00:00:00 +0000\r\n\r\n", number, number)
	line := strings.Repeat("0123456789", 7) + "\r\n"
	for b.Len() < a.octets {
		b.WriteString(line)
	}
	return b.Bytes()
}

// numberOf is the inverse of text.
func numberOf(text []byte) uint32 {
	var n uint32
	if _, err := fmt.Sscanf(string(text[:min(len(text), 40)]), "Message-ID: <%d@", &n); err != nil {
		panic(err)
	}
	return n
}

// answer answers what is about the folder and its messages.
func (a *account) answer(c *imaptest.ScriptConn, command imaptest.Command) bool {
	switch command.Name {
	case "LIST":
		c.Say(`* LIST (\Subscribed) "/" INBOX`)
		if strings.Contains(command.Args, "STATUS") {
			c.Say(a.status())
		}
	case "STATUS":
		c.Say(a.status())
	case "SELECT", "EXAMINE":
		c.Say(fmt.Sprintf("* %d EXISTS", len(a.numbers)), fmt.Sprintf("* OK [UIDVALIDITY %d] valid", a.validity),
			fmt.Sprintf("* OK [UIDNEXT %d] next", len(a.numbers)+1), `* OK [PERMANENTFLAGS (\Seen \Deleted \Flagged \*)] kept`)
	case "UID SEARCH":
		c.Say(fmt.Sprintf(`* ESEARCH (TAG "%s") UID%s`, command.Tag, a.all()))
	case "UID FETCH":
		a.fetch(c, command)
	case "APPEND":
		first := len(a.numbers) + 1
		for _, text := range command.Literals {
			a.numbers = append(a.numbers, numberOf(text))
		}
		c.OK(command, fmt.Sprintf("[APPENDUID %d %d:%d] stored", a.validity, first, len(a.numbers)))
		return true
	case "CREATE", "SUBSCRIBE", "CLOSE", "UNSELECT", "NOOP", "UID STORE":
	default:
		return false
	}
	c.OK(command, "done")
	return true
}

func (a *account) all() string {
	if len(a.numbers) == 0 {
		return ""
	}
	return fmt.Sprintf(" ALL 1:%d", len(a.numbers))
}

func (a *account) status() string {
	return fmt.Sprintf("* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)", len(a.numbers), len(a.numbers)+1, a.validity)
}

func (a *account) fetch(c *imaptest.ScriptConn, command imaptest.Command) {
	text, items, _ := strings.Cut(command.Args, " ")
	text = strings.ReplaceAll(text, "*", strconv.Itoa(len(a.numbers)))
	uids, err := mailhaul.ParseUIDSet(text)
	if err != nil {
		panic(err)
	}
	for uid := range uids.All() {
		if int(uid) > len(a.numbers) {
			return
		}
		m := imaptest.ScriptMessage{UID: uint32(uid), Flags: []string{`\Seen`}}
		if strings.Contains(items, "BODY") || strings.Contains(items, "SIZE") {
			m.Body = a.text(a.numbers[uid-1])
		}
		c.SayMessage(int(uid), m, items)
	}
}
