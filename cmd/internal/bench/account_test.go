package bench_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// account is a filled account and how it is reached.
type account struct {
	set            string // "M"
	addr           string // host:port
	user, password string
	messages       int
	octets         int64
}

// title tells people what is in the account.
func (a account) title() string {
	return fmt.Sprintf("%s (%d messages, %.0f MB)", a.set, a.messages, float64(a.octets)/1e6)
}

// over returns the account as it is reached by another address.
func (a account) over(addr string) account {
	a.addr = addr
	return a
}

// newAccount makes an empty account, whose mail goes when tb ends.
func newAccount(tb testing.TB, server *imaptest.Server, name string) account {
	tb.Helper()
	a := account{set: name, addr: server.Addr}
	a.user, a.password = server.User(tb)
	// The server may be at it still: what it then leaves goes with the server.
	tb.Cleanup(func() { _ = os.RemoveAll(server.Home(a.user)) })
	return a
}

// fill makes an account with a set of mail.
func fill(tb testing.TB, server *imaptest.Server, name string, set sample.Set) account {
	tb.Helper()
	a := newAccount(tb, server, name)
	c := imaptest.Dial(tb, server, a.user, a.password)
	seeded := imaptest.Seed(tb, c, set)
	a.messages, a.octets = seeded.Messages, seeded.Octets
	return a
}

// fillGiant makes an account with a single message of 1 GB.
func fillGiant(tb testing.TB, server *imaptest.Server, name string) account {
	tb.Helper()
	const header = "From: <a@example.org>\r\nSubject: giant\r\nMessage-ID: <giant@sample.example>\r\n\r\n"
	a := newAccount(tb, server, name)
	a.messages, a.octets = 1, 1e9
	c := imaptest.Dial(tb, server, a.user, a.password)
	body := io.LimitReader(io.MultiReader(strings.NewReader(header), &endless{line: strings.Repeat("M", 76) + "\r\n"}), a.octets)
	if err := c.AppendLarge("INBOX", sample.Mail{}, a.octets, body); err != nil {
		tb.Fatalf("append giant message: %v", err)
	}
	return a
}

// endless reads as one line again and again.
type endless struct {
	line string
	at   int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		k := copy(b[n:], e.line[e.at:])
		n += k
		e.at = (e.at + k) % len(e.line)
	}
	return n, nil
}

// accounts fills the accounts of the named sets.
func accounts(tb testing.TB, server *imaptest.Server, names string) []account {
	tb.Helper()
	sets := map[string]sample.Set{"S": sample.S(), "M": sample.M(), "L": sample.L()}
	var all []account
	for name := range strings.SplitSeq(names, ",") {
		set, known := sets[name]
		switch {
		case known:
			all = append(all, fill(tb, server, name, set))
		case name == "1G":
			all = append(all, fillGiant(tb, server, name))
		default:
			tb.Fatalf("there is no set %q", name)
		}
	}
	return all
}
