package foreign_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/export"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// exported writes messages with package export.
func exported(t testing.TB, format export.Format, dir string, letters []string, flags mailhaul.Flags) {
	t.Helper()
	e, err := export.Open(format, dir, export.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e.Receipts(func([]mailhaul.Receipt) error { return nil })
	f := &mailhaul.Folder{ID: 1, Name: "Work: a.b/100%", Delimiter: "/", UIDValidity: 7}
	if err := e.Prepare(t.Context(), []*mailhaul.Folder{f}); err != nil {
		t.Fatal(err)
	}
	date := time.Date(2023, 11, 14, 22, 13, 20, 0, time.FixedZone("", -12600))
	for i, text := range letters {
		m := &mailhaul.Message{Folder: f, UID: mailhaul.UID(i + 1), Flags: flags, InternalDate: date, Size: int64(len(text)), Body: strings.NewReader(text)}
		if err := e.Store(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(e.Flush(t.Context()), e.Close()); err != nil {
		t.Fatal(err)
	}
}

// hostile are messages that an mbox does not like.
func hostile() []string {
	head := "Subject: x\r\nDate: Tue, 14 Nov 2023 22:13:20 +0100\r\n\r\n"
	return []string{
		head + "plain\r\n", head + "end", head + "From x\r\n>From y\r\n\r\n" + crlf(sep) + "A: b\r\n\r\n", head + "\r\n\r\n\r\n", head + "a\nb\r\nc\r", head + "a\r\r\n\r", "",
		"\r\n", "\r\ntext\r\n", "Subject: x\r\n", "plain text", "Subject: x\r\n folded", "From me\r\nA: b\r\n\r\n", "A: b\r\n\r\r\nC: d\r\n\r\nStatus: x\r\n",
		"Status: RO\r\nX-Keywords: k\r\nX-UID: 7\r\nContent-Length: 5\r\nx-mozilla-status : 0008\r\nX-Mozilla-Status: 0008\r\n\r\nx\r\n",
		"X-Mailhaul-Status: O\r\nX-IMAPbase: 1\r\n 2\r\nX-Mailhaul-Other: y\r\n\r\nStatus: stays\r\n", head + "\x00\xff" + strings.Repeat("x", 1<<20),
		"Status: " + strings.Repeat("R", 300_000) + "\r\n\r\n",
	}
}

// TestExported: what package export writes is given as it was, with its flags,
// keywords, dates and folder.
func TestExported(t *testing.T) {
	const flags = mailhaul.Flags(`$Forwarded \Answered \Draft \Flagged \Seen work`)
	for name, format := range map[string]export.Format{"Maildir": export.Maildir, "mbox": export.Mbox} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			exported(t, format, dir, hostile(), flags)
			got := fetch(t, open(t, foreign.Any, dir, foreign.Options{}))["Work: a.b/100%"]
			if len(got) != len(hostile()) {
				t.Fatalf("%d of %d messages", len(got), len(hostile()))
			}
			there := map[string]bool{}
			for _, m := range got {
				there[m.octets] = true
				if m.flags != flags || m.date.Format(time.RFC3339) != "2023-11-14T22:13:20-03:30" {
					t.Errorf("%.100q: %q, %s", m.octets, m.flags, m.date)
				}
			}
			for _, text := range hostile() {
				if !there[text] {
					t.Errorf("%.100q is missing", text)
				}
			}
		})
	}
}

// FuzzExported: any octets come back from an exported mbox, but for a first line
// that is a continued one of a message that ends in its header.
func FuzzExported(f *testing.F) {
	for _, text := range hostile() {
		if len(text) < 1000 {
			f.Add(text, uint8(len(text)))
		}
	}
	dir, n := f.TempDir(), 0
	f.Fuzz(func(t *testing.T, text string, marked uint8) {
		var flags mailhaul.Flags
		if marked&1 == 1 {
			flags = `\Seen work`
		}
		n++
		place := filepath.Join(dir, fmt.Sprint(n))
		defer os.RemoveAll(place)
		exported(t, export.Mbox, place, []string{text, text}, flags)
		all := fetch(t, open(t, foreign.Mbox, place, foreign.Options{}))["Work: a.b/100%"]
		if len(all) != 2 {
			t.Errorf("%d messages", len(all))
		}
		for _, m := range all {
			open := strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
			if m.octets != text && !(open && strings.HasPrefix(m.octets, text) && len(m.octets) <= len(text)+2) || m.flags != flags {
				t.Errorf("%q came back as %q, %q", text, m.octets, m.flags)
			}
		}
	})
}
