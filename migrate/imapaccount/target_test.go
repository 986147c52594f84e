package imapaccount_test

import (
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// takers are servers with and without what makes storing fast and sure.
func takers(t *testing.T) map[string]*imaptest.Server {
	all := servers(t)
	all["dovecot, no MULTIAPPEND"] = imaptest.Dovecot(t, imaptest.Capability("IMAP4rev1", "LITERAL+", "UIDPLUS"))
	all["dovecot, LITERAL-"] = imaptest.Dovecot(t, imaptest.Capability("IMAP4rev1", "LITERAL-", "MULTIAPPEND"))
	return all
}

func TestTargetContract(t *testing.T) {
	for name, server := range takers(t) {
		t.Run(name, func(t *testing.T) {
			endpointtest.Target(t, func(t *testing.T) (mailhaul.Target, func(mailhaul.Receipt) ([]byte, error)) {
				user, password := server.User(t)
				a := open(t, config(t, server.Addr, user, password, imapaccount.PlainText))
				return a.Target(), func(r mailhaul.Receipt) ([]byte, error) { return readBack(t, a, r) }
			})
		})
	}
}

// readBack reads the message that a receipt speaks of.
func readBack(t *testing.T, a *imapaccount.Account, r mailhaul.Receipt) (octets []byte, err error) {
	uid, _ := strconv.Atoi(r.Place)
	work := []mailhaul.Work{{Folder: r.Folder.At, UIDs: mailhaul.UIDSetOf(mailhaul.UID(uid))}}
	if uid == 0 { // the server does not tell: found by its subject, which is the UID
		return readBySubject(t, a, r)
	}
	err = a.Fetch(t.Context(), work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return m.Err
		}
		octets, err = io.ReadAll(m.Body)
		return err
	})
	return octets, err
}

func readBySubject(t *testing.T, a *imapaccount.Account, r mailhaul.Receipt) (octets []byte, err error) {
	var all mailhaul.UIDSet
	all.AddRange(mailhaul.UIDRange{First: 1, Last: 1000})
	want := fmt.Sprintf("Subject: %d\r\n\r\n", r.UID)
	err = a.Fetch(t.Context(), []mailhaul.Work{{Folder: r.Folder.At, UIDs: all}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		b, err := io.ReadAll(m.Body)
		if len(b) >= len(want) && string(b[:len(want)]) == want {
			octets = b
		}
		return err
	})
	return octets, err
}
