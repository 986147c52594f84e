package foreign_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// TestContract holds both kinds of boxes against the contract of a source.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	letters := map[string][]string{
		"INBOX": {"Subject: 1\r\n\r\none\r\n", "Message-ID: <2@x>\r\n\tfolded\r\nTo: a,\r\n b\r\nSubject: 2\r\n\r\nSubject: no\r\n", "\r\n", "no header", " Subject: folded first\r\nSubject: 3\r\n\r\n"},
		"Work":  {"Subject: 1\r\n\r\none\r\n", "From: a\r\nSubject: 2\r\n\r\n", "Date: x\r\n"},
		"Empty": nil,
	}
	var box strings.Builder
	for _, text := range letters["Work"] {
		box.WriteString(sep + strings.ReplaceAll(text, "\r\n", "\n") + "\n")
	}
	// The empty line after a header without a text belongs to the message.
	letters["Work"][2] += "\r\n"
	files := map[string]string{"Work": box.String(), "Empty.mbox": ""}
	for i, text := range letters["INBOX"] {
		files[fmt.Sprintf("cur/%d.x:2,S", i)] = text
	}
	write(t, dir, files)
	s := open(t, foreign.Any, dir, foreign.Options{})
	content := endpointtest.Content{}
	for folder, all := range fetch(t, s) {
		same(t, all, letters[folder])
		content[folder] = map[mailhaul.UID]string{}
		for i, m := range all {
			content[folder][m.uid] = letters[folder][i]
		}
	}
	endpointtest.Source(t, open(t, foreign.Any, dir, foreign.Options{}), content)
}

// TestCounters: a listing says what is in the folder, and Folders does once it
// is known.
func TestCounters(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": sep + letter + "\n" + sep + "Status: R\n" + letter, "b/cur/1.x": letter})
	s := open(t, foreign.Any, dir, foreign.Options{})
	folders, err := s.Folders(t.Context())
	if err != nil || len(folders) != 2 || folders[0].HasCounters || folders[0].Size != -1 {
		t.Fatalf("%+v, %v", folders, err)
	}
	folders[0].ID, folders[0].Place, folders[0].At = 7, "place", &mailhaul.Folder{}
	if err := s.List(t.Context(), []mailhaul.ListRequest{{Folder: folders[0]}}, func(l mailhaul.Listing) error {
		f := l.Folder
		if f.ID != 7 || f.Place != "place" || f.At == nil || !f.HasCounters || f.Messages != 2 || f.UIDValidity == 0 || f.Size != 2*int64(len(crlf(letter))) || f.Delimiter != "/" {
			t.Errorf("%+v", f)
		}
		if last := l.Live.Ranges()[len(l.Live.Ranges())-1].Last; f.UIDNext != last+1 || l.Flags != nil {
			t.Errorf("UIDNEXT %d after %s, flags %v", f.UIDNext, l.Live, l.Flags)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if folders, err = s.Folders(t.Context()); err != nil || !folders[0].HasCounters || folders[1].HasCounters {
		t.Errorf("%+v, %v", folders, err)
	}
}

func TestCriteria(t *testing.T) {
	dir := t.TempDir()
	box := "From a Wed Nov  1 23:30:00 -1200 2023\nA: " + strings.Repeat("x", 20) + "\n\n" +
		"\nFrom a Thu Nov  2 00:30:00 +1200 2023\nA: 1\n\n" + "\nFrom a Fri Nov  3 00:00:00 2023\nA: 2\n\n" + "\nFrom a Thu Jan  1 00:00:00 1970\nA: no date\n\n"
	write(t, dir, map[string]string{"a": box})
	for i, text := range []string{"A: " + strings.Repeat("x", 20) + "\n\n", "A: 1\n\n", "A: 2\n\n", "\n\n\n\n\n\n\n\n\n"} {
		name := fmt.Sprintf("b/cur/%d.x:2,", i)
		write(t, dir, map[string]string{name: text})
		when := time.Date(2023, 11, 1+i, 12, 0, 0, 0, time.UTC)
		if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	day := func(d int) time.Time { return time.Date(2023, 11, d, 9, 0, 0, 0, time.FixedZone("", 7200)) }
	s := open(t, foreign.Any, dir, foreign.Options{})
	numbers := map[mailhaul.UID]string{}
	var uids []mailhaul.UID
	for _, all := range fetch(t, s) {
		for i, m := range all {
			numbers[m.uid] = fmt.Sprint(i)
			if i == 1 {
				uids = append(uids, m.uid)
			}
		}
	}
	text := func(set mailhaul.UIDSet) string {
		var all []string
		for uid := range set.All() {
			all = append(all, numbers[uid])
		}
		slices.Sort(all)
		return strings.Join(all, "")
	}
	for name, c := range map[string]struct {
		criteria mailhaul.Criteria
		want     [2]string // of the mbox and the Maildir: chosen, too large
	}{
		"all":         {mailhaul.Criteria{}, [2]string{"0123 ", "0123 "}},
		"since":       {mailhaul.Criteria{Since: day(2)}, [2]string{"123 ", "123 "}},
		"before":      {mailhaul.Criteria{Before: day(3)}, [2]string{"013 ", "01 "}},
		"one day":     {mailhaul.Criteria{Since: day(2), Before: day(3)}, [2]string{"13 ", "1 "}},
		"size":        {mailhaul.Criteria{MaxSize: 17}, [2]string{"123 0", "12 03"}},
		"size, exact": {mailhaul.Criteria{MaxSize: 18}, [2]string{"123 0", "123 0"}},
		"large":       {mailhaul.Criteria{MaxSize: 1000}, [2]string{"0123 ", "0123 "}},
		"UIDs":        {mailhaul.Criteria{UIDs: mailhaul.UIDSetOf(uids...)}, [2]string{"1 ", "1 "}},
		"everything":  {mailhaul.Criteria{UIDs: mailhaul.UIDSetOf(uids...), MaxSize: 1, Since: day(1)}, [2]string{" 1", " 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, l := range list(t, s, c.criteria) {
				if got := text(l.Chosen) + " " + text(l.TooLarge); got != c.want[i] || l.Live.Len() != 4 {
					t.Errorf("%s: %q, want %q; %d live", l.Folder.Name, got, c.want[i], l.Live.Len())
				}
			}
		})
	}
}

// TestChangedMeanwhile: of an mbox that is written between the look and the
// reading the same messages are given, and those that went are gone.
func TestChangedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"box": sep + "A: 1\n\n\n" + sep + "A: 2\n\n\n" + sep + "A: 3\n\n"})
	s := open(t, foreign.Any, dir, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	write(t, dir, map[string]string{"box": sep + "A: 0\n\n\n" + sep + "Status: RO\nA: 3\n\n\n" + sep + "A: 1\n\n"})
	var got []string
	work := []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}
	err := s.Fetch(t.Context(), work, func(m *mailhaul.Message) error {
		if errors.Is(m.Err, mailhaul.ErrGone) {
			got = append(got, "gone")
			return nil
		}
		b, err := io.ReadAll(m.Body)
		got = append(got, string(b), string(m.Flags))
		return err
	})
	if want := []string{"A: 3\r\n\r\n", `\Seen`, "A: 1\r\n\r\n", "", "gone"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.Remove(filepath.Join(dir, "box")); err != nil {
		t.Fatal(err)
	}
	err = s.Fetch(t.Context(), work, func(m *mailhaul.Message) error {
		if m.UID != 0 || !errors.Is(m.Err, mailhaul.ErrGone) || mailhaul.ScopeOf(m.Err) != mailhaul.ScopeFolder {
			t.Errorf("%+v", m)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	err = s.List(t.Context(), []mailhaul.ListRequest{{Folder: l.Folder}, {Folder: &mailhaul.Folder{Name: "other"}}}, func(l mailhaul.Listing) error {
		if !errors.Is(l.Err, mailhaul.ErrGone) || l.Folder == nil {
			t.Errorf("%+v", l)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestChangedWhileRead: when the file is written over while a message is read,
// there is an error before the last octet.
func TestChangedWhileRead(t *testing.T) {
	const lines = 40_000
	text := strings.Repeat("the text of a message\n", lines)
	other := strings.Repeat("the test of a message\n", lines)
	for name, file := range map[string]string{"mbox": "box", "Maildir": "cur/1.a"} {
		t.Run(name, func(t *testing.T) {
			dir, head := t.TempDir(), "A: b\n\n"
			if file == "box" {
				head = sep + head
			}
			write(t, dir, map[string]string{file: head + text + text})
			s := open(t, foreign.Any, dir, foreign.Options{})
			l := list(t, s, mailhaul.Criteria{})[0]
			err := s.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(m *mailhaul.Message) error {
				f, err := os.OpenFile(filepath.Join(dir, file), os.O_RDWR, 0)
				if err != nil {
					return err
				}
				defer f.Close()
				if file == "box" {
					_, err = f.WriteAt([]byte(other), int64(len(head)+len(text)))
				} else {
					err = f.Truncate(int64(len(head) + len(text) + 7))
				}
				if err != nil {
					return err
				}
				n, err := io.Copy(io.Discard, m.Body)
				if e, is := errors.AsType[*mailhaul.Error](err); !is || e.Scope != mailhaul.ScopeMessage || !e.Temporary || e.UID != m.UID || n >= m.Size {
					t.Errorf("%d of %d octets, %v", n, m.Size, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWrongValidity(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"box": sep + letter})
	s := open(t, foreign.Any, dir, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	l.Folder.UIDValidity++
	told := 0
	err := s.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(m *mailhaul.Message) error {
		if m.UID == 0 && m.Err != nil {
			told++
		}
		return nil
	})
	if err != nil || told != 1 {
		t.Errorf("told %d times, %v", told, err)
	}
}

// TestCancel: a context that ends ends everything.
func TestCancel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"box": sep + letter})
	s := open(t, foreign.Any, dir, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := foreign.Open(ctx, foreign.Any, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
	if err := s.List(ctx, []mailhaul.ListRequest{{Folder: l.Folder}}, func(mailhaul.Listing) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("List: %v", err)
	}
	if err := s.Fetch(ctx, []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(*mailhaul.Message) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch: %v", err)
	}
}

// meddling does something whenever somebody asks whether to go on.
type meddling struct {
	context.Context
	do func()
}

func (m meddling) Err() error {
	m.do()
	return m.Context.Err()
}

// TestBusy: a file that is written whenever it is looked at is an error of its
// folder, with a hint; one that was written once is looked at again.
func TestBusy(t *testing.T) {
	for name, times := range map[string]int{"once": 1, "always": 100} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"box": sep + letter})
			s := open(t, foreign.Any, dir, foreign.Options{})
			folders, err := s.Folders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			text := sep + letter
			ctx := meddling{t.Context(), func() {
				if times--; times >= 0 {
					text += "\n" + sep + letter
					write(t, dir, map[string]string{"box": text})
				}
			}}
			err = s.List(ctx, []mailhaul.ListRequest{{Folder: folders[0]}}, func(l mailhaul.Listing) error {
				e, is := errors.AsType[*mailhaul.Error](l.Err)
				switch {
				case name == "once" && (l.Err != nil || l.Live.Len() != 2):
					t.Errorf("%s, %v", l.Live, l.Err)
				case name == "always" && (!is || !e.Temporary || e.Scope != mailhaul.ScopeFolder || e.Hint == ""):
					t.Errorf("%s, %v", l.Live, l.Err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
