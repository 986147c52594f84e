package export_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
	"github.com/mailhaul/mailhaul/migrate/export"
)

var date = time.Date(2023, 11, 14, 22, 13, 20, 0, time.FixedZone("", -(3*3600+1800)))

func TestContract(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		endpointtest.Target(t, func(t *testing.T) (mailhaul.Target, func(mailhaul.Receipt) ([]byte, error)) {
			dir := t.TempDir()
			e, err := export.Open(format, dir, export.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.Close() })
			return e, func(r mailhaul.Receipt) ([]byte, error) { return readBack(format, dir, r) }
		})
	})
}

const header = "From: a@example.org\r\nSubject: test\r\nDate: Tue, 14 Nov 2023 22:13:20 +0100\r\n\r\n"

// large is more than what is held in memory.
var large = strings.Repeat("From a line of text\r\n", 40_000)

var messages = map[string]string{
	"plain":             header + "plain\r\n",
	"from":              header + "From x\r\n>From y\r\n\r\nFrom z@example.org Thu Jan  1 00:00:00 1970\r\n\r\n",
	"no final newline":  header + "end",
	"many newlines":     header + "end\r\n\r\n\r\n",
	"8 bit and NUL":     header + "Gr\xc3\xbc\xc3\x9fe \xff \x00\r\n",
	"bare LF":           header + "a\nb\r\nc",
	"bare LF in header": "Subject: x\nFrom: a\r\n\r\nb\r\n",
	"bare CR":           header + "a\rb\r\r\n\r",
	"empty":             "",
	"no header":         "\r\ntext\r\n",
	"only header":       "Subject: x\r\n",
	"no newline at all": "plain text",
	"ends in a fold":    " folded\r\nSubject: x",
	"continued first":   " folded\r\nSubject: x\r\n\r\nb",
	"own fields": "Status: RO\r\nSubject: x\r\nContent-Length: 99999\r\nx-mozilla-status : 0001\r\nX-Mailhaul-Status: O\r\n" +
		"X-IMAPbase: 1\r\n 2\r\n\r\nStatus: stays\r\n",
	"from in header": "From me\r\nSubject: x\r\n\r\n",
	"long line":      "Subject: " + strings.Repeat("x", 200<<10) + "\r\n\r\nb\r\n",
	"large":          header + large,
	"large, bare LF": header + large + "\n",
	"large header":   "Subject: x\r\n" + strings.Repeat("X-Line: "+strings.Repeat("Status: ", 100)+"\r\n", 1000) + "Status: O\r\n\r\nb\r\n",
	"large, CR LF between pieces": header + strings.Repeat("x", 64<<10-len(header)-1) + "\r\n" + strings.Repeat("y", 600<<10) +
		"\r\n",
	"large, no newline": strings.Repeat("z", 600<<10),
}

// TestExact: all octets come back, whatever the message.
func TestExact(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("INBOX")
		var titles []string
		for title := range messages {
			titles = append(titles, title)
		}
		slices.Sort(titles)
		flags := []mailhaul.Flags{"", `\Answered \Deleted \Draft \Flagged \Seen`, `$Forwarded work \Seen`}
		for i, title := range titles {
			w.store(f, mailhaul.UID(i+1), flags[i%3], messages[title])
		}
		w.end()
		if format == export.Mbox && !slices.Contains(w.notes, fmt.Sprintf("INBOX %d with a line end at its end", slices.Index(titles, "ends in a fold")+1)) {
			t.Errorf("notes %q", w.notes)
		}
		if len(w.receipts) != len(titles) {
			t.Fatalf("%d receipts for %d messages", len(w.receipts), len(titles))
		}
		for _, r := range w.receipts {
			title := titles[r.UID-1]
			want := messages[title]
			if format == export.Mbox && title == "ends in a fold" {
				want += "\r\n" // the one thing that an mbox cannot show
			}
			if r.Digest != sha256.Sum256([]byte(messages[title])) || r.Fingerprint != mailhaul.MakeFingerprint([]byte(messages[title])) {
				t.Errorf("%s: digest or fingerprint of something else", title)
			}
			if got, err := readBack(format, w.dir, r); err != nil || string(got) != want {
				t.Errorf("%s: %d octets, want %d, %v: %.200q", title, len(got), len(want), err, got)
			}
		}
	})
}

// TestPath: an export is made anew, and is nobody else's business.
func TestPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, file, file + "/below", filepath.Join(dir, "link")} {
		_, err := export.Open(export.Maildir, path, export.Options{})
		e, ok := errors.AsType[*mailhaul.Error](err)
		if !ok || e.Hint == "" || path != file+"/below" && !errors.Is(err, mailhaul.ErrUsage) {
			t.Errorf("Open(%q) = %v", path, err)
		}
	}
	if _, err := export.Open("pst", filepath.Join(dir, "new"), export.Options{}); !errors.Is(err, mailhaul.ErrUsage) {
		t.Errorf("a format that is none: %v", err)
	}
	formats(t, func(t *testing.T, format export.Format) {
		path := filepath.Join(dir, "a", "b", string(format))
		e, err := export.Open(format, path, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Prepare(t.Context(), []*mailhaul.Folder{{Name: "Work/2020", Delimiter: "/", Subscribed: true}}); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		err = filepath.WalkDir(filepath.Join(dir, "a"), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has the mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := export.Open(format, path, export.Options{}); !errors.Is(err, mailhaul.ErrUsage) {
			t.Errorf("a second export into the same path: %v", err)
		}
	})
}
