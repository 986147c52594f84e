package foldername_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/archive/internal/foldername"
)

func TestEscape(t *testing.T) {
	long := strings.Repeat("ü", 200)
	tests := map[string]struct {
		name, want string
		cut        bool
	}{
		"plain":             {name: "INBOX", want: "INBOX"},
		"words":             {name: "Alpha Beta", want: "Alpha Beta"},
		"not ASCII":         {name: "Entwürfe 日本語 😀", want: "Entwürfe 日本語 😀"},
		"empty":             {name: "", want: "%"},
		"dot":               {name: ".", want: "%2E"},
		"dots":              {name: "..", want: "%2E%2E"},
		"hidden":            {name: ".git", want: "%2Egit"},
		"percent":           {name: "100% sure", want: "100%25 sure"},
		"escape":            {name: "%2E", want: "%252E"},
		"separators":        {name: `a/b\c`, want: "a%2Fb%5Cc"},
		"windows":           {name: `<>:"|?*`, want: "%3C%3E%3A%22%7C%3F%2A"},
		"control":           {name: "a\x00\n\x7f\u0085", want: "a%00%0A%7F%C2%85"},
		"direction":         {name: "a\u202eb", want: "a%E2%80%AEb"},
		"not UTF-8":         {name: "a\xff\xc3", want: "a%FF%C3"},
		"blanks":            {name: " a ", want: "%20a%20"},
		"final dot":         {name: "a.", want: "a%2E"},
		"inner dot":         {name: "dot.name", want: "dot.name"},
		"maildir":           {name: "cur", want: "%63ur"},
		"maildir, capitals": {name: "TMP", want: "%54MP"},
		"device":            {name: "CON", want: "%43ON"},
		"device, extension": {name: "nul.txt", want: "%6Eul.txt"},
		"port":              {name: "com1", want: "%63om1"},
		"no port":           {name: "com10", want: "com10"},
		"mbox":              {name: "a.MBOX", want: "a%2EMBOX"},
		"mbox alone":        {name: ".mbox", want: "%2Embox"},
		"tilde":             {name: "tilde~name", want: "tilde~name"},
		"tilde, number":     {name: "a~2", want: "a%7E2"},
		"tilde, hash":       {name: "a~0123456789abcdef", want: "a%7E0123456789abcdef"},
		"long":              {name: long, cut: true},
		"emoji of several":  {name: "👩\u200d💻", want: "👩\u200d💻"},
		"lone continuation": {name: "\x80", want: "%80"},
		"blank":             {name: " ", want: "%20"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			got := foldername.Escape(test.name)
			if test.cut {
				if len(got) > 200 || !strings.HasPrefix(got, strings.Repeat("ü", 91)+"~") {
					t.Errorf("Escape = %q", got)
				}
			} else if got != test.want {
				t.Errorf("Escape = %q, want %q", got, test.want)
			}
			for _, c := range []string{got, foldername.Numbered(got, 2)} {
				name, ok := foldername.Unescape(c)
				if ok == test.cut || ok && name != test.name {
					t.Errorf("Unescape(%q) = %q, %v", c, name, ok)
				}
			}
		})
	}
}

func TestKey(t *testing.T) {
	same := map[string][2]string{
		"case":         {"Work", "wORK"},
		"Unicode form": {"caf\u00e9", "cafe\u0301"},
		"sharp s":      {"Straße", "STRASSE"},
		"sigma":        {"ΣΑΣ", "σας"},
		"joiner":       {"a\u200db", "ab"},
	}
	for title, pair := range same {
		if foldername.Key(pair[0]) != foldername.Key(pair[1]) {
			t.Errorf("%s: %q and %q have different keys", title, pair[0], pair[1])
		}
	}
	if foldername.Key("a/b") == foldername.Key("a/c") {
		t.Error("different names have the same key")
	}
}

func TestLevels(t *testing.T) {
	tests := map[string]struct {
		name, delimiter string
		levels          int
		whole           bool
	}{
		"flat":      {"a/b", "", 1, false},
		"two":       {"a/b", "/", 2, false},
		"dot":       {"a.b.c", ".", 3, false},
		"empty":     {"", "/", 1, false},
		"only":      {"//", "/", 3, false},
		"deep":      {strings.Repeat("a/", 31) + "a", "/", 32, false},
		"too deep":  {strings.Repeat("a/", 32) + "a", "/", 1, true},
		"too long":  {strings.Repeat("a", 1025), "/", 1, true},
		"long flat": {strings.Repeat("a", 1024), "", 1, false},
	}
	for title, test := range tests {
		levels, whole := foldername.Levels(test.name, test.delimiter)
		if len(levels) != test.levels || whole != test.whole {
			t.Errorf("%s: %d levels, whole %v", title, len(levels), whole)
		}
	}
	for _, name := range []string{strings.Repeat("../", 400), strings.Repeat("\xff", 2000), strings.Repeat("ü", 99) + " " + strings.Repeat("/", 999)} {
		safe(t, foldername.EscapeWhole(name))
	}
}

// safe fails unless a component can be used on all systems.
func safe(t *testing.T, c string) {
	t.Helper()
	switch strings.ToLower(c) {
	case "", ".", "..", "cur", "new", "tmp", "con", "nul":
		t.Errorf("the component is %q", c)
	}
	if len(c) > 220 || !utf8.ValidString(c) || !filepath.IsLocal(c) || strings.ContainsAny(c, "/\\:\x00\n\"<>|?*") ||
		c[0] == '.' || c[0] == ' ' || c[len(c)-1] == '.' || c[len(c)-1] == ' ' || strings.HasSuffix(strings.ToLower(c), ".mbox") {
		t.Errorf("the component %q is not safe", c)
	}
}

func FuzzEscape(f *testing.F) {
	for _, name := range []string{"INBOX", "..", "cur", "a~2", "CON.x", "%", "\xff", strings.Repeat("é.", 150), "a.mbox"} {
		f.Add(name, name+" ")
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		cx, cy := foldername.Escape(x), foldername.Escape(y)
		safe(t, cx)
		safe(t, foldername.Numbered(cx, 7))
		safe(t, foldername.EscapeWhole(x))
		if x != y && cx == cy {
			t.Errorf("%q and %q are both %q", x, y, cx)
		}
		name, ok := foldername.Unescape(cx)
		if ok && name != x || !ok && len(cx) < 150 {
			t.Errorf("%q became %q and came back as %q, %v", x, cx, name, ok)
		}
	})
}
