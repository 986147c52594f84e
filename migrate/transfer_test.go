package migrate_test

import (
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestTransfer: all real and difficult mail there is goes from one real server to
// another, and another client sees the same octets, flags, keywords and dates
// there. What differs is told by the run itself.
func TestTransfer(t *testing.T) {
	servers := map[string]func(testing.TB) *imaptest.Server{
		"dovecot": func(tb testing.TB) *imaptest.Server { return imaptest.Dovecot(tb) },
		"cyrus":   func(tb testing.TB) *imaptest.Server { return imaptest.Cyrus(tb) },
		"courier": imaptest.Courier,
	}
	for _, ends := range []string{"dovecot cyrus", "dovecot courier", "cyrus dovecot", "courier dovecot", "dovecot dovecot"} {
		t.Run(ends, func(t *testing.T) {
			a, b, _ := strings.Cut(ends, " ")
			p := newPair(t, servers[a](t), servers[b](t))
			put := fill(t, servers[a](t), p.from.user, p.from.password)
			s, err := p.migrate(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d put, %+v, altered %d, failed %d", put, s.Counts, len(s.Altered), len(s.Failures))
			for i, f := range s.Failures {
				if i < 20 {
					t.Log("failed:", f)
				}
			}
			for i, f := range s.Altered {
				if i < 20 {
					t.Log("altered:", f)
				}
			}
			for _, n := range p.notices {
				t.Log("notice:", n)
			}
			want, got := p.from.seen(t), p.to.seen(t)
			for folder, messages := range want {
				equal(t, folder, messages, got[folder])
			}
			again := p.must(t)
			t.Logf("second run: %+v", again.Counts)
		})
	}
}
