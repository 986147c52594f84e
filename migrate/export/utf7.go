package export

import (
	"encoding/base64"
	"runtime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mutf7 is the alphabet of modified UTF-7 (RFC 3501, 5.1.3).
var mutf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeLevel spells one level of a folder's name for a Maildir++: in modified
// UTF-7, with base64 also for what would be taken for something else there.
func encodeLevel(level string) string {
	if level == "" {
		return "~" // the name "~" itself stands in base64
	}
	var out strings.Builder
	var wide []uint16
	flush := func() {
		if len(wide) == 0 {
			return
		}
		octets := make([]byte, 0, 2*len(wide))
		for _, u := range wide {
			octets = append(octets, byte(u>>8), byte(u))
		}
		out.WriteString("&" + mutf7.EncodeToString(octets) + "-")
		wide = wide[:0]
	}
	for i := 0; i < len(level); {
		r, n := utf8.DecodeRuneInString(level[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			wide = append(wide, 0xdc00+uint16(level[i])) // as Python's surrogateescape
		case r < ' ' || r > '~' || r == '.' || r == '/' || r == '~' && i == 0 || refused(r):
			wide = utf16.AppendRune(wide, r)
		default:
			flush()
			out.WriteByte(byte(r))
			if r == '&' {
				out.WriteByte('-')
			}
		}
		i += n
	}
	flush()
	return out.String()
}

// refused tells whether Windows refuses a character in the name of a file.
func refused(r rune) bool {
	return runtime.GOOS == "windows" && strings.ContainsRune(`<>:"|?*\`, r)
}
