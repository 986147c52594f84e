package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapeLevel spells one level of a folder's name for a tree of mbox files, as
// an archive does: % and two hexadecimal digits stand for each octet that some
// system refuses, does not show, or takes for something else.
func escapeLevel(level string) string {
	if out := escape(level); len(out) <= maxOctets {
		return out
	}
	return shorten(level, escape)
}

func escape(level string) string {
	if level == "" {
		return "%"
	}
	var out strings.Builder
	for i := 0; i < len(level); {
		r, n := utf8.DecodeRuneInString(level[i:])
		edge := r == ' ' || r == '.'
		switch {
		case r == utf8.RuneError && n == 1, unseen(r), strings.ContainsRune(`%<>:"|?*\/`, r),
			i == 0 && (edge || isDevice(level)), i+n == len(level) && edge,
			r == '.' && strings.EqualFold(level[i:], mboxExt):
			for _, c := range []byte(level[i : i+n]) {
				fmt.Fprintf(&out, "%%%02X", c)
			}
		default:
			out.WriteString(level[i : i+n])
		}
		i += n
	}
	return out.String()
}

// unseen tells of a character that cannot be seen, or turns the direction of the
// text around it. Scripts and emoji need the joiners.
func unseen(r rune) bool {
	return r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// isDevice tells whether Windows takes the name for a device, whatever extension
// it has.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, port := range [...]string{"COM", "LPT"} {
		if n, is := strings.CutPrefix(stem, port); is && utf8.RuneCountInString(n) == 1 {
			return strings.ContainsAny(n, "0123456789¹²³")
		}
	}
	return false
}
