package archive_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// sound makes an archive with messages of both line ends in two folders and
// returns the directory or file of the folder A/B.
func sound(t *testing.T, dir string, format archive.Format) string {
	t.Helper()
	r := begin(t, dir, format)
	f := r.folder("A/B")
	for uid, text := range []string{header + "one\r\n", "two\n", "", "four, no end"} {
		r.store(f, mailhaul.UID(uid+1), []byte(text))
	}
	r.store(r.folder("A"), 1, []byte(header))
	r.flush()
	r.end()
	return filepath.Join(dir, "mail", f.Place)
}

// one returns the one file in dir whose name has part in it.
func one(t *testing.T, dir, part string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), part) {
			return filepath.Join(dir, e.Name())
		}
	}
	t.Fatalf("%s has no file with %q in its name", dir, part)
	return ""
}

// splice puts text in place of n octets at offset.
func splice(t *testing.T, path string, offset, n int, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b[:offset:offset], append([]byte(text), b[offset+n:]...)...)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyMaildir(t *testing.T) {
	tests := map[string]struct {
		change func(t *testing.T, box string)
		uid    mailhaul.UID
		says   string // in path or problem
	}{
		"nothing":       {func(*testing.T, string) {}, 0, ""},
		"flags changed": {func(t *testing.T, b string) { rename(t, one(t, b+"/cur", "U2Z"), ":2,T") }, 0, ""},
		"moved to new":  {func(t *testing.T, b string) { moveTo(t, one(t, b+"/cur", "U2Z"), b+"/new/") }, 0, ""},
		"octet changed": {func(t *testing.T, b string) { splice(t, one(t, b+"/cur", "U1Z"), 3, 1, "X") }, 1, "other octets"},
		"octet changed, flags too": {func(t *testing.T, b string) {
			splice(t, one(t, b+"/cur", "U1Z"), 3, 1, "X")
			rename(t, one(t, b+"/cur", "U1Z"), ":2,")
		}, 1, "other octets"},
		"octet more":     {func(t *testing.T, b string) { appendTo(t, one(t, b+"/cur", "U2Z"), "x") }, 2, "more than"},
		"newline more":   {func(t *testing.T, b string) { appendTo(t, one(t, b+"/cur", "U4Z"), "\n") }, 4, "more than"},
		"octet less":     {func(t *testing.T, b string) { truncate(t, one(t, b+"/cur", "U2Z"), 1) }, 2, "3 octets of 4"},
		"file gone":      {func(t *testing.T, b string) { remove(t, one(t, b+"/cur", "U3Z")) }, 3, "gone"},
		"link instead":   {func(t *testing.T, b string) { p := one(t, b+"/cur", "U3Z"); remove(t, p); symlink(t, "/dev/null", p) }, 3, "is not what"},
		"file in cur":    {func(t *testing.T, b string) { write(t, b+"/cur/1.2.host:2,", "x") }, 0, "cur/1.2.host"},
		"file in new":    {func(t *testing.T, b string) { write(t, b+"/new/1.2.host", "x") }, 0, "new/1.2.host"},
		"file in tmp":    {func(t *testing.T, b string) { write(t, b+"/tmp/1.2.host", "x") }, 0, "tmp/1.2.host"},
		"file of ours":   {func(t *testing.T, b string) { write(t, b+"/cur/"+orphanName(7, 99, "x"), "x") }, 0, "cut off"},
		"file twice":     {func(t *testing.T, b string) { copyFile(t, one(t, b+"/cur", "U2Z"), b+"/new/") }, 0, "second file"},
		"file beside":    {func(t *testing.T, b string) { write(t, b+"/notes.txt", "x") }, 0, "notes.txt"},
		"file above":     {func(t *testing.T, b string) { write(t, b+"/../../notes.txt", "x") }, 0, "mail/notes.txt"},
		"folder unknown": {func(t *testing.T, b string) { write(t, b+"/C/cur/x", "x") }, 0, "C/cur/x"},
		"link to folder": {func(t *testing.T, b string) { symlink(t, "/etc", b+"/C") }, 0, "B/C"},
		"folder a link":  {func(t *testing.T, b string) { moveAndLink(t, b) }, 0, "is not what"},
		"cur a link":     {func(t *testing.T, b string) { moveAndLink(t, b+"/cur") }, 0, "is not what"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) { testVerify(t, archive.Maildir, test.change, test.uid, test.says) })
	}
}

func TestVerifyMbox(t *testing.T) {
	find := func(t *testing.T, box, text string) int {
		b, err := os.ReadFile(box)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Index(b, []byte(text))
	}
	tests := map[string]struct {
		change func(t *testing.T, box string)
		uid    mailhaul.UID
		says   string
	}{
		"nothing":           {func(*testing.T, string) {}, 0, ""},
		"octet changed":     {func(t *testing.T, b string) { splice(t, b, find(t, b, "two"), 1, "T") }, 2, "other octets"},
		"separator changed": {func(t *testing.T, b string) { splice(t, b, find(t, b, "7.2."), 4, "x.2.") }, 2, "separator"},
		"size changed":      {func(t *testing.T, b string) { splice(t, b, find(t, b, ".4V@"), 2, ".5") }, 2, "separator"},
		"From changed":      {func(t *testing.T, b string) { splice(t, b, find(t, b, "From 7.2."), 1, "f") }, 2, "separator"},
		"empty line filled": {func(t *testing.T, b string) { splice(t, b, find(t, b, "two\n")+4, 1, "x") }, 2, "more than"},
		"octets between":    {func(t *testing.T, b string) { splice(t, b, find(t, b, "From 7.2."), 0, "mine\n") }, 4, "separator"},
		"octets behind":     {func(t *testing.T, b string) { appendTo(t, b, "mine") }, 0, "4 octets behind"},
		"cut":               {func(t *testing.T, b string) { truncate(t, b, 3) }, 4, "octets"},
		"gone":              {remove, 1, "no such file"},
		"emptied":           {func(t *testing.T, b string) { write(t, b, "") }, 1, "separator"},
		"a link":            {func(t *testing.T, b string) { moveAndLink(t, b) }, 1, "is not what"},
		"file beside":       {func(t *testing.T, b string) { write(t, b+".msf", "x") }, 0, "B.mbox.msf"},
		"box unknown":       {func(t *testing.T, b string) { write(t, filepath.Dir(b)+"/C.mbox", "From ") }, 0, "C.mbox"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) { testVerify(t, archive.Mbox, test.change, test.uid, test.says) })
	}
}

func testVerify(t *testing.T, format archive.Format, change func(*testing.T, string), uid mailhaul.UID, says string) {
	dir := filepath.Join(t.TempDir(), "archive")
	change(t, sound(t, dir, format))
	report, found := verify(t, dir)
	if report.Messages != 5 {
		t.Errorf("verify saw %d messages", report.Messages)
	}
	if says == "" {
		if len(found) > 0 {
			t.Errorf("verify found %+v", found)
		}
		return
	}
	if report.Damaged != int64(len(found)) {
		t.Errorf("%d damages are counted, %d reported", report.Damaged, len(found))
	}
	for _, d := range found {
		if d.UID == uid && strings.Contains(d.Path+": "+d.Problem, says) {
			return
		}
	}
	t.Errorf("verify found %+v, want %q of UID %d", found, says, uid)
}

func TestVerifyLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	sound(t, dir, archive.Maildir)
	ledger := dir + "/mailhaul.db"
	clean, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; page < len(clean)/4096; page++ {
		changed := bytes.Clone(clean)
		copy(changed[page*4096:], strings.Repeat("\xee", 4096))
		if err := os.WriteFile(ledger, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		var found []archive.Damage
		a, err := archive.OpenReadOnly(t.Context(), dir)
		if err == nil {
			_, err = a.Verify(t.Context(), func(int64, int64) {}, func(d archive.Damage) { found = append(found, d) })
			a.Close()
		}
		if err == nil && len(found) == 0 || err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
			t.Errorf("page %d overwritten: %v, found %+v", page, err, found)
		}
	}
}

// TestDamagedMessage shows that a message that was changed does not come out
// without an error.
func TestDamagedMessage(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		box := sound(t, dir, format)
		if format == archive.Maildir {
			box = one(t, box+"/cur", "U1Z")
		}
		clean, err := os.ReadFile(box)
		if err != nil {
			t.Fatal(err)
		}
		a, err := archive.OpenReadOnly(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			changed := bytes.Clone(clean)
			changed[random.IntN(len(changed))] ^= 1 << random.IntN(8)
			if err := os.WriteFile(box, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := text(t, a, "A/B", 1)
			if err == nil && string(got) != header+"one\r\n" {
				t.Errorf("%s: %q came out without an error", format, got)
			}
			if err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
				t.Errorf("%s: %v", format, err)
			}
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Verify beside a run that writes does not call damage what is not recorded yet.
func TestVerifyBesideRun(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := r.folder("INBOX")
		r.store(f, 1, []byte(header))
		r.flush()
		var inside error
		r.a.Receipts(func(rs []mailhaul.Receipt) error {
			// The files are in their place, the ledger does not know them.
			wantClean(t, dir, 1)
			inside = r.a.Ledger().Record(t.Context(), r.id, rs)
			return inside
		})
		r.store(f, 2, []byte(header))
		wantClean(t, dir, 1)
		r.flush()
		wantClean(t, dir, 2)
		r.end()
	}
}

func rename(t *testing.T, path, info string) {
	t.Helper()
	base, _, _ := strings.Cut(path, ":")
	if err := os.Rename(path, base+info); err != nil {
		t.Fatal(err)
	}
}

func moveTo(t *testing.T, path, dir string) {
	t.Helper()
	if err := os.Rename(path, dir+filepath.Base(path)); err != nil {
		t.Fatal(err)
	}
}

func moveAndLink(t *testing.T, path string) {
	t.Helper()
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	symlink(t, moved, path)
}

func copyFile(t *testing.T, path, dir string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+filepath.Base(path), string(b))
}
