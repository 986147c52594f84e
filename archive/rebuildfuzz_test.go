package archive_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// FuzzRebuildBox makes a ledger out of any mbox file: it is sound, what it says is
// in the file, and all octets of the file are still there.
func FuzzRebuildBox(f *testing.F) {
	const first = "From 7.1.+0000.5L@mailhaul Thu Jan  1 00:00:00 1970\n"
	for _, seed := range []string{
		"", "x", first, first + "one\n\n", first + "one\n\n" + first + "two\n\n", first + "one\n", "junk\n" + first + "one\n\njunk",
		first + ">From\n\n", "From 7.0.+0000.0V@mailhaul Thu Jan  1 00:00:00 1970\n\n", "From 7.1.none.3V@mailhaul Thu Jan  1 00:00:00 1970\none\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "mail"), 0o700); err != nil {
			t.Fatal(err)
		}
		box := filepath.Join(dir, "mail", "INBOX.mbox")
		write(t, box, string(text))
		report, _ := rebuild(t, dir, archive.RebuildOptions{Account: "me@mail.example.org"})
		if _, found := verify(t, dir); len(found) > 0 {
			t.Errorf("verify finds %+v", found)
		}
		if n := len(bodies(t, dir)); int64(n) != report.Messages {
			t.Errorf("%d messages, the report says %d", n, report.Messages)
		}
		kept, err := os.ReadFile(box)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range quarantined(t, dir) {
			kept = append(kept, part...)
		}
		if string(kept) != string(text) {
			t.Errorf("%q is left of %q", kept, text)
		}
	})
}

// FuzzCatalogue: whatever stands in folders.txt, a ledger can be made.
func FuzzCatalogue(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("place=\"x\" name=\"y\"\nsha256=\"\"\n"))
	f.Add([]byte("# x\nformat=\"mbox\" account=\"a\"\nsha256=\"0\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := filepath.Join(t.TempDir(), "archive")
		sound(t, dir, archive.Maildir)
		remove(t, dir+"/mailhaul.db")
		write(t, dir+"/folders.txt", string(text))
		if report, _ := rebuild(t, dir, archive.RebuildOptions{Account: "me@mail.example.org"}); report.Messages != 5 {
			t.Errorf("%+v", report)
		}
		wantClean(t, dir, 5)
	})
}
