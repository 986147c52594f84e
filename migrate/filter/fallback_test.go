package filter_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/migrate/filter"
)

func TestFallbackName(t *testing.T) {
	hash := regexp.MustCompile(`-[0-9a-f]{8}\b`)
	long := strings.Repeat("ä", 150)
	for _, c := range []struct {
		name, delimiter string
		n               int
		want            string // "-#" for a hash
	}{
		{`a"b\c`, "/", 0, "a_b_c"},
		{"50% off,; now", "/", 0, "50_ off__ now"},
		{"plain", "/", 0, "plain"},
		{"Entwürfe/日本語 2-a_b", "/", 0, "Entwürfe/日本語 2-a_b"},
		{"Entwürfe/日本語 2-a_b", "/", 2, "Entw_rfe/___ 2-a_b"},
		{"u\u0308ber", "/", 0, "u\u0308ber"},         // decomposed
		{"\U0001f4c1\ufe0f mail", "/", 0, "__ mail"}, // an emoji and its selector
		{"\U00020000", "/", 0, "_"},                  // a letter beyond the basic plane
		{" a ", "/", 0, "_a_"},
		{"a//b", "/", 0, "a/_/b"},
		{"", "/", 0, "_"},
		{"INBOX.a/b", ".", 0, "INBOX.a_b"},
		{"a/b", "", 0, "a_b"},
		{"a\xffb\x00\r\n", "/", 0, "a_b___"},
		{"INBOX.a*", ".", 1, "INBOX.a_-#"},
		{"a*/b", "/", 1, "a_-#/b-#"}, // what lies below stays below
		{"ä/b", "/", 3, "_-#/b-#"},
		{"a", "/", 4, "a-#"},
		{long, "/", 0, strings.Repeat("ä", 100)},
		{long, "/", 1, strings.Repeat("ä", 95) + "-#"},
	} {
		got := filter.FallbackName(c.name, c.delimiter, c.n)
		if hash.ReplaceAllString(got, "-#") != c.want {
			t.Errorf("%q, %d: %q, want %q", c.name, c.n, got, c.want)
		}
	}
	parent := filter.FallbackName("a*", "/", 1)
	if child := filter.FallbackName("a*/b", "/", 1); !strings.HasPrefix(child, parent+"/") {
		t.Errorf("%q does not lie below %q", child, parent)
	}
	seen := map[string]bool{}
	for _, name := range []string{"a*", "a?", `a"`} {
		for _, n := range []int{1, 4, 5, 6} {
			seen[filter.FallbackName(name, "/", n)] = true
		}
	}
	if len(seen) != 12 {
		t.Errorf("names do not differ: %v", seen)
	}
}

// FuzzFallbackName: whatever the name, the fallback has as many levels, none
// empty nor too long, and holds nothing that servers refuse.
func FuzzFallbackName(f *testing.F) {
	f.Add("INBOX.a\"b", ".", 0)
	f.Add("\U0001f4c1/\xff", "/", 3)
	f.Add(strings.Repeat("ж", 300), "/", 9)
	f.Fuzz(func(t *testing.T, name, delimiter string, n int) {
		if len(delimiter) > 1 || strings.ContainsAny(delimiter, "-_") || delimiter > "\x7f" || delimiter >= "0" && delimiter <= "z" || n < 0 {
			return // no delimiter of a server
		}
		got := filter.FallbackName(name, delimiter, n)
		if got != filter.FallbackName(name, delimiter, n) || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		if delimiter == "" || delimiter == " " {
			return
		}
		levels := strings.Split(got, delimiter)
		if len(levels) != strings.Count(name, delimiter)+1 {
			t.Errorf("%q became %q: other levels", name, got)
		}
		for _, l := range levels {
			if l == "" || len(l) > 200 || strings.ContainsAny(l, "\"\\%*\r\n\x00/.") || n >= 2 && strings.ContainsFunc(l, func(r rune) bool { return r > 0x7e }) {
				t.Errorf("%q became %q", name, got)
			}
		}
	})
}
