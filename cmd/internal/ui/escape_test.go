package ui_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "Grüße 日本 👩‍👩‍👧 \"q\" \\", "Grüße 日本 👩‍👩‍👧 \"q\" \\"},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"terminal sequence", "\x1b[2J\a\x00", `\x1b[2J\x07\x00`},
		{"DEL and C1", "\x7f\u009b31m", `\x7f\x9b31m`},
		{"reordering", "exe\u202egpj\u2066x\u200f", `exe\u202egpj\u2066x\u200f`},
		{"invisible", "a\ufeffb\U000e0041", `a\ufeffb\U000e0041`},
		{"no UTF-8", "\xff\xc3(", `\xff\xc3(`},
		{"replacement character itself", "\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ui.Escape(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzEscape: whatever comes in, what goes out moves no cursor, and JSON says
// the same as was put in.
func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff\U000e0041")
	f.Fuzz(func(t *testing.T, text string) {
		got := ui.Escape(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("%q became %q", text, got)
		}
		var out bytes.Buffer
		u := ui.New(ui.Options{Stdout: &out})
		u.Object(map[string]string{"k": ui.Text(text)})
		if line := strings.TrimSuffix(out.String(), "\n"); ui.Escape(line) != line {
			t.Errorf("the JSON line %q needs escaping", line)
		}
		var back map[string]string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["k"] != ui.Text(text) {
			t.Errorf("%q came back as %q, %v", text, back["k"], err)
		}
	})
}
