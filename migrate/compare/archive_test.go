package compare_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/compare"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestArchive: an account and its archive are alike, also where names have a
// prefix and octets are difficult; what is damaged on disk or changes on the
// server is named.
func TestArchive(t *testing.T) {
	for name, server := range map[string]*imaptest.Server{"dovecot": imaptest.Dovecot(t), "courier": imaptest.Courier(t)} {
		for _, format := range []archive.Format{archive.Maildir, archive.Mbox} {
			t.Run(name+" "+string(format), func(t *testing.T) {
				account := newAccount(t, server)
				account.must(account.Create("Work"))
				for what, octets := range sample.Difficult() {
					if err := account.Append("Work", sample.Mail{Body: octets}); err != nil {
						t.Logf("%s: %v", what, err) // not every server takes every one
					}
				}
				account.must(account.AppendAll("INBOX", sample.Set{Messages: 50, Octets: 5e5}.Folder([]string{"INBOX"}, 0)))
				kept, dir := keep(t, account, format)
				told, s := run(t, account.source(), kept.Source(archive.SourceOptions{}), compare.Options{Zones: true})
				if len(told) > 0 || s.Identical < 60 || s.Identical != s.Counts.A || s.Identical != s.Counts.B {
					t.Errorf("%+v\n%s", s.Counts, strings.Join(lines(told), "\n"))
				}
				account.must(account.Delete("INBOX", "3"))
				account.must(account.Append("INBOX", sample.Mail{Body: []byte("Subject: new\r\n\r\n")}))
				if format == archive.Maildir {
					damage(t, dir)
				}
				told, _ = run(t, account.source(), kept.Source(archive.SourceOptions{}), compare.Options{})
				kinds := map[compare.Kind]int{}
				for _, d := range told {
					kinds[d.Kind]++
				}
				if kinds[compare.Extra] != 1 || kinds[compare.Missing] != 1 || format == archive.Maildir && kinds[compare.Unreadable] != 1 {
					t.Errorf("%s", strings.Join(lines(told), "\n"))
				}
			})
		}
	}
}

// keep backs an account up and opens the archive.
func keep(t *testing.T, a *account, format archive.Format) (*archive.Archive, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kept")
	w, err := archive.Open(t.Context(), dir, archive.Options{Account: a.user, Format: format})
	a.must(err)
	s, err := migrate.Haul(t.Context(), a.source(), w, w.Ledger(), migrate.Options{})
	if err != nil || len(s.Failures) > 0 {
		t.Fatal(err, s.Failures)
	}
	a.must(w.Close())
	kept, err := archive.OpenReadOnly(t.Context(), dir)
	a.must(err)
	t.Cleanup(func() { kept.Close() })
	return kept, dir
}

// damage changes an octet of the message of INBOX with UID 9 on disk.
func damage(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "mail", "INBOX", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(files, func(file string) bool {
		name, ok := maildir.Parse(filepath.Base(file))
		return ok && name.UID == 9
	})
	octets, err := os.ReadFile(files[at])
	if err != nil {
		t.Fatal(err)
	}
	octets[len(octets)-2] ^= 1
	if err := os.WriteFile(files[at], octets, 0o600); err != nil {
		t.Fatal(err)
	}
}
