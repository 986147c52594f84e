package mbox_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive/mbox"
)

type step func(dst, src []byte, last bool) ([]byte, int)

// through sends text through a filter in pieces of n octets.
func through(t *testing.T, s step, text []byte, n int) []byte {
	t.Helper()
	var out, left []byte
	for i := 0; ; i += n {
		last := i+n >= len(text)
		src := append(bytes.Clone(left), text[min(i, len(text)):min(i+n, len(text))]...)
		var used int
		out, used = s(out, src, last)
		if used > len(src) || used < len(src)-5 || last && used != len(src) {
			t.Fatalf("used %d octets of %d, last %v", used, len(src), last)
		}
		left = src[used:]
		if last {
			return out
		}
	}
}

func TestQuote(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":          {"", ""},
		"nothing":        {"a\nb\n", "a\nb\n"},
		"first line":     {"From x", ">From x"},
		"line":           {"a\nFrom x\n", "a\n>From x\n"},
		"quoted":         {"a\n>From x\n>>From y\n", "a\n>>From x\n>>>From y\n"},
		"in a line":      {"a From x\n> From y\n", "a From x\n> From y\n"},
		"twice":          {"From From \nFrom \n", ">From From \n>From \n"},
		"no blank":       {"From\nFrom:\n", "From\nFrom:\n"},
		"end":            {"a\nFrom", "a\nFrom"},
		"CR":             {"a\rFrom x\r\nFrom y\r\n", "a\rFrom x\r\n>From y\r\n"},
		"only >":         {">>>>", ">>>>"},
		"> at the end":   {"a\n>", "a\n>"},
		"> and newline":  {">\nFrom ", ">\n>From "},
		"separator line": {"\nFrom a@b Thu Jan  1 00:00:00 1970\n\n", "\n>From a@b Thu Jan  1 00:00:00 1970\n\n"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			for n := 1; n <= len(test.text)+1; n++ {
				var q mbox.Quoter
				got := through(t, q.Append, []byte(test.text), n)
				if string(got) != test.want {
					t.Errorf("in pieces of %d: %q, want %q", n, got, test.want)
				}
				var u mbox.Unquoter
				if back := through(t, u.Append, got, n); string(back) != test.text {
					t.Errorf("in pieces of %d: back as %q, want %q", n, back, test.text)
				}
			}
		})
	}
}

func FuzzQuote(f *testing.F) {
	f.Add([]byte("From x\n>From y\n\nFrom z Thu Jan  1 00:00:00 1970\r\n>"), 3)
	f.Add([]byte(">>>>From \n>>>"), 1)
	f.Add([]byte("F\nFr\nFro\nFrom\nFrom "), 2)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		n = max(1, n)
		var q mbox.Quoter
		quoted := through(t, q.Append, text, n)
		for line := range strings.SplitSeq(string(quoted), "\n") {
			if strings.HasPrefix(line, "From ") {
				t.Errorf("a line of %q begins a message", quoted)
			}
		}
		var u mbox.Unquoter
		if back := through(t, u.Append, quoted, n); !bytes.Equal(back, text) {
			t.Errorf("%q came back as %q", text, back)
		}
	})
}
