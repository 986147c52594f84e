package imaptest_test

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// realServers are the servers that each test of this file runs with.
func realServers(t *testing.T) []*imaptest.Server {
	return []*imaptest.Server{imaptest.Dovecot(t), imaptest.Cyrus(t), imaptest.Courier(t)}
}

// instant makes a key comparable that was read from a server which tells an
// INTERNALDATE in a zone of its own.
func instant(t *testing.T, m imaptest.ReferenceMessage) string {
	t.Helper()
	at, err := time.Parse("_2-Jan-2006 15:04:05 -0700", strings.TrimSpace(m.InternalDate))
	if err != nil {
		t.Fatal(err)
	}
	m.InternalDate = at.UTC().Format(time.RFC3339)
	return m.Key()
}

// TestServersGiveWhatWasPut seeds an account and reads it with another client:
// all messages in their folders with octets, flags, keywords and dates.
func TestServersGiveWhatWasPut(t *testing.T) {
	refused := map[string][]string{ // the names that each server will not have
		"dovecot": nil,
		"cyrus":   {"100% sure", "a,b;c", `back\slash`, `with "quotes"`},
		"courier": {"Emoji 😀 box"},
	}
	for _, s := range realServers(t) {
		t.Run(s.Name, func(t *testing.T) {
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			set := sample.Set{Messages: 120, Octets: 600_000}
			seeded := imaptest.Seed(t, c, set)
			if got := slices.Sorted(maps.Keys(seeded.Refused)); !slices.Equal(got, refused[s.Name]) {
				t.Errorf("refused folders %q, want %q", got, refused[s.Name])
			}
			if seeded.Messages != set.Messages {
				t.Errorf("seeded %d messages, want %d", seeded.Messages, set.Messages)
			}
			want := map[string]int{}
			for folder, m := range set.All(seeded.Folders) {
				sum := sha256.Sum256(m.Body)
				want[instant(t, imaptest.ReferenceMessage{
					Folder: c.Wire(folder), Flags: slices.Sorted(slices.Values(m.Flags)), InternalDate: m.InternalDate,
					Size: int64(len(m.Body)), SHA256: hex.EncodeToString(sum[:]),
				})]++
			}
			for _, m := range imaptest.Reference(t, s.Addr, user, password) {
				key := instant(t, m)
				if want[key]--; want[key] < 0 {
					t.Errorf("unexpected: %s", key)
				}
			}
			for key, n := range want {
				if n > 0 {
					t.Errorf("missing: %s", key)
				}
			}
		})
	}
}

// login opens a connection by dial and authenticates with PLAIN, for another
// user where authzid says so. It returns the server's answer.
func login(t *testing.T, conn net.Conn, authzid, user, password string) string {
	t.Helper()
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if _, plain := conn.(*net.TCPConn); plain {
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	response := base64.StdEncoding.EncodeToString([]byte(authzid + "\x00" + user + "\x00" + password))
	if _, err := fmt.Fprint(conn, "a AUTHENTICATE PLAIN\r\n"); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "+") {
			if _, err := fmt.Fprint(conn, response+"\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(line, "a ") {
			return line
		}
	}
}

// connectTLS connects and negotiates TLS by STARTTLS or from the first octet on.
func connectTLS(t *testing.T, addr string, implicit bool) (net.Conn, error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if !implicit {
		r := bufio.NewReader(conn)
		for _, step := range []struct{ send, want string }{{"", "* OK"}, {"s STARTTLS\r\n", "s OK"}} {
			if _, err := fmt.Fprint(conn, step.send); err != nil {
				t.Fatal(err)
			}
			if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, step.want) {
				t.Fatalf("got %q, %v; want %s", line, err, step.want)
			}
		}
	}
	secure := tls.Client(conn, &tls.Config{RootCAs: imaptest.Certs(t).Pool, ServerName: "127.0.0.1"})
	return secure, secure.Handshake()
}

// handshake connects with TLS and closes the connection again.
func handshake(t *testing.T, addr string, implicit bool) error {
	t.Helper()
	conn, err := connectTLS(t, addr, implicit)
	conn.Close()
	return err
}

func TestServersTakeLogins(t *testing.T) {
	for _, s := range realServers(t) {
		t.Run(s.Name, func(t *testing.T) {
			user, password := s.User(t)
			other, otherPassword := s.User(t)
			for _, test := range []struct {
				name                    string
				implicit                bool
				authzid, user, password string
				want                    string
			}{
				{"STARTTLS", false, "", user, password, "a OK"},
				{"implicit TLS", true, "", user, password, "a OK"},
				{"wrong password", true, "", user, otherPassword, "a NO"},
				{"not a master", true, other, user, password, "a NO"},
				{"master", true, user, s.Master, s.MasterPassword, "a OK"},
			} {
				if test.name == "not a master" && s.Name == "courier" {
					continue // Courier does not look at the authorization identity
				}
				if test.user == "" {
					continue // a server without a master
				}
				addr := map[bool]string{false: s.Addr, true: s.TLSAddr}[test.implicit]
				conn, err := connectTLS(t, addr, test.implicit)
				if err != nil {
					t.Fatal(err)
				}
				if got := login(t, conn, test.authzid, test.user, test.password); !strings.HasPrefix(got, test.want) {
					t.Errorf("%s: got %q, want %s", test.name, got, test.want)
				}
			}
		})
	}
}

func TestServersAnnounce(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func() *imaptest.Server
		has    []string
		lacks  []string
	}{
		{"dovecot", func() *imaptest.Server { return imaptest.Dovecot(t) },
			[]string{"LIST-STATUS", "ESEARCH", "CONDSTORE", "STATUS=SIZE", "MULTIAPPEND", "UIDPLUS", "COMPRESS=DEFLATE"}, nil},
		{"poor dovecot", func() *imaptest.Server { return imaptest.Dovecot(t, imaptest.Poor()) },
			[]string{"IMAP4rev1"}, []string{"LIST-STATUS", "ESEARCH", "CONDSTORE", "STATUS=SIZE", "MULTIAPPEND", "LITERAL+"}},
		{"dovecot with some", func() *imaptest.Server {
			return imaptest.Dovecot(t, imaptest.Capability("IMAP4rev1", "UIDPLUS"), imaptest.Format("maildir"), imaptest.Fsync("optimized"))
		}, []string{"UIDPLUS"}, []string{"LIST-STATUS"}},
		{"cyrus", func() *imaptest.Server { return imaptest.Cyrus(t) },
			[]string{"LIST-STATUS", "CONDSTORE", "MULTIAPPEND"}, nil},
		{"courier", func() *imaptest.Server { return imaptest.Courier(t) },
			[]string{"UIDPLUS", "NAMESPACE"}, []string{"LIST-STATUS", "ESEARCH", "CONDSTORE", "MULTIAPPEND", "LITERAL+"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.server()
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			for _, capability := range test.has {
				if !c.Has(capability) {
					t.Errorf("%s is missing", capability)
				}
			}
			for _, capability := range test.lacks {
				if c.Has(capability) {
					t.Errorf("%s is announced", capability)
				}
			}
			if err := c.Append("INBOX", sample.Mail{Body: []byte("Subject: x\r\n\r\n")}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestServersLimitConnections uses an option that only some tests need.
func TestServersLimitConnections(t *testing.T) {
	s := imaptest.Dovecot(t, imaptest.MaxConnections(2), imaptest.Setting("imap_logout_format", "bye"))
	user, password := s.User(t)
	imaptest.Dial(t, s, user, password)
	imaptest.Dial(t, s, user, password)
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if got := login(t, conn, "", user, password); !strings.Contains(got, "Maximum number of connections") {
		t.Errorf("third connection: %q", got)
	}
}

// TestServersAndDifficultMail holds what each server refuses and alters, so that
// tests of exactness know what to expect.
func TestServersAndDifficultMail(t *testing.T) {
	bareLF := []string{"only LF", "LF throughout", "LF and CRLF mixed", "final LF"}
	for _, test := range []struct {
		server           *imaptest.Server
		refused, altered []string
	}{
		{imaptest.Dovecot(t), []string{"no octet"}, append([]string{"only CR", "final CR", "CRCRLF", "NUL"}, bareLF...)},
		{imaptest.Cyrus(t), append([]string{
			"no octet", "one octet", "header without its end", "NUL", "quoted separator first", "5 MB without a line end",
		}, bareLF...), nil},
		// Courier stores lines with LF and ends the last one: a CR goes that is
		// not part of a line end, and a missing end is made.
		{imaptest.Courier(t), nil, append([]string{
			"no octet", "one octet", "only CR", "header without its end", "no final line end", "final CR", "separator last",
			"bare CR in the body", "bare CR in the header", "CRCRLF", "5 MB without a line end", "1,000 parts in one another",
		}, bareLF...)},
	} {
		t.Run(test.server.Name, func(t *testing.T) {
			s := test.server
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			var names, hashes, refused, altered []string
			for name, body := range sample.Difficult() {
				err := c.Append("INBOX", sample.Mail{Body: body})
				if errors.Is(err, imaptest.ErrRefused) {
					refused = append(refused, name)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(body)
				names, hashes = append(names, name), append(hashes, hex.EncodeToString(sum[:]))
			}
			got := imaptest.Reference(t, s.Addr, user, password)
			if len(got) != len(names) {
				t.Fatalf("%d messages, want %d", len(got), len(names))
			}
			for i, m := range got { // in the order of their UIDs
				if m.SHA256 != hashes[i] {
					altered = append(altered, names[i])
				}
			}
			for _, list := range [][]string{refused, altered, test.refused, test.altered} {
				slices.Sort(list)
			}
			if !slices.Equal(refused, test.refused) {
				t.Errorf("refused %q\nwant %q", refused, test.refused)
			}
			if !slices.Equal(altered, test.altered) {
				t.Errorf("altered %q\nwant %q", altered, test.altered)
			}
		})
	}
}
