package export_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/migrate/export"
)

// What is exported is read back here by what the package's documentation says,
// and by nothing that the package does.

func formats(t *testing.T, f func(t *testing.T, format export.Format)) {
	for _, format := range []export.Format{export.Maildir, export.Mbox} {
		t.Run(string(format), func(t *testing.T) { f(t, format) })
	}
}

// readBack returns the octets of the message that a receipt speaks of.
func readBack(format export.Format, dir string, r mailhaul.Receipt) ([]byte, error) {
	if format == export.Mbox {
		return readMbox(filepath.Join(dir, r.Folder.Place), r)
	}
	cur := filepath.Join(dir, r.Folder.Place, "cur")
	entries, err := os.ReadDir(cur)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), r.Place+":2,") })
	if i < 0 {
		return nil, fmt.Errorf("none of %d files is the message", len(entries))
	}
	name := entries[i].Name()
	text, err := os.ReadFile(filepath.Join(cur, name))
	if int64(len(text)) != r.Stored {
		return nil, fmt.Errorf("%d octets in the file, %d in the receipt", len(text), r.Stored)
	}
	n, ok := maildir.Parse(name)
	if !ok || n.UID != r.UID || n.Size != r.Size || !n.InternalDate.Equal(r.InternalDate) {
		return nil, fmt.Errorf("the name %s is not that of the message", name)
	}
	return onWire(text, n.LineEnds), err
}

func readMbox(path string, r mailhaul.Receipt) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	region := make([]byte, r.Stored)
	if _, err := file.ReadAt(region, r.Offset); err != nil {
		return nil, err
	}
	line, text, _ := bytes.Cut(region, []byte("\n"))
	s, ok := mbox.ParseSeparator(line)
	if !ok || s.UID != r.UID || !s.InternalDate.Equal(r.InternalDate) {
		return nil, fmt.Errorf("the separator line %s is not that of the message", line)
	}
	var u mbox.Unquoter
	text, _ = u.Append(nil, text[:len(text)-1], true)
	text = takeOff(onWire(text, s.LineEnds))
	if extra := int64(len(text)) - s.Size; extra < 0 || extra > 2 {
		return nil, fmt.Errorf("%d octets in the file, %d in the separator line", len(text), s.Size)
	}
	return text[:s.Size], nil
}

var (
	headerEnd = regexp.MustCompile(`(?m)^\r?\n`)
	ofOurs    = `(X-IMAPbase: \d{10} \d{10}[^\n]*\n)?X-UID: \d+\r?\nStatus: [^\n]*\n(X-Status: [^\n]*\n)?(X-Keywords: [^\n]*\n)?`
	atTop     = regexp.MustCompile(`\A` + ofOurs)
	atEnd     = regexp.MustCompile(`(?m)^` + ofOurs + `\z`)
	prefixed  = regexp.MustCompile(`(?mi)^X-Mailhaul-((X-Mailhaul-)*(Status|X-Status|X-Keywords|X-UID|X-IMAP|X-IMAPbase|Content-Length|X-Mozilla-\w+)[ \t]*:)`)
)

// takeOff undoes what an mbox needs in the header.
func takeOff(text []byte) []byte {
	end := len(text)
	if at := headerEnd.FindIndex(text); at != nil {
		end = at[0]
	}
	header := atEnd.ReplaceAll(text[:end], nil)
	if len(header) == end {
		header = atTop.ReplaceAll(header, nil)
	}
	return append(prefixed.ReplaceAll(header, []byte("$1")), text[end:]...)
}

func onWire(text []byte, ends mailhaul.LineEnds) []byte {
	if ends == mailhaul.Verbatim {
		return text
	}
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// world is an export that is being made.
type world struct {
	t        *testing.T
	format   export.Format
	dir      string
	e        *export.Export
	receipts []mailhaul.Receipt
	notes    []string
}

func begin(t *testing.T, format export.Format) *world {
	t.Helper()
	w := &world{t: t, format: format, dir: t.TempDir()}
	e, err := export.Open(format, w.dir, export.Options{Note: func(f *mailhaul.Folder, uid mailhaul.UID, text string) {
		w.notes = append(w.notes, fmt.Sprintf("%s %d %s", f.Name, uid, text))
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.Receipts(func(rs []mailhaul.Receipt) error {
		w.receipts = append(w.receipts, rs...)
		return nil
	})
	w.e = e
	return w
}

// folder prepares a folder with the delimiter "/".
func (w *world) folder(name string) *mailhaul.Folder {
	w.t.Helper()
	f := &mailhaul.Folder{Name: name, Delimiter: "/", UIDValidity: 7, UIDNext: 5000}
	w.prepare(f)
	return f
}

func (w *world) prepare(folders ...*mailhaul.Folder) {
	w.t.Helper()
	if err := w.e.Prepare(w.t.Context(), folders); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) store(f *mailhaul.Folder, uid mailhaul.UID, flags mailhaul.Flags, text string) {
	w.t.Helper()
	m := &mailhaul.Message{Folder: f, UID: uid, Flags: flags, InternalDate: date, Size: int64(len(text)), Body: strings.NewReader(text)}
	if err := w.e.Store(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

// end makes all durable and closes the export.
func (w *world) end() {
	w.t.Helper()
	if err := w.e.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.e.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// files lists what lies in the export, with the octets of regular files.
func (w *world) files() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == w.dir {
			return err
		}
		name, _ := filepath.Rel(w.dir, path)
		text := ""
		if !d.IsDir() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = string(b)
		}
		out[name] = text
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
