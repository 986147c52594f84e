package imapaccount

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// feed gives octets as a server's answers to a session.
func feed(octets []byte) *session {
	near, far := net.Pipe()
	go func() {
		far.Write(octets) //nolint:errcheck // the session may have enough before the end
		far.Close()
	}()
	c := wire.NewConn(near, wire.Options{Timeout: time.Second})
	return &session{conn: c, r: response{c: c}}
}

// FuzzFetch: whatever a server sends in place of FETCH answers, reading ends
// without a panic, and no body is longer than announced.
func FuzzFetch(f *testing.F) {
	for _, seed := range []string{
		"* 1 FETCH (UID 1 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] {3}\r\nabc)\r\nh1 OK\r\n",
		"* 1 FETCH (BODY[HEADER.FIELDS (\"a]\" b)] {0}\r\n UID 4294967295 X ((((NIL))) \"\\\"\" {2}\r\nxx))\r\nh1 NO [X y] z\r\n",
		"* 1 FETCH (UID 0 BODY[] \"abc\" BODY[]<0> NIL)\r\n* BYE\r\n", "* 99999999999 X\r\n", "* 1 FETCH (FLAGS (\r\n", "* 1 FETCH (UID 1 BODY[] {99}\r\nshort",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		s := feed(octets)
		defer s.conn.Close()
		reader := fetchReader{map[string]mailhaul.Flags{}}
		s.wait("h1", 100, maxLine, func(_ uint32, word string, r *response) error { //nolint:errcheck // any end will do
			if word != "FETCH" {
				return nil
			}
			_, err := reader.read(r, func(_ fetched, b *body) error {
				n, err := io.Copy(io.Discard, b)
				if n > b.size || err == nil && n != b.size {
					t.Errorf("%d octets, %d announced, error %v", n, b.size, err)
				}
				return err
			})
			return err
		})
	})
}

// FuzzList: the same for the answers to LIST and its companions.
func FuzzList(f *testing.F) {
	for _, seed := range []string{
		"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\" (CHILDINFO (\"SUBSCRIBED\"))\r\n* STATUS Sent (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\nh1 OK\r\n",
		"* LIST () NIL {4}\r\na\r\nb\r\nh1 OK\r\n", "* NAMESPACE ((\"\" \"/\")(\"x\" NIL \"EXT\" (\"a\"))) NIL ((\"#\" \".\"))\r\nh1 OK\r\n",
		"* LSUB (\\Noselect) \".\" INBOX.&AP-\r\nh1 BAD\r\n", "* LIST (((((\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		s := feed(octets)
		defer s.conn.Close()
		l := &lister{s: s, byRaw: map[string]*mailhaul.Folder{}, subscribed: map[string]bool{}}
		s.wait("h1", 100, maxLine, l.answer) //nolint:errcheck // any end will do
		names := map[string]bool{}
		for _, folder := range l.folders {
			if names[folder.Name] && folder.Name != "INBOX" {
				t.Errorf("two folders are called %q", folder.Name)
			}
			names[folder.Name] = true
		}
	})
}

// FuzzName: two raw names never stand for one folder, and each name that can be
// spelled comes back.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"INBOX", "Entw&APw-rfe", "&-", "&", "&AGE-", "&2D3eAA-", "a&b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name := decodeName(raw, false)
		if name != raw && encodeUTF7(name) != raw {
			t.Errorf("%q decodes to %q, which is spelled %q", raw, name, encodeUTF7(name))
		}
	})
}
