package foldername

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxOctets bounds a component. File systems take 255; the rest is for a
// number and for an extension such as ".mbox".
const maxOctets = 200

// hashDigits is the length of the hexadecimal hash that stands for what was cut.
const hashDigits = 16

// Escape returns the component for one level of a folder's name. It is never
// empty, ".", "..", "cur", "new" or "tmp" in any case, and never longer than
// 200 octets.
func Escape(name string) string {
	if name == "" {
		return "%" // no other name gives a % that two digits do not follow
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if refused(r, n) || i == 0 && refusedFirst(name, r) || i+n == len(name) && (r == ' ' || r == '.') ||
			r == '~' && numberedTail(name[i:]) || r == '.' && strings.EqualFold(name[i:], ".mbox") {
			escape(&b, name[i:i+n])
		} else {
			b.WriteString(name[i : i+n])
		}
		i += n
	}
	if b.Len() > maxOctets {
		return Cut(b.String(), name)
	}
	return b.String()
}

// Cut returns the beginning of an escaped component with a hash of the whole
// name behind it. It cannot be undone.
func Cut(escaped, name string) string {
	sum := sha256.Sum256([]byte(name))
	end := min(len(escaped), maxOctets-1-hashDigits)
	for end > 0 && end < len(escaped) && !utf8.RuneStart(escaped[end]) {
		end--
	}
	// An escape sequence is not cut apart.
	if i := strings.LastIndexByte(escaped[:end], '%'); i >= 0 && i > end-3 && end < len(escaped) {
		end = i
	}
	return escaped[:end] + "~" + hex.EncodeToString(sum[:hashDigits/2])
}

// Numbered returns the component with a number, which makes it differ from
// another with the same key.
func Numbered(component string, n int) string {
	return component + "~" + strconv.Itoa(n)
}

// Unescape returns the name that a component was made from, its number left
// out. ok is false for one that was cut and for what Escape does not make.
func Unescape(component string) (name string, ok bool) {
	if i := strings.LastIndexByte(component, '~'); i >= 0 && isNumber(component[i+1:]) {
		component = component[:i]
	}
	if i := strings.LastIndexByte(component, '~'); i >= 0 && isHash(component[i+1:]) {
		return "", false
	}
	if component == "%" {
		return "", true
	}
	var b strings.Builder
	for i := 0; i < len(component); i++ {
		if component[i] != '%' {
			b.WriteByte(component[i])
			continue
		}
		if i+3 > len(component) {
			return "", false
		}
		octet, err := hex.DecodeString(component[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b.Write(octet)
		i += 2
	}
	return b.String(), Escape(b.String()) == component
}

// refused tells whether a character may stand nowhere in a component: what
// Windows refuses, what is not UTF-8, and what cannot be seen or turns the
// direction of the text around it.
func refused(r rune, n int) bool {
	switch {
	case r == utf8.RuneError && n == 1:
		return true
	case r < 0x80:
		return r < 0x20 || r == 0x7f || strings.ContainsRune(`%<>:"|?*\/`, r)
	case r == zeroWidthNonJoiner || r == zeroWidthJoiner:
		return false // scripts and emoji need them
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Needed within words of some scripts, and within some emoji.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// refusedFirst tells whether the name's first character must be escaped, for
// its own sake or to make the whole name another one.
func refusedFirst(name string, r rune) bool {
	if r == '.' || r == ' ' {
		return true
	}
	switch strings.ToLower(name) {
	case "cur", "new", "tmp":
		return true
	}
	return device(name)
}

// device tells whether Windows takes the name for a device, whatever extension
// it has.
func device(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, isCom := strings.CutPrefix(stem, "COM")
	if !isCom {
		var isLpt bool
		if port, isLpt = strings.CutPrefix(stem, "LPT"); !isLpt {
			return false
		}
	}
	switch port {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}

// numberedTail tells whether what begins with ~ would be taken for a number or
// a hash that this package put there.
func numberedTail(s string) bool { return isNumber(s[1:]) || isHash(s[1:]) }

func isNumber(s string) bool {
	if len(s) == 0 || len(s) > 9 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

func isHash(s string) bool {
	return len(s) == hashDigits && strings.Trim(s, "0123456789abcdef") == ""
}

func escape(b *strings.Builder, s string) {
	for i := range len(s) {
		b.WriteByte('%')
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{s[i]})))
	}
}
