package archive_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestSourceBesideRun changes an archive between what is asked of a source.
func TestSourceBesideRun(t *testing.T) {
	type content = map[string]string
	tests := map[string]struct {
		before, between func(r *run, f *mailhaul.Folder) // Folders, List
		after           func(r *run, f *mailhaul.Folder) // List, before Fetch
		want            content                          // what the folder A gives
	}{
		"nothing":           {nil, nil, nil, content{"A 1": "a", "A 2": "b"}},
		"stored":            {func(r *run, f *mailhaul.Folder) { r.store(f, 3, []byte(header+"c")) }, nil, nil, content{"A 1": "a", "A 2": "b"}},
		"recorded":          {nil, func(r *run, f *mailhaul.Folder) { r.store(f, 3, []byte(header+"c")); r.flush() }, nil, content{"A 1": "a", "A 2": "b", "A 3": "c"}},
		"recorded after":    {nil, nil, func(r *run, f *mailhaul.Folder) { r.store(f, 3, []byte(header+"c")); r.flush() }, content{"A 1": "a", "A 2": "b"}},
		"deleted":           {nil, func(r *run, f *mailhaul.Folder) { r.markGone(f, 1) }, nil, content{"A 2": "b"}},
		"deleted after":     {nil, nil, func(r *run, f *mailhaul.Folder) { r.markGone(f, 1) }, content{"A 1": "a", "A 2": "b"}},
		"folder gone":       {nil, func(r *run, f *mailhaul.Folder) { r.folderGone(f) }, nil, content{"A 1": "a", "A 2": "b"}},
		"folder gone after": {nil, nil, func(r *run, f *mailhaul.Folder) { r.folderGone(f) }, content{"A 1": "a", "A 2": "b"}},
		"folder renamed":    {nil, nil, func(r *run, f *mailhaul.Folder) { r.rename(f, "B") }, content{"A 1": "a", "A 2": "b"}},
		"moved":             {nil, moveAll, nil, content{"A 11": "a", "A 12": "b"}},
		"moved after":       {nil, nil, moveAll, content{}},
		"flags": {nil, nil, func(r *run, f *mailhaul.Folder) {
			flags := []mailhaul.UIDFlags{{UID: 1, Flags: `\Deleted`}, {UID: 2}}
			changes, err := r.a.Ledger().SetFlags(r.t.Context(), r.id, f, flags)
			if err == nil {
				err = r.a.SetFlags(r.t.Context(), f, changes)
			}
			if err != nil || len(changes) != 2 {
				r.t.Fatalf("%d changes, %v", len(changes), err)
			}
		}, content{"A 1": "a", "A 2": "b"}},
	}
	for title, test := range tests {
		for _, format := range formats {
			t.Run(title+"/"+string(format), func(t *testing.T) {
				testBeside(t, format, test.before, test.between, test.after, test.want)
			})
		}
	}
}

func testBeside(t *testing.T, format archive.Format, before, between, after func(*run, *mailhaul.Folder), want map[string]string) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, format)
	f := r.filled("A", "a", "b")
	step := func(do func(*run, *mailhaul.Folder)) {
		if do != nil {
			do(r, f)
		}
	}
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	step(before)
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	step(between)
	var l mailhaul.Listing
	err = src.List(t.Context(), []mailhaul.ListRequest{{Folder: folders[0], Known: true}}, func(seen mailhaul.Listing) error {
		l = seen
		return l.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	step(after)
	g := newGot()
	if err := src.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, g.take); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key, text := range g.texts {
		out[key] = strings.TrimPrefix(text, header)
	}
	if !maps.Equal(out, want) || len(g.folder) > 0 || uint64(l.Folder.Messages) != l.Live.Len() {
		t.Errorf("gives %q, want %q; %v, %v; %d messages", out, want, g.errs, g.folder, l.Folder.Messages)
	}
	for key, err := range g.errs {
		if !errors.Is(err, mailhaul.ErrGone) {
			t.Errorf("%s: %v", key, err)
		}
	}
	r.flush()
	r.end()
}

// moveAll does what a changed UIDVALIDITY does.
func moveAll(r *run, f *mailhaul.Folder) {
	r.revalidate(f, 8, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 1, UID: 11}, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 2, UID: 12})
}

// TestSourceForeignNames shows that messages are found whose files another
// program has renamed, also while they are read.
func TestSourceForeignNames(t *testing.T) {
	const messages = 60
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Maildir)
	f := r.folder("A")
	for uid := mailhaul.UID(1); uid <= messages; uid++ {
		r.store(f, uid, fmt.Appendf(nil, "%s%d", header, uid))
	}
	r.flush()
	r.end()
	box := filepath.Join(dir, "mail", f.Place)
	again := func(round int) {
		for _, sub := range []string{"cur", "new"} {
			entries, err := os.ReadDir(filepath.Join(box, sub))
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range entries {
				base, _, _ := strings.Cut(e.Name(), ":")
				to := filepath.Join(box, "cur", base+":2,"+[]string{"", "S", "FRS", "Sabc"}[(i+round)%4])
				if (i+round)%5 == 0 {
					to = filepath.Join(box, "new", base)
				}
				if err := os.Rename(filepath.Join(box, sub, e.Name()), to); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	again(0)
	a := openToRead(t, dir)
	src := a.Source(archive.SourceOptions{})
	g := newGot()
	var one sync.Mutex
	err := src.Fetch(t.Context(), list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
		// The other readers are between looking and opening, or wait here.
		one.Lock()
		defer one.Unlock()
		if m.UID%20 == 0 {
			again(int(m.UID) / 20)
		}
		return g.take(m)
	})
	if err != nil || len(g.texts) != messages {
		t.Errorf("%d messages came, %v, %v", len(g.texts), g.errs, err)
	}
	for uid := mailhaul.UID(1); uid <= messages; uid++ {
		want := fmt.Sprint(header, uid)
		if text := g.texts[fmt.Sprint("A ", uid)]; text != want {
			t.Errorf("UID %d is %q", uid, text)
		}
		if text, err := text(t, a, "A", uid); err != nil || string(text) != want {
			t.Errorf("Message gives UID %d as %q, %v", uid, text, err)
		}
	}
}

// TestSourceRefuses shows what is said of folders and places that make no sense.
func TestSourceRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Maildir)
	r.filled("A", "a")
	led := r.a.Ledger()
	outside := &mailhaul.Folder{Name: "B", UIDValidity: 7, Place: "../../outside"}
	if err := led.PutFolders(t.Context(), r.id, []*mailhaul.Folder{outside}); err != nil {
		t.Fatal(err)
	}
	if err := led.Record(t.Context(), r.id, []mailhaul.Receipt{{Folder: outside, UID: 1, Place: "x"}}); err != nil {
		t.Fatal(err)
	}
	r.end()
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	if g := fetch(t, src, mailhaul.Criteria{}, "B"); !errors.Is(g.errs["B 1"], mailhaul.ErrDamaged) {
		t.Errorf("a place outside the archive: %v", g.errs)
	}
	uids := mailhaul.UIDSetOf(1)
	unknown := &mailhaul.Folder{Name: "none", UIDValidity: 7}
	err := src.List(t.Context(), []mailhaul.ListRequest{{Folder: unknown}}, func(l mailhaul.Listing) error {
		if mailhaul.ScopeOf(l.Err) != mailhaul.ScopeFolder || l.Err == nil || l.Folder.Name != "none" {
			t.Errorf("an unknown folder: %v", l.Err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	g := newGot()
	work := []mailhaul.Work{{Folder: unknown, UIDs: uids}, {Folder: &mailhaul.Folder{Name: "A", UIDValidity: 6}, UIDs: uids}}
	// A source that was never asked for its folders finds them.
	src = openToRead(t, dir).Source(archive.SourceOptions{})
	if err := src.Fetch(t.Context(), append(work, mailhaul.Work{Folder: &mailhaul.Folder{Name: "A", UIDValidity: 7}, UIDs: uids}), g.take); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"none", "A"} {
		if err := g.folder[name]; err == nil || mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
			t.Errorf("folder %q: %v", name, err)
		}
	}
	if g.texts["A 1"] != header+"a" {
		t.Errorf("what is there came as %q", g.texts["A 1"])
	}
}

func TestSourceHeaders(t *testing.T) {
	long := "Subject: x\r\n" + strings.Repeat("X-Long: "+strings.Repeat("y", 990)+"\r\n", 400) + "\r\nbody"
	texts := map[mailhaul.UID]struct{ text, header string }{
		1: {header + "body\r\n", header},
		2: {"Subject: no body\r\n\r\n", "Subject: no body\r\n\r\n"},
		3: {"Subject: no end", "Subject: no end"},
		4: {"Subject: LF\n\nbody", "Subject: LF\n\n"},
		5: {"\r\nno header", "\r\n"},
		6: {"", ""},
		7: {long, long[:256<<10]},
		8: {header + lines(3<<20), header},
	}
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := r.folder("A")
		for uid := range mailhaul.UID(len(texts)) {
			r.store(f, uid+1, []byte(texts[uid+1].text))
		}
		r.flush()
		r.end()
		src := openToRead(t, dir).Source(archive.SourceOptions{})
		// Twice each, so that one message's octets would show in the next.
		for range 2 {
			err := src.Headers(t.Context(), list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
				got, err := io.ReadAll(m.Body)
				if want := texts[m.UID]; string(got) != want.header || m.Size != int64(len(want.text)) || err != nil {
					t.Errorf("UID %d: size %d, header %.100q of %d octets, %v", m.UID, m.Size, got, len(got), err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		if format == archive.Maildir {
			truncate(t, file(t, filepath.Join(dir, "mail", f.Place), 7), 300<<10)
			remove(t, file(t, filepath.Join(dir, "mail", f.Place), 1))
			g := newGot()
			err := src.Headers(t.Context(), []mailhaul.Work{{Folder: f, UIDs: mailhaul.UIDSetOf(1, 7)}}, g.take)
			if err != nil || !errors.Is(g.errs["A 1"], mailhaul.ErrDamaged) || !errors.Is(g.errs["A 7"], mailhaul.ErrDamaged) {
				t.Errorf("headers that are not there: %v, %v", g.errs, err)
			}
		}
	}
}
