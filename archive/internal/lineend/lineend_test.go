package lineend_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive/internal/lineend"
)

// shorten sends text through a Shortener in pieces of n octets.
func shorten(text []byte, n int) (out []byte, lines int64, bare bool) {
	var s lineend.Shortener
	var left []byte
	for i := 0; ; i += n {
		last := i+n >= len(text)
		src := append(bytes.Clone(left), text[min(i, len(text)):min(i+n, len(text))]...)
		var used int
		if out, used, bare = s.Append(out, src, last); bare || last {
			return out, s.Lines(), bare
		}
		left = src[used:]
	}
}

func TestShorten(t *testing.T) {
	tests := map[string]struct {
		text, want string
		bare       bool
	}{
		"empty":           {"", "", false},
		"lines":           {"a\r\nb\r\n", "a\nb\n", false},
		"no final":        {"a\r\nb", "a\nb", false},
		"final CR":        {"a\r\nb\r", "a\nb\r", false},
		"bare CR":         {"a\rb\r\n\r", "a\rb\n\r", false},
		"CR CR LF":        {"a\r\r\nb", "a\r\nb", false},
		"bare LF":         {"a\r\nb\nc\r\n", "a\nb", true},
		"bare LF first":   {"\na", "", true},
		"bare LF doubled": {"a\r\n\nb", "a\n", true},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			for n := 1; n <= len(test.text)+1; n++ {
				got, lines, bare := shorten([]byte(test.text), n)
				if string(got) != test.want || bare != test.bare {
					t.Errorf("in pieces of %d: %q, bare %v, want %q, %v", n, got, bare, test.want, test.bare)
				}
				if want := strings.Count(test.want, "\n"); lines != int64(want) {
					t.Errorf("in pieces of %d: %d lines, want %d", n, lines, want)
				}
			}
		})
	}
}

func TestExpand(t *testing.T) {
	tests := map[string]string{
		"empty":      "",
		"one LF":     "\n",
		"no LF":      strings.Repeat("x", 200<<10),
		"LF only":    strings.Repeat("\n", 200<<10),
		"lines":      strings.Repeat("a line of text\n", 20<<10) + "end",
		"LF at last": strings.Repeat("x", 64<<10) + "\n",
	}
	for title, text := range tests {
		t.Run(title, func(t *testing.T) {
			f, err := os.Create(filepath.Join(t.TempDir(), "f"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("before\n" + text); err != nil {
				t.Fatal(err)
			}
			end, err := lineend.Expand(f, 7, int64(7+len(text)), int64(strings.Count(text, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			want := "before\n" + strings.ReplaceAll(text, "\n", "\r\n")
			got, err := os.ReadFile(f.Name())
			if err != nil || string(got) != want || end != int64(len(want)) {
				t.Errorf("end %d of %d octets, want %d, same %v, %v", end, len(got), len(want), string(got) == want, err)
			}
		})
	}
}

func FuzzShorten(f *testing.F) {
	f.Add([]byte("a\r\nb\r\r\n\r"), 2)
	f.Add([]byte("a\r\n\nb"), 1)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		got, lines, bare := shorten(text, max(1, n))
		isBare := bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n"))
		if bare != isBare {
			t.Fatalf("bare %v for %q", bare, text)
		}
		if bare {
			return
		}
		if back := lineend.Restore(nil, got); !bytes.Equal(back, text) || len(back) != len(got)+int(lines) {
			t.Errorf("%q came back as %q, %d lines", text, back, lines)
		}
	})
}
