package archive_test

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
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

// These tests show that other programs can read an archive. The programs are
// installed by .ci/install-servers.sh; a test without its program fails.

// readable are messages that any mail program can make something of, and that
// one which reads mbox files can get wrong.
var readable = []string{
	header + "plain\r\n",
	header + "From the beginning\r\n>From there\r\n>>From beyond\r\n\r\nFrom x@example.org Thu Jan  1 00:00:00 1970\r\n\r\nend\r\n",
	header + "no final newline",
	header + "many newlines\r\n\r\n\r\n",
	header + "Gr\xc3\xbc\xc3\x9fe \xff\r\n",
	"Subject: no body\r\n\r\n",
	header + lines(2<<20) + "\r\n",
}

// shared makes an archive of the readable messages and returns the folder's path.
func shared(t *testing.T, format archive.Format) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, format)
	f := r.folder("Work/Übung")
	for i, text := range readable {
		r.store(f, mailhaul.UID(i+1), []byte(text))
	}
	r.flush()
	r.end()
	return filepath.Join(dir, "mail", f.Place)
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

// python prints the messages of a mailbox with the standard library's reader.
const python = `
import base64, json, mailbox, sys
kind, path = sys.argv[1:]
box = mailbox.Maildir(path, factory=None, create=False) if kind == 'maildir' else mailbox.mbox(path, create=False)
out = []
for key in box.keys():
    m = box.get_message(key)
    out.append({'octets': base64.b64encode(box.get_bytes(key)).decode(), 'subject': str(m['Subject']),
        'flags': m.get_flags(), 'date': m.get_date() if kind == 'maildir' else 0,
        'from': m.get_from() if kind == 'mbox' else ''})
json.dump(out, sys.stdout)
`

type pythonMessage struct {
	Octets, Subject, Flags, From string
	Date                         float64
}

func readWithPython(t *testing.T, format archive.Format, path string) (out []pythonMessage) {
	t.Helper()
	if err := json.Unmarshal([]byte(output(t, "python3", "-c", python, string(format), path)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPython(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			var got, want []string
			for _, m := range readWithPython(t, format, shared(t, format)) {
				octets, err := base64.StdEncoding.DecodeString(m.Octets)
				if err != nil {
					t.Fatal(err)
				}
				if format == archive.Mbox {
					// It leaves the quoting of mboxrd to its user.
					var u mbox.Unquoter
					octets, _ = u.Append(nil, octets, true)
					if !strings.HasSuffix(m.From, "@mailhaul Wed Nov 15 01:43:20 2023") {
						t.Errorf("a separator line reads %q", m.From)
					}
				} else if m.Flags != "PS" {
					t.Errorf("its flags are %q", m.Flags)
				}
				got = append(got, string(octets))
			}
			for _, text := range readable {
				text = strings.ReplaceAll(text, "\r\n", "\n")
				if format == archive.Mbox && !strings.HasSuffix(text, "\n") {
					text += "\n" // an mbox has no way to show that there is none
				}
				want = append(want, text)
			}
			slices.Sort(got) // a Maildir has no order
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("Python reads %d messages, or other ones: %.3000q, want %.3000q", len(got), got, want)
			}
		})
	}
}

func TestMblaze(t *testing.T) {
	path := shared(t, archive.Maildir)
	files := strings.Fields(output(t, "mlist", path))
	if len(files) != len(readable) {
		t.Fatalf("mlist shows %d messages, want %d", len(files), len(readable))
	}
	if seen := strings.Fields(output(t, "mlist", "-S", path)); len(seen) != len(readable) {
		t.Errorf("mlist shows %d messages as seen", len(seen))
	}
	var plain bool
	for _, file := range files {
		shown := output(t, "mshow", file)
		plain = plain || strings.HasPrefix(shown, "From: a@example.org\n") && strings.HasSuffix(shown, "---\nplain\n")
	}
	if !plain {
		t.Error("mshow shows no plain message")
	}
}

// TestMutt lets mutt copy all messages of a folder into an mbox of its own.
func TestMutt(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			path := shared(t, format)
			copied := filepath.Join(t.TempDir(), "copied")
			keys := "<tag-pattern>~A<enter><tag-prefix><copy-message>" + copied + "<enter><exit>"
			// mutt needs a terminal: script gives it one. A question of its would
			// take the keys.
			mutt := "mutt -n -R -F /dev/null -e 'set mbox_type=mbox confirmcreate=no confirmappend=no quit=yes folder=/ wait_key=no' -e 'push \"" +
				keys + "\"' -f '" + path + "'"
			output(t, "script", "-q", "-e", "-c", mutt, "/dev/null")
			b, err := os.ReadFile(copied)
			if err != nil {
				t.Fatal(err)
			}
			subjects := strings.Count("\n"+string(b), "\nSubject: ")
			if subjects != len(readable) {
				t.Errorf("mutt copied %d messages, want %d", subjects, len(readable))
			}
		})
	}
}

// TestGoMbox reads with a reader that knows no quoting but its own: it must find
// the same number of messages, and their headers.
func TestGoMbox(t *testing.T) {
	f, err := os.Open(shared(t, archive.Mbox))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := gombox.NewReader(f)
	for i := 0; ; i++ {
		m, err := r.NextMessage()
		if errors.Is(err, io.EOF) {
			if i != len(readable) {
				t.Errorf("go-mbox reads %d messages, want %d", i, len(readable))
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
		head, _, _ := strings.Cut(readable[i], "\r\n\r\n")
		if !strings.HasPrefix(string(b), head+"\r\n") {
			t.Errorf("go-mbox reads message %d as %.100q", i+1, b)
		}
	}
}
