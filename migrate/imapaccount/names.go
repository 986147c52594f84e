package imapaccount

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mutf7 is the alphabet of modified UTF-7 (RFC 3501, 5.1.3): "," for "/", no
// padding; strict, so that two spellings of one name are two names.
var mutf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding).Strict()

// decodeName returns the folder name that a raw name stands for. A raw name
// that is not the canonical spelling of any name stands for itself: it is
// still a folder, and must not collide with another.
func decodeName(raw string, utf8Names bool) string {
	if utf8Names {
		return raw
	}
	name, ok := decodeUTF7(raw)
	if !ok || encodeUTF7(name) != raw {
		return raw
	}
	return name
}

func decodeUTF7(raw string) (string, bool) {
	var b strings.Builder
	for raw != "" {
		plain, rest, shift := strings.Cut(raw, "&")
		for i := 0; i < len(plain); i++ {
			if plain[i] < 0x20 || plain[i] > 0x7e {
				return "", false
			}
		}
		b.WriteString(plain)
		if !shift {
			break
		}
		code, after, closed := strings.Cut(rest, "-")
		if !closed {
			return "", false
		}
		raw = after
		if code == "" {
			b.WriteByte('&')
			continue
		}
		octets, err := mutf7.DecodeString(code)
		if err != nil || len(octets)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		for _, r := range utf16.Decode(units) {
			if r == utf8.RuneError {
				return "", false
			}
			b.WriteRune(r)
		}
	}
	return b.String(), true
}

// encodeUTF7 spells a name in modified UTF-7.
func encodeUTF7(name string) string {
	var b strings.Builder
	var run []rune
	flush := func() {
		if len(run) == 0 {
			return
		}
		var octets []byte
		for _, u := range utf16.Encode(run) {
			octets = append(octets, byte(u>>8), byte(u))
		}
		b.WriteByte('&')
		b.WriteString(mutf7.EncodeToString(octets))
		b.WriteByte('-')
		run = run[:0]
	}
	for _, r := range name {
		if r < 0x20 || r > 0x7e {
			run = append(run, r)
			continue
		}
		flush()
		b.WriteRune(r)
		if r == '&' {
			b.WriteByte('-')
		}
	}
	flush()
	return b.String()
}

// quoteName spells a raw name as a quoted string (RFC 9051, 4.3), or returns
// false when only a literal can carry it.
func quoteName(raw string) (string, bool) {
	if strings.ContainsAny(raw, "\r\n\x00") {
		return "", false
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(raw) + `"`, true
}
