package foreign_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	large := strings.Repeat("a line of text\nanother\r\n\n", 100_000)
	write(t, dir, map[string]string{
		"new/100.plain":             letter,
		"cur/101.all:2,DFPRST":      "A: b\r\n\r\nStatus: RO\r\nbare\rCR\n",
		"cur/102.keywords:2,Sabz":   "From x\n\n>From y\n\nno end",
		"cur/103.none:1,S":          "",
		"cur/104.large:2,":          large,
		"cur/1000000000.date.h:2,F": letter,
		"dovecot-keywords":          "0 $Junk\n1 work\n2 bad{word\n27 far\nx y\n",
		"cur/1700000000.V5U7Z+0130H0001020304050607.mailhaul,S=4:2,R":     "a\r\n\n",
		"cur/1700000001.V5U8Z-0100H0001020304050607.mailhaul,S=4:2,":      "a\nb\n",
		"cur/0.V5U9ZnoneH0001020304050607.mailhaul,S=4,W=6:2,":            "a\r\n\n",
		"cur/1700000003.V5U10Z+0000H0001020304050607.mailhaul,S=5,W=6:2,": "a\r\n\n",
	})
	date := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	for name, when := range map[string]time.Time{"100.plain": date, "1000000000.date.h:2,F": time.Unix(0, 0)} {
		for _, sub := range []string{"new", "cur"} {
			if err := os.Chtimes(filepath.Join(dir, sub, name), when, when); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	now := time.Time{} // of the file
	ours := func(seconds, zone int) time.Time {
		return time.Unix(1700000000+int64(seconds), 0).In(time.FixedZone("", zone))
	}
	want := []mail{
		{"a\r\r\n\r\n", "", time.Time{}, 0},
		{crlf(letter), "", date, 0},
		{"A: b\r\n\r\nStatus: RO\r\nbare\rCR\r\n", `$Forwarded \Answered \Deleted \Draft \Flagged \Seen`, now, 0},
		{"From x\r\n\r\n>From y\r\n\r\nno end", `$Junk \Seen work`, now, 0},
		{"", "", now, 0},
		{strings.ReplaceAll(strings.ReplaceAll(large, "\r", ""), "\n", "\r\n"), "", now, 0},
		{crlf(letter), `\Flagged`, time.Unix(1e9, 0), 0},
		{"a\r\n\n", `\Answered`, ours(0, 5400), 0},
		{"a\nb\n", "", ours(1, -3600), 0},
		{"a\r\n\r\n", "", ours(3, 0), 0},
	}
	got := fetch(t, open(t, foreign.Maildir, dir, foreign.Options{}))["INBOX"]
	if len(got) != len(want) {
		t.Fatalf("%d messages", len(got))
	}
	for i, m := range got {
		if m.octets != want[i].octets || m.flags != want[i].flags {
			t.Errorf("%d: %.100q %q, want %.100q %q", i, m.octets, m.flags, want[i].octets, want[i].flags)
		}
		switch {
		case i == 0 && !m.date.IsZero():
			t.Errorf("%d: %s, want none", i, m.date)
		case i != 0 && want[i].date.IsZero():
			if time.Since(m.date) > time.Hour || m.date.Location() != time.UTC {
				t.Errorf("%d: %s, want that of the file", i, m.date)
			}
		case m.date.Format(time.RFC3339) != want[i].date.In(m.date.Location()).Format(time.RFC3339):
			t.Errorf("%d: %s, want %s", i, m.date, want[i].date)
		}
	}
}

// TestMaildirChanges: between a look and the reading of it a mail program marks,
// moves and removes messages.
func TestMaildirChanges(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"new/1.a": "A: 1\n", "cur/2.b:2,": "A: 2\n", "cur/3.c:2,": "A: 3\n"})
	s := open(t, foreign.Any, dir, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	for old, name := range map[string]string{"new/1.a": "cur/1.a:2,S", "cur/2.b:2,": "cur/2.b:2,RS"} {
		if err := os.Rename(filepath.Join(dir, old), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "cur/3.c:2,")); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := s.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			if !errors.Is(m.Err, mailhaul.ErrGone) {
				t.Error(m.Err)
			}
			got = append(got, "gone")
			return nil
		}
		b, err := io.ReadAll(m.Body)
		got = append(got, string(b))
		return err
	})
	if err != nil || strings.Join(got, "") != "A: 1\r\nA: 2\r\ngone" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCompressed: Dovecot's compressed messages are read, where that is possible.
func TestCompressed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, letter); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bzip2 := "BZh91AY&SY\xaa\xd0\x94:\x00\x00\x02\xdb\x80\x00\x10@\x00\x00\x10\b\x00\x1a\x10\x06@ \x001\x00\xd3M\x050\r\xa8y\xa18\x84\x06p\xbb\x92)\xc2\x84\x85V\x84\xa1\xd0" // of letter
	dir := t.TempDir()
	write(t, dir, map[string]string{"cur/1.a:2,SZ": packed.String(), "cur/2.b:2,": "\x28\xb5\x2f\xfdxxx", "cur/3.c:2,": packed.String()[:20], "cur/4.d:2,Z": bzip2})
	s := open(t, foreign.Any, dir, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	var got []string
	err := s.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			got = append(got, "error")
			return nil
		}
		b, err := io.ReadAll(m.Body)
		got = append(got, string(b))
		return err
	})
	if err != nil || len(got) != 4 || got[0] != crlf(letter) || got[1] != "error" || got[2] != "error" || got[3] != crlf(letter) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestMaildirMoves: a mail program moves a message from new to cur between the
// looks into both, and marks it while dates and sizes are asked: it is there
// once. Two files of one name are two messages.
func TestMaildirMoves(t *testing.T) {
	for name, both := range map[string]bool{"moved": false, "two": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"cur/": "", "new/1.a": letter, "new/2.b": letter})
			s := open(t, foreign.Any, dir, foreign.Options{})
			folders, err := s.Folders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			names := []string{"new/1.a", "cur/1.a:2,", "cur/1.a:2,S", "cur/1.a:2,RS", "cur/1.a:2,FRS"}
			if both {
				write(t, dir, map[string]string{"cur/1.a:2,S": "A: other\n"})
				names = nil
			}
			ctx := meddling{t.Context(), func() {
				if len(names) > 1 {
					if err := os.Rename(filepath.Join(dir, names[0]), filepath.Join(dir, names[1])); err != nil {
						t.Error(err)
					}
					names = names[1:]
				}
			}}
			request := mailhaul.ListRequest{Folder: folders[0], Criteria: mailhaul.Criteria{MaxSize: 20, Since: time.Unix(1, 0)}}
			err = s.List(ctx, []mailhaul.ListRequest{request}, func(l mailhaul.Listing) error {
				want := uint64(2)
				if both {
					want = 3
				}
				if l.Err != nil || l.Live.Len() != want || l.Chosen.Len() != want {
					t.Errorf("%s, of these %s, %v", l.Live, l.Chosen, l.Err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if all := fetch(t, s)["INBOX"]; both && (len(all) != 3 || all[0].octets == all[1].octets) || !both && len(all) != 2 {
				t.Errorf("%q", octets(all))
			}
		})
	}
}
