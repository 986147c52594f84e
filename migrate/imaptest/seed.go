package imaptest

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// Seeded tells what Seed has put into an account.
type Seeded struct {
	// Folders are the folders there are, by the names that people see.
	Folders []string
	// Refused are those that the server would not make, with its words.
	Refused map[string]error
	// Messages and Octets count what was put into them.
	Messages int
	Octets   int64
}

// Seed makes the folders of [sample.Folders] and fills them with a set of mail.
// The same set gives the same mail to every server that takes the same names.
func Seed(tb testing.TB, c *Client, set sample.Set) Seeded {
	tb.Helper()
	made, refused, err := c.CreateFolders(sample.Folders())
	if err != nil {
		tb.Fatalf("seed: %v", err)
	}
	out := Seeded{Folders: made, Refused: refused}
	for k, folder := range made {
		if err := c.AppendAll(folder, out.count(set.Folder(made, k))); err != nil {
			tb.Fatalf("seed: %v", err)
		}
	}
	return out
}

// SeedTwins makes the folders of [sample.TwinFolders] and fills them with twins.
// 10,000 of them take Dovecot less than a second.
func SeedTwins(tb testing.TB, c *Client, twins sample.Twins) Seeded {
	tb.Helper()
	made, refused, err := c.CreateFolders(sample.TwinFolders())
	if err != nil || len(refused) > 0 {
		tb.Fatalf("seed twins: %v, refused %v", err, refused)
	}
	out := Seeded{Folders: made, Refused: refused}
	for k, folder := range made {
		if err := c.AppendAll(folder, out.count(twins.Folder(k))); err != nil {
			tb.Fatalf("seed twins: %v", err)
		}
	}
	return out
}

// Churn changes a seeded account as time does: it adds the messages of set and
// changes a flag on every n-th message that was there before.
func Churn(tb testing.TB, c *Client, folders []string, set sample.Set, n int) Seeded {
	tb.Helper()
	out := Seeded{Folders: folders}
	for k, folder := range folders {
		uids, err := c.UIDs(folder)
		if err != nil {
			tb.Fatalf("churn: %v", err)
		}
		var changed []string
		for i := 0; i < len(uids); i += n {
			changed = append(changed, fmt.Sprint(uids[i]))
		}
		if len(changed) > 0 {
			op := []string{"+FLAGS", "-FLAGS"}[set.Round%2]
			if err := c.Store(folder, strings.Join(changed, ","), op, `\Flagged`); err != nil {
				tb.Fatalf("churn: %v", err)
			}
		}
		if err := c.AppendAll(folder, out.count(set.Folder(folders, k))); err != nil {
			tb.Fatalf("churn: %v", err)
		}
	}
	return out
}

// count passes mails on and counts them.
func (s *Seeded) count(mails iter.Seq[sample.Mail]) iter.Seq[sample.Mail] {
	return func(yield func(sample.Mail) bool) {
		for m := range mails {
			s.Messages++
			s.Octets += int64(len(m.Body))
			if !yield(m) {
				return
			}
		}
	}
}
