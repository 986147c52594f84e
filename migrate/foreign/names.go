package foreign

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// joinName makes a folder's name of its parts; none are INBOX.
func joinName(parts []string) string {
	if len(parts) == 0 {
		return "INBOX"
	}
	name := strings.Join(parts, "/")
	if head := parts[0]; strings.EqualFold(head, "INBOX") {
		name = "INBOX" + name[len(head):]
	}
	return name
}

// unique returns a name that is not taken yet.
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}

// mboxParts returns the parts of the name of an mbox file.
func mboxParts(parents []string, file string) []string {
	if isMboxName(file) {
		file = strings.TrimSuffix(file, path.Ext(file))
	}
	return append(parents[:len(parents):len(parents)], decodeName(file))
}

func isMboxName(file string) bool {
	for _, ext := range []string{".mbox", ".mbx"} {
		if base, has := cutSuffixFold(file, ext); has && base != "" {
			return true
		}
	}
	return false
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at <= 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

// dottedParts returns the parts of the name of a Maildir++ directory, such as
// ".Sent.2020".
func dottedParts(dir string) []string {
	var parts []string
	for part := range strings.SplitSeq(dir, ".") {
		if part != "" {
			parts = append(parts, listEscapes.Replace(decodeName(part)))
		}
	}
	return parts
}

// listEscapes undoes Dovecot's plugin listescape, but for "/", which separates.
var listEscapes = strings.NewReplacer(`\2e`, ".", `\2E`, ".", `\5c`, `\`, `\5C`, `\`, `\7e`, "~", `\7E`, "~")

// escapedParts returns the parts of the name of an mbox that mailhaul wrote:
// octets that some system refuses in a name are % and two hexadecimal digits.
func escapedParts(place string) []string {
	parts := strings.Split(place, "/")
	last := len(parts) - 1
	if isMboxName(parts[last]) {
		parts[last] = strings.TrimSuffix(parts[last], path.Ext(parts[last]))
	}
	for i, part := range parts {
		// A "/" within a part separates nothing, and stays escaped.
		if name, err := url.PathUnescape(strings.ReplaceAll(part, "%2F", "%252F")); err == nil {
			parts[i] = valid(name)
		}
	}
	return parts
}

// mutf7 is the alphabet of modified UTF-7 (RFC 3501, 5.1.3).
var mutf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding).Strict()

// decodeName reads modified UTF-7. What is not spelled as the RFC wants it is a
// name as it stands.
func decodeName(raw string) string {
	var b strings.Builder
	for rest := raw; rest != ""; {
		plain, after, shifted := strings.Cut(rest, "&")
		b.WriteString(plain)
		if !shifted {
			break
		}
		code, behind, closed := strings.Cut(after, "-")
		text, ok := decodeShifted(code)
		// Two shifted texts side by side, or a shifted one of what needs none,
		// is not canonical.
		if !closed || !ok || code != "" && strings.HasPrefix(behind, "&") && !strings.HasPrefix(behind, "&-") {
			return valid(raw)
		}
		b.WriteString(text)
		rest = behind
	}
	return valid(b.String())
}

func decodeShifted(code string) (string, bool) {
	if code == "" {
		return "&", true
	}
	octets, err := mutf7.DecodeString(code)
	if err != nil || len(octets)%2 != 0 || len(octets) == 0 {
		return "", false
	}
	units := make([]uint16, len(octets)/2)
	for i := range units {
		units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	runes := utf16.Decode(units)
	for _, r := range runes {
		if r == utf8.RuneError || r >= 0x20 && r <= 0x7e {
			return "", false
		}
	}
	return string(runes), true
}

// valid makes a name out of any octets.
func valid(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }
