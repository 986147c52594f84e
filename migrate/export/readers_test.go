package export_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gombox "github.com/emersion/go-mbox"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/migrate/export"
)

// These tests show that other programs can read an export. The programs are
// installed by .ci/install-servers.sh; a test without its program fails.

// shared makes an export of the served messages in one folder and returns the
// folder's path.
func shared(t *testing.T, format export.Format) string {
	t.Helper()
	w := begin(t, format)
	f := w.folder("Work/Übung")
	for i, m := range served {
		w.store(f, mailhaul.UID(i+1), m.flags, m.text)
	}
	w.end()
	return filepath.Join(w.dir, f.Place)
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8", "TERM=dumb")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return string(out)
}

// python prints the messages of a mailbox with the standard library's reader,
// without the header fields that an mbox needs.
const python = `
import base64, json, mailbox, sys
kind, path = sys.argv[1:]
box = mailbox.Maildir(path, factory=None, create=False) if kind == 'maildir' else mailbox.mbox(path, create=False)
out = []
for key in box.keys():
    m = box.get_message(key)
    out.append({'octets': base64.b64encode(box.get_bytes(key)).decode(), 'flags': m.get_flags(),
        'keywords': str(m['X-Keywords'] or ''), 'date': m.get_date() if kind == 'maildir' else 0,
        'from': m.get_from() if kind == 'mbox' else ''})
json.dump(out, sys.stdout)
`

// TestPython: Python reads octets, flags and dates.
func TestPython(t *testing.T) {
	flags := map[export.Format][]string{
		export.Maildir: {"", "S", "DFRS", "T", "PSab", "c"},
		export.Mbox:    {"O", "RO", "ROAFT", "OD", "RO$Forwarded work", "O$Junk"},
	}
	formats(t, func(t *testing.T, format export.Format) {
		var list []struct {
			Octets, Flags, Keywords, From string
			Date                          float64
		}
		if err := json.Unmarshal([]byte(output(t, "python3", "-c", python, string(format), shared(t, format))), &list); err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, m := range list {
			octets, err := base64.StdEncoding.DecodeString(m.Octets)
			if err != nil {
				t.Fatal(err)
			}
			if format == export.Mbox {
				var u mbox.Unquoter // Python leaves the quoting to its user
				octets, _ = u.Append(nil, octets, true)
				octets = takeOff(octets)
				if !strings.HasSuffix(m.From, "@mailhaul Wed Nov 15 01:43:20 2023") {
					t.Errorf("a separator line reads %q", m.From)
				}
			} else if m.Date != float64(date.Unix()) {
				t.Errorf("a date reads %v", m.Date)
			}
			got = append(got, m.Flags+m.Keywords+"|"+string(octets))
		}
		for i, m := range served {
			want = append(want, flags[format][i]+"|"+strings.ReplaceAll(m.text, "\r\n", "\n"))
		}
		slices.Sort(got) // a Maildir has no order
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("Python reads %d messages, or other ones: %.300q, want %.300q", len(got), got, want)
		}
	})
}

func TestMblaze(t *testing.T) {
	path := shared(t, export.Maildir)
	if files := strings.Fields(output(t, "mlist", path)); len(files) != len(served) {
		t.Errorf("mlist shows %d messages, want %d", len(files), len(served))
	}
	seen := strings.Fields(output(t, "mlist", "-S", path))
	if len(seen) != 3 {
		t.Fatalf("mlist shows %d messages as seen, want 3", len(seen))
	}
	if replied := strings.Fields(output(t, "mlist", "-R", path)); len(replied) != 1 {
		t.Errorf("mlist shows %d messages as answered, want 1", len(replied))
	}
	if shown := output(t, "mshow", seen[0]); !strings.HasPrefix(shown, "From: a@example.org\n") {
		t.Errorf("mshow shows %q", shown)
	}
}

// TestMutt lets mutt copy the messages that a pattern finds into an mbox.
func TestMutt(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		path := shared(t, format)
		for pattern, want := range map[string]int{"~A": 6, "~U": 3, "~F": 1, "~Q": 1, "~D": 1} {
			copied := filepath.Join(t.TempDir(), "copied")
			keys := "<tag-pattern>" + pattern + "<enter><tag-prefix><copy-message>" + copied + "<enter><exit>"
			// mutt needs a terminal: script gives it one. A question of its would
			// take the keys.
			mutt := "mutt -n -R -F /dev/null -e 'set mbox_type=mbox confirmcreate=no confirmappend=no quit=yes folder=/ wait_key=no delete=no maildir_trash=yes' -e 'push \"" +
				keys + "\"' -f '" + path + "'"
			output(t, "script", "-q", "-e", "-c", mutt, "/dev/null")
			b, err := os.ReadFile(copied)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count("\n"+string(b), "\nSubject: "); n != want {
				t.Errorf("mutt copied %d messages that match %s, want %d", n, pattern, want)
			}
		}
	})
}

// TestGoMbox reads with a reader that knows no quoting but its own: it must find
// the same number of messages, and their headers.
func TestGoMbox(t *testing.T) {
	f, err := os.Open(shared(t, export.Mbox))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := gombox.NewReader(f)
	for i := 0; ; i++ {
		m, err := r.NextMessage()
		if errors.Is(err, io.EOF) {
			if i != len(served) {
				t.Errorf("go-mbox reads %d messages, want %d", i, len(served))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(m)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(served[i].text, "\r\n\r\n")
		if !strings.HasPrefix(string(b), head+"\r\n") {
			t.Errorf("go-mbox reads message %d as %.100q", i+1, b)
		}
	}
}
