package archive_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

var formats = []archive.Format{archive.Maildir, archive.Mbox}

const header = "From: a@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: x\r\n\r\n"

// lines returns n octets of text in lines that end with CR LF.
func lines(n int) string {
	return strings.Repeat("What is written here stands for itself, and From there.\r\n", n/57+1)[:n]
}

// hostile are messages that a format could alter.
func hostile() map[string]string {
	large := lines(3 << 20)
	random := rand.NewChaCha8([32]byte{1})
	octets := make([]byte, 2<<20)
	random.Read(octets)
	return map[string]string{
		"empty":                        "",
		"one octet":                    "x",
		"a single CR LF":               "\r\n",
		"a single LF":                  "\n",
		"a single CR":                  "\r",
		"no final newline":             header + "text",
		"final CR":                     header + "text\r",
		"final LF alone":               header + "text\n",
		"many final newlines":          header + "text\r\n\r\n\r\n",
		"NUL":                          header + "a\x00b\x00\r\n",
		"bare CR":                      header + "a\rb\r\n",
		"CR CR LF":                     header + "a\r\r\nb\r\r\n",
		"bare LF":                      header + "a\nb\r\n",
		"LF only":                      strings.ReplaceAll(header+lines(300), "\r\n", "\n"),
		"8-bit":                        header + "Gr\xfc\xdfe \xff\xfe \xc3\xa9\r\n",
		"no header":                    "\r\nbody\r\n",
		"From lines":                   header + "From me\r\n>From me\r\n>>From me\r\n From me\r\nFrom\r\n>\r\n>>\r\nFrom ",
		"From lines, LF":               "From me\n>From me\n>>>From me\n\nFrom you Thu Jan  1 00:00:00 1970\n",
		"From first":                   "From x@example.org Thu Jan  1 00:00:00 1970\r\n" + header,
		"a separator of ours":          header + "\r\nFrom 7.1.+0000.1L@mailhaul Thu Jan  1 00:00:00 1970\r\n\r\n",
		"From behind bare CR":          header + "a\rFrom b\r\n",
		"ends with >":                  header + "a\r\n>",
		"one line of 5 MB":             header + strings.Repeat("x", 5<<20) + "\r\n",
		"5 MB of >":                    header + strings.Repeat(">", 5<<20) + "From x\r\n",
		"3 MB":                         header + large,
		"3 MB, bare LF early":          header + "a\nb" + large,
		"3 MB, bare LF late":           header + large + "\n",
		"3 MB, bare LF in the middle":  header + large[:1<<20] + "\nFrom x\n" + large,
		"3 MB, LF between the buffers": header + large[:128<<10-len(header)-1] + "\r" + "\n" + large,
		"3 MB of From lines":           header + strings.Repeat("From me\r\n>From you\r\n", 150<<10),
		"3 MB without LF":              strings.Repeat("From x\r", 450<<10),
		"3 MB, final From":             header + large + "\r\nFrom ",
		"random octets":                string(octets),
		"1 MiB":                        header + lines(1<<20-len(header)),
		"1 MiB and one":                header + lines(1<<20-len(header)+1),
	}
}

// corpus adds the sample mail that comes with the project, and a larger
// collection where it lies beside the project.
func corpus(t *testing.T, into map[string]string) {
	t.Helper()
	for _, dir := range []string{"../testdata/mail", "../../shared/corpus/eml"} {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			into[path] = string(b)
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func TestExact(t *testing.T) {
	messages := hostile()
	corpus(t, messages)
	names := make([]string, 0, len(messages))
	for name := range messages {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			f := r.folder("INBOX")
			for i, name := range names {
				r.store(f, mailhaul.UID(i+1), []byte(messages[name]))
			}
			r.flush()
			for i, name := range names {
				got, err := text(t, r.a, "INBOX", mailhaul.UID(i+1))
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if string(got) != messages[name] {
					t.Errorf("%s: came back as %s", name, difference(got, []byte(messages[name])))
				}
			}
			if len(r.got) != len(names) {
				t.Errorf("%d receipts for %d messages", len(r.got), len(names))
			}
			checkReceipts(t, r.got, names, messages)
			r.end()
			wantClean(t, dir, int64(len(names)))
		})
	}
}

// checkReceipts compares what receipts say of the octets with the octets.
func checkReceipts(t *testing.T, receipts []mailhaul.Receipt, names []string, messages map[string]string) {
	t.Helper()
	for _, r := range receipts {
		name := names[r.UID-1]
		text := messages[name]
		if r.Size != int64(len(text)) {
			t.Errorf("%s: size %d, want %d", name, r.Size, len(text))
		}
		if want := mailhaul.MakeFingerprint([]byte(text[:min(len(text), 256<<10)])); r.Fingerprint != want {
			t.Errorf("%s: another fingerprint", name)
		}
		all, crlf := strings.Count(text, "\n"), strings.Count(text, "\r\n")
		want := mailhaul.Verbatim
		if all > 0 && all == crlf {
			want = mailhaul.LF
		}
		if r.LineEnds != want {
			t.Errorf("%s: line ends %d, want %d", name, r.LineEnds, want)
		}
	}
}

// difference tells where two texts part.
func difference(got, want []byte) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%d octets, want %d, at %d %q, want %q", len(got), len(want), i,
				got[i:min(i+20, len(got))], want[i:min(i+20, len(want))])
		}
	}
	return fmt.Sprintf("%d octets, want %d", len(got), len(want))
}

func TestFoldersWithOneMessageEach(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			names := []string{"INBOX", "inbox", "A", "a", "A/B", "a/B", "../x", "cur", "A/new", "CON", "x.mbox", "x", ""}
			for i, name := range names {
				r.store(r.folder(name), 1, fmt.Appendf(nil, "%s%d\r\n", header, i))
			}
			r.flush()
			for i, name := range names {
				got, err := text(t, r.a, name, 1)
				if want := fmt.Appendf(nil, "%s%d\r\n", header, i); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%q: %q, %v", name, got, err)
				}
			}
			r.end()
			wantClean(t, dir, int64(len(names)))
		})
	}
}
