//go:build linux

package crashtest_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// The account of all tests but those against a real server.
const (
	user     = "me"
	password = "secret"
)

// key names a message of an account.
type key struct {
	folder string
	uid    mailhaul.UID
}

// mail is what an archive must have of a message.
type mail struct {
	digest mailhaul.Digest
	size   int64
	flags  mailhaul.Flags
}

// account is a server with a few messages, which are given octet for octet.
type account struct {
	server  *imaptest.ScriptServer
	folders []*imaptest.ScriptFolder
	// gone are messages that the server had once.
	gone map[key]mail
}

func message(uid uint32, body string, flags ...string) imaptest.ScriptMessage {
	return imaptest.ScriptMessage{
		UID: uid, Flags: flags, InternalDate: "17-Jul-1996 02:44:25 -0700", Body: []byte(body),
	}
}

// large is a message that is streamed, and whose line ends turn out late to be
// such that it must be stored as it is.
func large() string {
	head := "Message-ID: <large@example.org>\r\nSubject: large\r\n\r\n"
	return head + strings.Repeat("From here on it goes on and on, line by line.\r\n", 24000) + "a bare\nline feed\r\n"
}

// newAccount starts a server with five messages in two folders, each a trap of
// its own for who stores it.
func newAccount(tb testing.TB) *account {
	tb.Helper()
	a := &account{gone: map[key]mail{}, folders: []*imaptest.ScriptFolder{
		{Name: "INBOX", UIDValidity: 7, Messages: []imaptest.ScriptMessage{
			message(1, "Message-ID: <1@example.org>\r\nSubject: plain\r\n\r\nHello.\r\n", `\Seen`),
			message(2, "Message-ID: <2@example.org>\r\n\r\nFrom me.\r\n>From you.\r\n\r\nFrom us", `\Flagged`, "$Label1"),
			message(4, ""),
		}},
		{Name: "Work", UIDValidity: 8, Messages: []imaptest.ScriptMessage{
			message(3, "Subject: \xe4\x00\r\n\r\nbare\rline\nends \xff"),
			message(9, large(), `\Answered`),
		}},
	}}
	a.server = imaptest.NewScript(tb, imaptest.Script{
		User: user, Password: password, Folders: a.folders,
		Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN LIST-STATUS ESEARCH",
	})
	return a
}

// arriving is how many messages arrive at once: more than are synced one by one.
const arriving = 12

// change lets time pass: a message is deleted, another one gets other flags, and
// some arrive. No client may be connected.
func (a *account) change() {
	inbox, work := a.folders[0], a.folders[1]
	a.gone[key{"INBOX", 2}] = mailOf(inbox.Messages[1])
	inbox.Messages = append(inbox.Messages[:1:1], inbox.Messages[2:]...)
	inbox.Messages[0].Flags = []string{`\Seen`, `\Answered`}
	inbox.Messages = append(inbox.Messages, message(6, "Subject: late\r\n\r\nOne more.\r\n", `\Draft`))
	work.Messages = append(work.Messages,
		message(10, "Subject: later\r\n\r\n"+strings.Repeat("Line.\r\n", 2000)),
		message(11, "no header, no line end"))
	for uid := uint32(20); len(work.Messages) < arriving; uid++ {
		work.Messages = append(work.Messages, message(uid, fmt.Sprintf("Subject: %d\r\n\r\nText.\r\n", uid)))
	}
}

func mailOf(m imaptest.ScriptMessage) mail {
	return mail{sha256.Sum256(m.Body), int64(len(m.Body)), mailhaul.MakeFlags(m.Flags...)}
}

// mails returns what the server has.
func (a *account) mails() map[key]mail {
	all := map[key]mail{}
	for _, f := range a.folders {
		for _, m := range f.Messages {
			all[key{f.Name, mailhaul.UID(m.UID)}] = mailOf(m)
		}
	}
	return all
}

// known returns what the server has or had once.
func (a *account) known() map[key]mail {
	all := a.mails()
	maps.Copy(all, a.gone)
	return all
}

// url is how the program is told of the account at addr.
func url(user, addr string) string {
	return fmt.Sprintf("imap://%s@%s?tls=off", user, addr)
}

// lines splits text into its lines, without what a cut-off one begins.
func lines(text []byte) [][]byte {
	all := bytes.Split(text, []byte("\n"))
	return all[:len(all)-1]
}
