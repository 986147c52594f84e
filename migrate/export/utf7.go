package export

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf16"
)

// mutf7 is the alphabet of modified UTF-7 (RFC 3501, 5.1.3).
var mutf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeLevel spells one level of a folder's name for a Maildir++: in modified
// UTF-7, with what would be taken for something else there as Dovecot's plugin
// listescape spells it. (Base64 would do, but Dovecot opens no folder whose name
// has base64 without need.) What is no UTF-8 becomes U+FFFD.
func encodeLevel(level string) string {
	if level == "" {
		return "_" // the layout has no empty level
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
	mark := escapeMark()
	for i, r := range level {
		if r < ' ' || r > '~' {
			wide = utf16.AppendRune(wide, r)
			continue
		}
		flush()
		switch {
		case r == '.', r == '/', r == mark, r == '~' && i == 0, mark != '\\' && strings.ContainsRune(`<>:"|?*\`, r):
			fmt.Fprintf(&out, "%c%02x", mark, r)
		case r == '&':
			out.WriteString("&-")
		default:
			out.WriteRune(r)
		}
	}
	flush()
	return out.String()
}

// escapeMark stands before two hexadecimal digits: "\", which Windows does not
// allow in a file name.
func escapeMark() rune {
	if runtime.GOOS == "windows" {
		return '%'
	}
	return '\\'
}
