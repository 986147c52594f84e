package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/internal/zone"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

// crashed makes an archive with three messages in INBOX whose last run did not
// end, and returns the folder's directory or file.
func crashed(t *testing.T, dir string, format archive.Format) string {
	t.Helper()
	r := begin(t, dir, format)
	f := r.folder("INBOX")
	for uid := mailhaul.UID(1); uid <= 3; uid++ {
		r.store(f, uid, fmt.Appendf(nil, "%snumber %d\r\n", header, uid))
	}
	r.flush()
	r.close()
	return filepath.Join(dir, "mail", f.Place)
}

// orphanName returns the base name of a message that has the content text.
func orphanName(validity uint32, uid mailhaul.UID, text string) string {
	r := mailhaul.Receipt{Folder: &mailhaul.Folder{UIDValidity: validity}, UID: uid, InternalDate: date,
		Size: int64(len(text)), Stored: int64(len(text)), Digest: digest(text)}
	return maildir.NameOf(&r).Base()
}

func TestRecoverMaildir(t *testing.T) {
	const body = "no line end"
	whole := orphanName(7, 9, body)
	tests := map[string]struct {
		file, content string
		kept          bool // under its name
		adopted       bool
		found         bool // by verify
	}{
		"tmp of ours":            {"tmp/" + whole, "no l", false, false, false},
		"tmp of another program": {"tmp/1.2.host", "x", true, false, true},
		"whole in cur":           {"cur/" + whole + ":2,FS", body, true, true, false},
		"whole in new":           {"new/" + whole, body, true, true, false},
		"cut in cur":             {"cur/" + whole + ":2,", "no line", false, false, false},
		"empty in cur":           {"cur/" + whole + ":2,", "", false, false, false},
		"other octets in cur":    {"cur/" + whole + ":2,", "no line eNd", false, false, false},
		"longer in cur":          {"cur/" + whole + ":2,", body + body, false, false, false},
		"another UIDVALIDITY":    {"cur/" + orphanName(8, 9, body) + ":2,", body, true, false, true},
		"of another program":     {"cur/1700000000.M1P1.host:2,S", body, true, false, true},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			path := filepath.Join(crashed(t, dir, archive.Maildir), test.file)
			write(t, path, test.content)
			r := begin(t, dir, "")
			if _, err := os.Stat(path); (err == nil) != test.kept {
				t.Errorf("the file: %v, want it kept: %v", err, test.kept)
			}
			inbox := known(t, r.a, "INBOX")
			m, err := r.a.Ledger().Message(t.Context(), inbox.ID, 9)
			if (err == nil) != test.adopted {
				t.Errorf("its message: %v, want it adopted: %v", err, test.adopted)
			}
			messages := int64(3)
			if test.adopted {
				messages = 4
				if !m.InternalDate.Equal(date) || zone.Of(m.InternalDate) != "-0330" {
					t.Errorf("adopted with the date %v", m.InternalDate)
				}
				if got, err := text(t, r.a, "INBOX", 9); err != nil || string(got) != body {
					t.Errorf("adopted as %q, %v", got, err)
				}
			}
			r.end()
			report, found := verify(t, dir)
			if report.Messages != messages || (len(found) > 0) != test.found {
				t.Errorf("verify: %+v, %+v", report, found)
			}
		})
	}
}

// A message whose UID changed on the server keeps the name that its old UID gave
// it: such a file has a row, though not under the UID in its name.
func TestRecoverKeepsRenamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, "")
	f := r.folder("INBOX")
	r.store(f, 1, []byte(header))
	r.flush()
	moveUID(t, r, f, 1, 5)
	r.close()
	r = begin(t, dir, "")
	if got, err := text(t, r.a, "INBOX", 5); err != nil || string(got) != header {
		t.Errorf("after recovery: %q, %v", got, err)
	}
	r.end()
	wantClean(t, dir, 1)
}

func TestRecoverMbox(t *testing.T) {
	sep, err := mbox.Separator{UIDValidity: 7, UID: 4, InternalDate: date, Size: 3}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for title, tail := range map[string]string{
		"nothing":             "",
		"half a separator":    string(sep[:10]),
		"a separator":         string(sep),
		"a message":           string(sep) + "abc\n\n",
		"a message and half":  string(sep) + "abc\n\n" + string(sep) + "ab",
		"zeros":               strings.Repeat("\x00", 5000),
		"many large messages": strings.Repeat(string(sep)+lines(10000), 100),
	} {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			path := crashed(t, dir, archive.Mbox)
			appendTo(t, path, tail)
			r := begin(t, dir, "")
			r.store(r.folder("INBOX"), 4, []byte("abc"))
			r.flush()
			r.end()
			wantClean(t, dir, 4)
		})
	}
}

// What was not cut off by a run that died belongs to somebody.
func TestChangedMbox(t *testing.T) {
	for title, change := range map[string]func(t *testing.T, path string){
		"longer":  func(t *testing.T, path string) { appendTo(t, path, "From x Thu Jan  1 00:00:00 1970\n\nmine\n\n") },
		"shorter": func(t *testing.T, path string) { truncate(t, path, 1) },
		"gone":    remove,
		"a link":  func(t *testing.T, path string) { remove(t, path); symlink(t, "/etc/passwd", path) },
	} {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, archive.Mbox)
			f := r.folder("INBOX")
			r.store(f, 1, []byte(header))
			r.flush()
			r.end()
			path := filepath.Join(dir, "mail", f.Place)
			change(t, path)
			before := tree(t, filepath.Dir(path))
			r = begin(t, dir, "")
			other := &mailhaul.Folder{Name: "other", UIDValidity: 1}
			f = &mailhaul.Folder{ID: known(t, r.a, "INBOX").ID, Name: "INBOX", Delimiter: "/", UIDValidity: 7, Place: f.Place}
			err := r.a.Prepare(t.Context(), []*mailhaul.Folder{f, other})
			e, ok := errors.AsType[*mailhaul.Error](err)
			if !ok || e.Scope != mailhaul.ScopeFolder || e.Folder != "INBOX" {
				t.Errorf("Prepare = %v", err)
			}
			if err := r.a.Store(t.Context(), message(f, 2, []byte("x"))); mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
				t.Errorf("Store = %v", err)
			}
			if err := r.a.Ledger().PutFolders(t.Context(), r.id, []*mailhaul.Folder{other}); err != nil {
				t.Fatal(err)
			}
			r.store(other, 1, []byte("x"))
			r.flush()
			for p, content := range before {
				if got := tree(t, filepath.Dir(path))[p]; got != content {
					t.Errorf("%s was changed", p)
				}
			}
			r.end()
			if _, found := verify(t, dir); len(found) == 0 {
				t.Error("verify found nothing")
			}
		})
	}
}

// A receipt that could not be recorded may have been recorded: nothing is
// removed, and the next run finds out.
func TestReceiptsFail(t *testing.T) {
	broken := errors.New("the ledger says no")
	for _, format := range formats {
		for _, recorded := range []bool{false, true} {
			t.Run(fmt.Sprint(format, ", recorded ", recorded), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "archive")
				r := begin(t, dir, format)
				f := r.folder("INBOX")
				r.store(f, 1, []byte(header))
				r.flush()
				r.a.Receipts(func(rs []mailhaul.Receipt) error {
					if recorded {
						if err := r.a.Ledger().Record(t.Context(), r.id, rs); err != nil {
							t.Error(err)
						}
					}
					return broken
				})
				r.store(f, 2, []byte(header))
				if err := r.a.Flush(t.Context()); !errors.Is(err, broken) {
					t.Errorf("Flush = %v", err)
				}
				if err := r.a.Store(t.Context(), message(f, 3, []byte(header))); !errors.Is(err, broken) {
					t.Errorf("Store = %v", err)
				}
				r.end()
				r = begin(t, dir, "")
				inbox := known(t, r.a, "INBOX")
				f = &inbox.Folder
				r.prepare(f)
				for uid := mailhaul.UID(2); uid <= 3; uid++ {
					if _, err := r.a.Ledger().Message(t.Context(), f.ID, uid); err != nil {
						r.store(f, uid, []byte(header))
					}
				}
				r.flush()
				r.end()
				wantClean(t, dir, 3)
			})
		}
	}
}

// Close without Flush undoes what has no receipt.
func TestCloseDrops(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := r.folder("INBOX")
		r.store(f, 1, []byte(header))
		r.flush()
		r.store(f, 2, []byte(header))
		r.end()
		wantClean(t, dir, 1)
		if len(r.got) != 1 {
			t.Errorf("%d receipts", len(r.got))
		}
	}
}

// A group does not wait for more mail for long.
func TestGroupClosesByAge(t *testing.T) {
	r := begin(t, filepath.Join(t.TempDir(), "archive"), "")
	given := make(chan int)
	r.a.Receipts(func(rs []mailhaul.Receipt) error {
		given <- len(rs)
		return nil
	})
	r.store(r.folder("INBOX"), 1, []byte(header))
	select {
	case n := <-given:
		if n != 1 {
			t.Errorf("%d receipts", n)
		}
	case <-time.After(30 * time.Second):
		t.Error("no receipt without Flush")
	}
	r.close()
}
