//go:build linux

package crashtest_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// mailbag is what an account holds, counted: how many messages there are of one
// folder, flags, instant of arrival and octets. Nothing else tells them apart.
type mailbag map[string]int

// readMail reads an account with a client that is none of ours.
func readMail(tb testing.TB, l login) mailbag {
	tb.Helper()
	b := mailbag{}
	for _, m := range imaptest.Reference(tb, l.addr, l.user, l.password) {
		date, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate)
		if err != nil {
			tb.Fatal(err)
		}
		b.add(m.Folder, m.Flags, date, m.SHA256)
	}
	return b
}

// add counts a message.
func (b mailbag) add(folder string, flags []string, date time.Time, octets string) {
	if strings.EqualFold(folder, "INBOX") {
		folder = "INBOX"
	}
	b[fmt.Sprintf("%s|%s|%s|%s", folder, strings.Join(slices.Sorted(slices.Values(flags)), " "), date.UTC().Format(time.DateTime), octets)]++
}

func (b mailbag) len() (n int) {
	for _, k := range b {
		n += k
	}
	return n
}

// mostNamed is how many messages an error names.
const mostNamed = 8

// compare tells what another account lacks, and has too many of.
func (b mailbag) compare(other mailbag) error {
	var found []string
	var kinds []error
	tell := func(m string, want, have int) {
		if want == have {
			return
		}
		found = append(found, fmt.Sprintf("%s: %d, want %d", m, have, want))
		kind := errDoubled
		if have < want {
			kind = errLost
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	for m, n := range b {
		tell(m, n, other[m])
	}
	for m, n := range other {
		if b[m] == 0 {
			tell(m, 0, n)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, cmp.Compare)
	more := ""
	if n := len(found) - mostNamed; n > 0 {
		found, more = found[:mostNamed], fmt.Sprintf("\nand %d more", n)
	}
	return fmt.Errorf("%w: %d messages, want %d:\n%s%s", errors.Join(kinds...), other.len(), b.len(), strings.Join(found, "\n"), more)
}
