package imaptest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestCorpus holds what the shipped mail is there for.
func TestCorpus(t *testing.T) {
	has := map[string]func([]byte) bool{
		"8-bit text":              func(m []byte) bool { return bytes.ContainsFunc(m, func(r rune) bool { return r > 127 }) },
		"a bare CR":               func(m []byte) bool { return bytes.Contains(bytes.ReplaceAll(m, []byte("\r\n"), nil), []byte("\r")) },
		"CRLF":                    func(m []byte) bool { return bytes.Contains(m, []byte("\r\n")) },
		"no final newline":        func(m []byte) bool { return !bytes.HasSuffix(m, []byte("\n")) },
		"a From line inside":      func(m []byte) bool { return bytes.Contains(m, []byte("\nFrom ")) },
		"a quoted From line":      func(m []byte) bool { return bytes.Contains(m, []byte("\n>From ")) },
		"no separator of its own": func(m []byte) bool { return !bytes.HasPrefix(m, []byte("From ")) },
		"a multipart":             func(m []byte) bool { return bytes.Contains(m, []byte("multipart/")) },
	}
	shipped, found := 0, map[string]int{}
	for name, m := range imaptest.Corpus(t) {
		if !strings.HasPrefix(name, "mail/") {
			break // the shipped ones come first
		}
		shipped++
		for what, is := range has {
			if is(m) {
				found[what]++
			}
		}
	}
	if shipped != 64 || found["no separator of its own"] != shipped {
		t.Errorf("%d messages, %d of them without a separator line", shipped, found["no separator of its own"])
	}
	for what := range has {
		if found[what] == 0 {
			t.Errorf("no message with %s", what)
		}
	}
}
