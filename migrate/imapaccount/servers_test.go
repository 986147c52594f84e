package imapaccount_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// config is an account on a server reached at address.
func config(tb testing.TB, address, user, password string, security imapaccount.Security) imapaccount.Config {
	tb.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		tb.Fatal(err)
	}
	return imapaccount.Config{Host: host, Port: number, User: user, Password: password, Security: security,
		RootCAs: imaptest.Certs(tb).Pool, Timeout: 20 * time.Second, RetryPause: time.Millisecond, Retries: 3}
}

func open(tb testing.TB, c imapaccount.Config) *imapaccount.Account {
	tb.Helper()
	a, err := imapaccount.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.Close() })
	return a
}

// mail is what a message is known by in these tests.
type mail struct {
	folder string
	uid    mailhaul.UID
	flags  mailhaul.Flags
	date   string
	digest [sha256.Size]byte
}

// haul lists and fetches all of an account.
func haul(ctx context.Context, a *imapaccount.Account) (map[mail]int, []error, error) {
	folders, err := a.Folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	var requests []mailhaul.ListRequest
	for _, f := range folders {
		if !f.NoSelect {
			requests = append(requests, mailhaul.ListRequest{Folder: f})
		}
	}
	var work []mailhaul.Work
	var failures []error
	err = a.List(ctx, requests, func(l mailhaul.Listing) error {
		if l.Err != nil {
			failures = append(failures, l.Err)
		}
		work = append(work, mailhaul.Work{Folder: l.Folder, UIDs: l.Live})
		return nil
	})
	if err != nil {
		return nil, failures, err
	}
	got := map[mail]int{}
	var mu sync.Mutex
	err = a.Fetch(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			mu.Lock()
			defer mu.Unlock()
			failures = append(failures, m.Err)
			return nil
		}
		h := sha256.New()
		n, err := io.Copy(h, m.Body)
		if err != nil {
			return err
		}
		if n != m.Size {
			return fmt.Errorf("UID %d: body of %d octets, announced %d", m.UID, n, m.Size)
		}
		mu.Lock()
		defer mu.Unlock()
		date := ""
		if !m.InternalDate.IsZero() {
			date = m.InternalDate.Format("02-Jan-2006 15:04:05 -0700")
		}
		got[mail{m.Folder.Name, m.UID, m.Flags, date, [sha256.Size]byte(h.Sum(nil))}]++
		return nil
	})
	return got, failures, err
}

func servers(tb testing.TB) map[string]*imaptest.Server {
	return map[string]*imaptest.Server{
		"dovecot": imaptest.Dovecot(tb), "dovecot poor": imaptest.Dovecot(tb, imaptest.Poor()),
		"cyrus": imaptest.Cyrus(tb), "courier": imaptest.Courier(tb),
	}
}

// TestServers hauls an account of each real server over each kind of line and
// compares it with what was put there.
func TestServers(t *testing.T) {
	for name, server := range servers(t) {
		t.Run(name, func(t *testing.T) {
			user, password := server.User(t)
			c := imaptest.Dial(t, server, user, password)
			seeded := imaptest.Seed(t, c, sample.Set{Messages: 300, Octets: 6 << 20})
			for _, security := range []imapaccount.Security{imapaccount.TLS, imapaccount.StartTLS, imapaccount.PlainText} {
				address := server.Addr
				if security == imapaccount.TLS {
					address = server.TLSAddr
				}
				a := open(t, config(t, address, user, password, security))
				got, failures, err := haul(t.Context(), a)
				if err != nil || len(failures) > 0 {
					t.Fatalf("security %d: %v, failures %v", security, err, failures)
				}
				if len(got) != seeded.Messages {
					t.Errorf("security %d: %d messages, want %d", security, len(got), seeded.Messages)
				}
				compareSeed(t, got, c, seeded)
			}
		})
	}
}

// compareSeed checks folder, octets, flags and date of each message.
func compareSeed(t *testing.T, got map[mail]int, c *imaptest.Client, seeded imaptest.Seeded) {
	t.Helper()
	type content struct {
		folder, date string
		flags        mailhaul.Flags
		digest       [sha256.Size]byte
	}
	have := map[content]int{}
	for m := range got {
		have[content{m.folder, m.date, m.flags, m.digest}]++
	}
	set := sample.Set{Messages: 300, Octets: 6 << 20}
	bad := 0
	for folder, m := range set.All(seeded.Folders) {
		day, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate)
		if err != nil {
			t.Fatal(err)
		}
		name := folder
		if c.Delimiter == "." && folder != "INBOX" {
			name = c.Prefix + strings.ReplaceAll(strings.ReplaceAll(folder, ".", "_"), "/", ".")
		}
		day = day.UTC() // these servers keep the instant only
		want := content{name, day.Format("02-Jan-2006 15:04:05 -0700"), mailhaul.MakeFlags(m.Flags...), sha256.Sum256(m.Body)}
		if have[want] == 0 {
			if bad++; bad < 4 {
				t.Errorf("not there as given: folder %q, date %s, flags %s", want.folder, want.date, want.flags)
			}
		}
		have[want]--
	}
	if bad > 0 {
		t.Errorf("%d messages are not there as given", bad)
		n := 0
		for h, k := range have {
			if k > 0 && n < 4 {
				n++
				t.Logf("instead: %q %s %s", h.folder, h.date, h.flags)
			}
		}
	}
}

func TestNamespaces(t *testing.T) {
	for name, want := range map[string]imapaccount.Namespace{"dovecot": {Prefix: "", Delimiter: "/"}, "cyrus": {Prefix: "", Delimiter: "/"}, "courier": {Prefix: "INBOX.", Delimiter: "."}} {
		server := servers(t)[name]
		user, password := server.User(t)
		a := open(t, config(t, server.Addr, user, password, imapaccount.PlainText))
		if _, err := a.Folders(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := a.Namespaces().Personal; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestMechanisms(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	for _, mechanism := range []string{"", "PLAIN", "SCRAM-SHA-256", "LOGIN"} {
		t.Run("mechanism "+mechanism, func(t *testing.T) {
			c := config(t, server.TLSAddr, user, password, imapaccount.TLS)
			c.Mechanism = mechanism
			open(t, c)
		})
	}
	for name, server := range map[string]*imaptest.Server{"dovecot": server, "cyrus": imaptest.Cyrus(t)} {
		t.Run("authzid "+name, func(t *testing.T) {
			user, _ := server.User(t)
			c := config(t, server.TLSAddr, server.Master, server.MasterPassword, imapaccount.TLS)
			c.Authzid = user
			open(t, c)
		})
	}
}

// digestOf is the digest of message uid of the scripted folder.
func digestOf(uid mailhaul.UID) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "Subject: %d\r\n\r\nbody\r\n", uid))
}
