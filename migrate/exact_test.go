package migrate_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestExact: all real and difficult mail there is, and every folder name that a
// server takes, put on each real server and backed up in each format: octets,
// flags, keywords and dates are those that another client sees.
func TestExact(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *imaptest.Server{
		"dovecot": func(tb testing.TB) *imaptest.Server { return imaptest.Dovecot(tb) },
		"poor": func(tb testing.TB) *imaptest.Server {
			return imaptest.Dovecot(tb, imaptest.Poor(), imaptest.Format("maildir"))
		},
		"cyrus":   func(tb testing.TB) *imaptest.Server { return imaptest.Cyrus(tb) },
		"courier": imaptest.Courier,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // servers are mostly waited for
			server := start(t)
			user, password := server.User(t)
			share := 1
			if name == "poor" { // another way to speak, not another server
				share = 4
			}
			put := fill(t, server, user, password, share)
			formats(t, func(t *testing.T, format archive.Format) {
				w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: format}
				s := w.must(t)
				if s.New != int64(put) {
					t.Errorf("%d messages new, %d were put there", s.New, put)
				}
				w.same(t)
				if s := w.must(t); s.New != 0 || s.Octets != 0 {
					t.Errorf("second run: %+v", s.Counts)
				}
			})
		})
	}
}

// appenders is how many connections fill an account. Courier's wait for each
// other's locks.
func appenders(server *imaptest.Server) int {
	if server.Name == "courier" {
		return 1
	}
	return 4
}

// fill puts everything, or every share-th message of the corpus, into an account
// and returns the number of messages.
func fill(t *testing.T, server *imaptest.Server, user, password string, share int) int {
	t.Helper()
	client := imaptest.Dial(t, server, user, password)
	seeded := imaptest.Seed(t, client, sample.Set{Messages: 120, Octets: 1 << 20})
	if err := client.Create("corpus"); err != nil {
		t.Fatal(err)
	}
	flags := [][]string{nil, {`\Seen`}, {`\Seen`, "$Forwarded"}, {`\Flagged`, `\Answered`, "Work"}, {`\Draft`}, {`\Deleted`}}
	dates := []string{"17-Jul-1996 02:44:25 -0700", " 1-Jan-2000 00:00:00 +0000", "29-Feb-2004 23:59:59 +0545", "31-Dec-2037 12:00:00 +1400"}
	mails := make(chan sample.Mail)
	var put, refused atomic.Int64
	var workers sync.WaitGroup
	for range appenders(server) {
		c := imaptest.Dial(t, server, user, password)
		workers.Go(func() {
			for m := range mails {
				err := c.Append("corpus", m)
				if errors.Is(err, imaptest.ErrRefused) { // bare LF, on Cyrus
					m.Body = bytes.ReplaceAll(bytes.ReplaceAll(m.Body, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
					err = c.Append("corpus", m)
				}
				switch {
				case err == nil:
					put.Add(1)
				case errors.Is(err, imaptest.ErrRefused):
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	n := 0
	seen := 0
	for _, body := range imaptest.Corpus(t) {
		if seen++; seen%share != 0 {
			continue
		}
		// Courier takes 0.1 s for an APPEND: all but some are put into its Maildir.
		if server.Name == "courier" && n >= 100 {
			deliver(t, filepath.Join(server.Home(user), "Maildir", ".corpus", "cur", fmt.Sprintf("1000000000.%d.test:2,", n)), body)
			put.Add(1)
			n++
			continue
		}
		mails <- sample.Mail{Flags: flags[n%len(flags)], InternalDate: dates[n%len(dates)], Body: body}
		n++
	}
	close(mails)
	workers.Wait()
	t.Logf("the server took %d messages of the corpus and refused %d", put.Load(), refused.Load())
	if put.Load() < 60/int64(share) || refused.Load() > 20 {
		t.Error("too many refusals to call this a test")
	}
	return seeded.Messages + int(put.Load())
}

// deliver puts a message into a server's Maildir as a delivery agent would.
func deliver(t *testing.T, path string, body []byte) {
	t.Helper()
	letters := []string{"", "S", "FS", "RS", "D", "T"}
	path += letters[len(body)%len(letters)]
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
	date := time.Unix(1_000_000_000+int64(len(body)), 0)
	if err := os.Chtimes(path, date, date); err != nil {
		t.Fatal(err)
	}
}
