package filter

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLevel bounds a level of a replacement, in octets of UTF-8.
const maxLevel = 200

// FallbackName returns a name to try in place of one that a server refused,
// level by level: for n = 0 letters and digits of any script, blanks, "-" and
// "_" stay, all else becomes "_" (Cyrus 3.6 refuses `"`, `\`, `%` and `,;`,
// Courier 5 refuses emoji); for n = 1 a hash of the true name is added, for when
// the first is taken; n = 2 and 3 are the same in ASCII; above that the hash
// depends on n. It depends on nothing but its arguments. It may give the same
// name twice, and name itself.
func FallbackName(name, delimiter string, n int) string {
	levels := []string{name}
	if delimiter != "" {
		levels = strings.Split(name, delimiter)
	}
	out := make([]string, len(levels))
	for i, level := range levels {
		c := closeLevel(level, n >= 2)
		// The hash of an inner level is that of its own name: a folder and what
		// lies below it stay together.
		if n%2 == 1 || n > 3 {
			if i == len(levels)-1 || c != level {
				hash := shortHash(strings.Join(levels[:i+1], delimiter), n)
				c = cutOctets(c, maxLevel-len(hash)-1) + "-" + hash
			}
		}
		out[i] = cutOctets(c, maxLevel)
	}
	return strings.Join(out, delimiter)
}

// closeLevel replaces what servers may refuse in one level.
func closeLevel(level string, ascii bool) string {
	if level == "" {
		return "_"
	}
	var b strings.Builder
	afterLetter := false
	last := len(level) - 1
	for i, r := range level {
		// Marks belong to the letter before them; alone, or behind an emoji, they
		// are nothing to read. Beyond the basic plane servers refuse letters, too.
		word := r <= 0xffff && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && afterLetter)
		if ascii && r > unicode.MaxASCII {
			word = false
		}
		if word || r == '-' || r == '_' || r == ' ' && i > 0 && i < last {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
		afterLetter = word
	}
	return b.String()
}

// cutOctets cuts text to at most n octets, between characters.
func cutOctets(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// shortHash is a hash of a name in 8 characters; another for each n above 3.
func shortHash(name string, n int) string {
	if n > 3 {
		name += "\x00" + strconv.Itoa(n)
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}
