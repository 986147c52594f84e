package archive_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/internal/foldername"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestPlaces(t *testing.T) {
	tests := map[string][]struct{ name, want string }{
		"plain":             {{"INBOX", "INBOX"}, {"INBOX", "INBOX"}},
		"below":             {{"A", "A"}, {"A/B/C", "A/B/C"}, {"A/B", "A/B"}},
		"below first":       {{"A/B/C", "A/B/C"}, {"A", "A"}, {"A/B", "A/B"}},
		"case":              {{"Work", "Work"}, {"work", "work~2"}, {"WORK", "WORK~3"}, {"work/a", "work~2/a"}, {"Work/a", "Work/a"}},
		"case of a parent":  {{"A/x", "A/x"}, {"a/y", "a~2/y"}, {"a", "a~2"}, {"A", "A"}},
		"Unicode form":      {{"caf\u00e9", "caf\u00e9"}, {"cafe\u0301", "cafe\u0301~2"}},
		"a name like ours":  {{"a~2", "a%7E2"}, {"A", "A"}, {"a", "a~2"}},
		"out of the root":   {{"../../x", "%2E%2E/%2E%2E/x"}, {"/abs", "%/abs"}, {"a//b", "a/%/b"}, {"", "%"}},
		"Maildir's own":     {{"cur", "%63ur"}, {"a/new", "a/%6Eew"}},
		"mbox's own":        {{"a", "a"}, {"a.mbox", "a%2Embox"}, {"a.mbox/b", "a%2Embox/b"}},
		"trailing delimits": {{"a/", "a/%"}},
	}
	for title, folders := range tests {
		t.Run(title, func(t *testing.T) {
			p := archive.PlacesOf(nil)
			var known []checkpoint.Folder
			for _, f := range folders {
				if got := p.Dir(f.name, "/"); got != f.want {
					t.Errorf("%q is placed at %q, want %q", f.name, got, f.want)
				}
				known = append(known, checkpoint.Folder{Folder: mailhaul.Folder{Name: f.name, Delimiter: "/", Place: f.want}})
			}
			again := archive.PlacesOf(known)
			for _, f := range folders {
				if got := again.Dir(f.name, "/"); got != f.want {
					t.Errorf("the next run places %q at %q, want %q", f.name, got, f.want)
				}
			}
		})
	}
}

// A folder that was renamed on the server keeps its place. New folders must not
// get it, not even one that has the old name.
func TestPlacesAfterRename(t *testing.T) {
	p := archive.PlacesOf([]checkpoint.Folder{
		{Folder: mailhaul.Folder{Name: "Z", Delimiter: "/", Place: "A"}},
		{Folder: mailhaul.Folder{Name: "Z/B", Delimiter: "/", Place: "A/B"}},
		{Folder: mailhaul.Folder{Name: "A/C", Delimiter: "/", Place: "A/C.mbox"}},
	})
	for _, f := range []struct{ name, want string }{
		{"A", "A~2"}, {"A/B", "A~2/B"}, {"A/C", "A/C"}, {"Z/D", "A/D"}, {"Z", "A"},
	} {
		if got := p.Dir(f.name, "/"); got != f.want {
			t.Errorf("%q is placed at %q, want %q", f.name, got, f.want)
		}
	}
}

// A server can have as many names as it likes that are one to a file system.
func TestManyAlike(t *testing.T) {
	p := archive.PlacesOf(nil)
	seen := make(map[string]bool)
	for i := range 1 << 14 {
		name := []byte("abcdefghijklmn")
		for bit := range name {
			if i>>bit&1 == 1 {
				name[bit] -= 'a' - 'A'
			}
		}
		key := foldername.Key(p.Dir(string(name), "/"))
		if seen[key] {
			t.Fatalf("%s has the place of another folder", name)
		}
		seen[key] = true
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("A/B\nA/b\na\nA\n../x\ncur", "/")
	f.Add("INBOX.a\nINBOX.A\ninbox\nINBOX.a.b~2", ".")
	f.Add(strings.Repeat("a/", 40)+"\n"+strings.Repeat("A/", 40)+"\n\n%\n.", "/")
	f.Fuzz(func(t *testing.T, list, delimiter string) {
		p := archive.PlacesOf(nil)
		byKey := make(map[string]string)
		var known []checkpoint.Folder
		for name := range strings.SplitSeq(list, "\n") {
			dir := p.Dir(name, delimiter)
			if !fs.ValidPath(dir) || dir == "." || len(dir) > 32*250 {
				t.Fatalf("%q is placed at %q", name, dir)
			}
			for part := range strings.SplitSeq(dir, "/") {
				if l := strings.ToLower(part); l == "cur" || l == "new" || l == "tmp" || strings.HasSuffix(l, ".mbox") || len(part) > 250 {
					t.Fatalf("%q is placed at %q", name, dir)
				}
			}
			key := foldername.Key(dir)
			if other, ok := byKey[key]; ok && other != name {
				t.Fatalf("%q and %q are both placed at %q", name, other, dir)
			}
			byKey[key] = name
			known = append(known, checkpoint.Folder{Folder: mailhaul.Folder{Name: name, Delimiter: delimiter, Place: dir}})
		}
		again := archive.PlacesOf(known)
		for _, k := range known {
			if got := again.Dir(k.Name, delimiter); got != k.Place {
				t.Fatalf("the next run places %q at %q, not %q", k.Name, got, k.Place)
			}
		}
		for i := range 3 {
			name := fmt.Sprint(known[0].Name, i)
			key := foldername.Key(again.Dir(name, delimiter))
			if other, ok := byKey[key]; ok && other != name {
				t.Fatalf("%q gets the place of %q", name, other)
			}
		}
	})
}

// TestRenamed: only names that cannot be kept on disk are told.
func TestRenamed(t *testing.T) {
	folders := []*mailhaul.Folder{
		{Name: "INBOX", Delimiter: "/"}, {Name: "Work/日本", Delimiter: "/"}, {Name: "a.b", Delimiter: "."},
		{Name: "Work/CON", Delimiter: "/"}, {Name: "inbox2", Delimiter: "/"}, {Name: "INBOX2", Delimiter: "/"}, {Name: "x:y", Delimiter: "/"},
	}
	renamed := archive.Renamed(folders)
	for _, f := range folders {
		place, changed := renamed[f.Name]
		if want := slices.Contains([]string{"Work/CON", "INBOX2", "x:y"}, f.Name); changed != want || changed && place == "" {
			t.Errorf("%q: %q, %v", f.Name, place, changed)
		}
	}
}
