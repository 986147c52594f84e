package imapaccount_test

import (
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// identities asks for what the messages of the first folder are known by.
func identities(t *testing.T, server *imaptest.ScriptServer) (map[mailhaul.UID]string, error) {
	t.Helper()
	account := open(t, config(t, server.Addr, "me", "x", imapaccount.PlainText))
	folders, err := account.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var uids mailhaul.UIDSet
	uids.AddRange(mailhaul.UIDRange{First: 1, Last: 3})
	var mu sync.Mutex
	got := map[mailhaul.UID]string{}
	err = account.Identities(t.Context(), []mailhaul.Work{{Folder: folders[0], UIDs: uids}}, func(m *mailhaul.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if m.Err != nil {
			return nil
		}
		id, err := io.ReadAll(m.Body)
		got[m.UID] = fmt.Sprintf("%s %d", id, m.Size)
		return err
	})
	return got, err
}

// TestIdentities: what is a number of up to 64 bits is taken, with the size; all
// else is a message that is not known.
func TestIdentities(t *testing.T) {
	const first, third = "* 1 FETCH (X-GM-MSGID 1278455344230334865 UID 1 RFC822.SIZE 10)\r\n", "\r\n* 3 FETCH (UID 3 RFC822.SIZE 30 X-GM-MSGID 18446744073709551615)"
	both := map[mailhaul.UID]string{1: "1278455344230334865 10", 3: "18446744073709551615 30"}
	for name, say := range map[string]string{
		"missing":      "* 2 FETCH (UID 2 RFC822.SIZE 20)",
		"no size":      "* 2 FETCH (UID 2 X-GM-MSGID 5)",
		"NIL":          "* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID NIL)",
		"zero":         "* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID 0)",
		"too large":    "* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID 18446744073709551616)",
		"string":       `* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID "5")`,
		"literal":      "* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID {1}\r\n5)",
		"list":         "* 2 FETCH (UID 2 RFC822.SIZE 20 X-GM-MSGID (5 6))",
		"not asked":    "* 9 FETCH (UID 99 RFC822.SIZE 20 X-GM-MSGID 5)",
		"twice":        strings.TrimSuffix(first, "\r\n"),
		"with a body":  "* 2 FETCH (UID 2 BODY[] {3}\r\nabc RFC822.SIZE 20)",
		"without UID":  "* 2 FETCH (RFC822.SIZE 20 X-GM-MSGID 5)",
		"only flags":   "* 2 FETCH (UID 2 FLAGS (\\Seen))",
		"other answer": "* 7 EXISTS",
	} {
		t.Run(name, func(t *testing.T) {
			server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=PLAIN X-GM-EXT-1", Folders: []*imaptest.ScriptFolder{three()},
				Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
					if !strings.Contains(command.Args, "X-GM-MSGID") {
						return false
					}
					c.Say(first + say + third)
					c.OK(command, "done")
					return true
				}})
			if got, err := identities(t, server); err != nil || !maps.Equal(got, both) {
				t.Errorf("got %v, error %v", got, err)
			}
		})
	}
}

// TestIdentitiesOfOthers: a server that does not announce them is not asked.
func TestIdentitiesOfOthers(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
	if got, err := identities(t, server); err != nil || len(got) > 0 || server.Count("UID FETCH") > 0 {
		t.Errorf("got %v, error %v, commands %v", got, err, server.Commands())
	}
}
