package replay_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// show writes a state as "a=text d/".
func show(s replay.State) string {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(s)) {
		if s[p] == nil {
			out = append(out, p+"/")
		} else {
			out = append(out, p+"="+string(s[p]))
		}
	}
	return strings.Join(out, " ")
}

func TestCrash(t *testing.T) {
	const (
		open   = `1 openat(AT_FDCWD</>, '/r/a', O_RDWR|O_CREAT, 0600) = 3</r/a>`
		write  = `1 write(3</r/a>, 'ab', 2) = 2`
		root   = `1 open('/r', O_RDONLY) = 4</r>`
		dirs   = `1 fsync(4</r>) = 0`
		data   = `1 fsync(3</r/a>) = 0`
		rename = `1 renameat(4</r>, 'a', 4</r>, 'b') = 0`
	)
	tests := []struct {
		name  string
		lines []string
		// what is left when what was not synced is lost, when names but not data
		// are kept, when data is zeros, when data but not names are kept, and when
		// all is kept
		want [5]string
	}{
		{"nothing synced", []string{open, write}, [5]string{"", "a=", "a=\x00\x00", "", "a=ab"}},
		{"data synced", []string{open, write, data}, [5]string{"", "a=ab", "a=ab", "", "a=ab"}},
		{"name synced", []string{open, write, root, dirs}, [5]string{"a=", "a=", "a=\x00\x00", "a=ab", "a=ab"}},
		{"both synced", []string{open, write, data, root, dirs}, [5]string{"a=ab", "a=ab", "a=ab", "a=ab", "a=ab"}},
		{"all synced", []string{open, write, root, `1 syncfs(4</r>) = 0`}, [5]string{"a=ab", "a=ab", "a=ab", "a=ab", "a=ab"}},
		{"written after the sync", []string{open, root, dirs, write, data, write}, [5]string{"a=ab", "a=ab", "a=ab\x00\x00", "a=abab", "a=abab"}},
		{"cut and not synced", []string{open, write, data, root, dirs, `1 ftruncate(3</r/a>, 1) = 0`}, [5]string{"a=ab", "a=ab", "a=a", "a=a", "a=a"}},
		{"renamed and not synced", []string{open, write, data, root, dirs, rename}, [5]string{"a=ab", "b=ab", "b=ab", "a=ab", "b=ab"}},
		{"removed and not synced", []string{open, root, dirs, `1 unlinkat(4</r>, 'a', 0) = 0`}, [5]string{"a=", "", "", "a=", ""}},
		{"a name in a directory that is lost", []string{root, `1 mkdir('/r/d', 0700) = 0`, `1 open('/r/d/x', O_RDWR|O_CREAT) = 5</r/d/x>`,
			`1 open('/r/d', O_RDONLY) = 6</r/d>`, `1 fsync(6</r/d>) = 0`}, [5]string{"", "d/ d/x=", "d/ d/x=", "", "d/ d/x="}},
		{"a rename that is durable does not bring the old name back", []string{root, `1 mkdir('/r/t', 0700) = 0`, `1 mkdir('/r/c', 0700) = 0`, dirs,
			`1 open('/r/t/x', O_RDWR|O_CREAT) = 5</r/t/x>`, `1 rename('/r/t/x', '/r/c/x') = 0`,
			`1 open('/r/c', O_RDONLY) = 6</r/c>`, `1 fsync(6</r/c>) = 0`}, [5]string{"c/ c/x= t/", "c/ c/x= t/", "c/ c/x= t/", "c/ c/x= t/", "c/ c/x= t/"}},
		{"written while the sync was under way", []string{open, root, dirs, `2 fsync(3</r/a> <unfinished ...>`, write, `2 <... fsync resumed>) = 0`},
			[5]string{"a=", "a=", "a=\x00\x00", "a=ab", "a=ab"}},
		{"an index is never left", []string{`1 open('/r/x-shm', O_RDWR|O_CREAT) = 3</r/x-shm>`, root, dirs}, [5]string{}},
	}
	variants := []replay.Variant{
		{Data: replay.Lost, Names: replay.Lost}, {Data: replay.Lost, Names: replay.Kept}, {Data: replay.Zeros, Names: replay.Kept},
		{Data: replay.Kept, Names: replay.Lost}, {Data: replay.Kept, Names: replay.Kept},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events, err := replay.Parse("/r", nil, strings.NewReader(trace(test.lines...)))
			if err != nil {
				t.Fatal(err)
			}
			disk := replay.NewDisk()
			for _, e := range events {
				disk.Apply(e)
			}
			for i, v := range variants {
				if got := show(disk.Crash(v, nil)); got != test.want[i] {
					t.Errorf("%+v: %q, want %q", v, got, test.want[i])
				}
			}
		})
	}
}

// TestCrashAtRandom: each sector of a write may arrive without the others.
func TestCrashAtRandom(t *testing.T) {
	text := strings.Repeat("x", 1000)
	events, err := replay.Parse("/r", nil, strings.NewReader(trace(
		`1 open('/r/a', O_RDWR|O_CREAT) = 3</r/a>`, `1 open('/r', O_RDONLY) = 4</r>`, `1 fsync(4</r>) = 0`,
		`1 pwrite64(3</r/a>, '`+text+`', 1000, 100) = 1000`)))
	if err != nil {
		t.Fatal(err)
	}
	disk := replay.NewDisk()
	for _, e := range events {
		disk.Apply(e)
	}
	zeros := strings.NewReplacer("x", "\x00")
	head, one, two, three := strings.Repeat("\x00", 100), text[:412], text[:512], text[:76]
	want := map[string]bool{
		"": true, head + one: true, head + zeros.Replace(one) + two: true, head + one + two: true,
		head + zeros.Replace(one+two) + three: true, head + one + zeros.Replace(two) + three: true,
		head + zeros.Replace(one) + two + three: true, head + one + two + three: true,
	}
	got := map[string]bool{}
	chance := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		got[string(disk.Crash(replay.Variant{Data: replay.Random, Names: replay.Random}, chance)["a"])] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d different contents, want %d", len(got), len(want))
	}
}

// TestFound: what was there before a recording is durable.
func TestFound(t *testing.T) {
	dir := t.TempDir()
	if err := (replay.State{"d": nil, "d/a": []byte("x"), "b": {}}).Write(filepath.Join(dir, "r")); err != nil {
		t.Fatal(err)
	}
	found, err := replay.ReadState(filepath.Join(dir, "r"))
	if err != nil {
		t.Fatal(err)
	}
	events, err := replay.Parse("/r", found, strings.NewReader(trace(`1 openat(AT_FDCWD</>, '/r/d/a', O_WRONLY|O_APPEND) = 3</r/d/a>`, `1 write(3</r/d/a>, 'y', 1) = 1`)))
	if err != nil {
		t.Fatal(err)
	}
	disk := replay.NewDisk()
	for _, e := range events {
		disk.Apply(e)
	}
	for v, want := range map[replay.Variant]string{{Data: replay.Lost, Names: replay.Lost}: "b= d/ d/a=x", {Data: replay.Kept, Names: replay.Kept}: "b= d/ d/a=xy"} {
		if got := show(disk.Crash(v, nil)); got != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
}

func TestStateWrite(t *testing.T) {
	s := replay.State{"d": nil, "d/a": []byte("x"), "b": {}}
	dir := filepath.Join(t.TempDir(), "new")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "d", "a")); string(text) != "x" {
		t.Errorf("d/a is %q, %v", text, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "b")); err != nil || info.Size() != 0 {
		t.Errorf("b is %v, %v", info, err)
	}
	if err := s.Write(dir); err == nil {
		t.Error("a state was written over another")
	}
	other := replay.State{"d": {}, "d/a": []byte("x"), "b": {}}
	if s.Sum() == other.Sum() || s.Sum() != maps.Clone(s).Sum() {
		t.Error("Sum does not tell states apart")
	}
}
