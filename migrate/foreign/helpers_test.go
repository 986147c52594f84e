package foreign_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// mail is a message as a source gives it.
type mail struct {
	octets string
	flags  mailhaul.Flags
	date   time.Time
	uid    mailhaul.UID
}

// write writes files, whose names are paths with "/"; a name that ends in "/"
// is a directory.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, kind foreign.Kind, path string, options foreign.Options) *foreign.Source {
	t.Helper()
	s, err := foreign.OpenWith(t.Context(), kind, path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// list looks into all folders.
func list(t testing.TB, s *foreign.Source, c mailhaul.Criteria) []mailhaul.Listing {
	t.Helper()
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var requests []mailhaul.ListRequest
	for _, f := range folders {
		requests = append(requests, mailhaul.ListRequest{Folder: f, Known: true, Criteria: c})
	}
	var all []mailhaul.Listing
	if err := s.List(t.Context(), requests, func(l mailhaul.Listing) error {
		all = append(all, l)
		return l.Err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// fetch gives all messages by folder, in the order in which they come.
func fetch(t testing.TB, s *foreign.Source) map[string][]mail {
	t.Helper()
	var work []mailhaul.Work
	all := map[string][]mail{}
	for _, l := range list(t, s, mailhaul.Criteria{}) {
		work = append(work, mailhaul.Work{Folder: l.Folder, UIDs: l.Live})
		all[l.Folder.Name] = nil
	}
	if err := s.Fetch(t.Context(), work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return m.Err
		}
		octets, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		if int64(len(octets)) != m.Size {
			t.Errorf("size %d of %q", m.Size, octets)
		}
		all[m.Folder.Name] = append(all[m.Folder.Name], mail{string(octets), m.Flags, m.InternalDate, m.UID})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// fetchMbox gives the messages of an mbox with that text.
func fetchMbox(t testing.TB, text string, options foreign.Options) []mail {
	t.Helper()
	path := filepath.Join(t.TempDir(), "box")
	write(t, filepath.Dir(path), map[string]string{"box": text})
	return fetch(t, open(t, foreign.Mbox, path, options))["box"]
}

func octets(all []mail) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.octets)
	}
	return out
}

// same holds messages against those that are expected.
func same(t *testing.T, got []mail, want []string) {
	t.Helper()
	if !slices.Equal(octets(got), want) {
		t.Errorf("got  %q\nwant %q", octets(got), want)
	}
}

// crlf is text with the line ends of the wire.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
