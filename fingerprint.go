package mailhaul

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"strings"
)

// FingerprintFields are the header fields that identify a message. They are
// what a source asks a server for when a UID means nothing any more.
var FingerprintFields = fieldNames[:]

// Fingerprint recognises a message by its identifying header fields, without
// its body. Equal messages have equal fingerprints; different messages may.
type Fingerprint [16]byte

// FingerprintRange holds the fingerprints whose first two octets, as a number, are
// those from First to Last.
type FingerprintRange struct{ First, Last uint16 }

// Contains tells whether f is in the range.
func (r FingerprintRange) Contains(f Fingerprint) bool {
	n := binary.BigEndian.Uint16(f[:])
	return r.First <= n && n <= r.Last
}

// FingerprintRanges yields n ranges, from 1 to 65,536, of one size that hold all
// fingerprints: who has too many messages at once takes those of one after the other.
func FingerprintRanges(n int) iter.Seq[FingerprintRange] {
	const all = 1 << 16
	n = max(1, min(n, all))
	return func(yield func(FingerprintRange) bool) {
		for i := range n {
			if !yield(FingerprintRange{uint16(i * all / n), uint16((i+1)*all/n - 1)}) {
				return
			}
		}
	}
}

// MakeFingerprint computes the fingerprint from octets that begin with a
// message's header, or with the header fields that a server gave for
// FingerprintFields (RFC 9051, 6.4.5, HEADER.FIELDS): both give the same. What
// follows the first empty line is not read. Folding, white space and the order
// of different fields do not count.
func MakeFingerprint(header []byte) Fingerprint {
	text := make([]byte, 0, 1024) // the fields in canonical form, one behind the other
	var places [len(fieldNames)][]span
	for len(header) > 0 {
		field, rest := cutField(header)
		if len(bytes.TrimRight(field, "\r\n")) == 0 {
			break
		}
		header = rest
		colon := bytes.IndexByte(field, ':')
		if colon < 0 {
			continue
		}
		at := fieldIndex(bytes.TrimSpace(field[:colon]))
		if at < 0 {
			continue
		}
		begin := len(text)
		text = appendWords(text, field[colon+1:])
		places[at] = append(places[at], span{begin, len(text)})
	}
	h := sha256.New()
	line := make([]byte, 0, 256)
	for i, spans := range places {
		for _, s := range spans {
			line = append(append(append(line[:0], fieldNames[i]...), ':'), text[s.begin:s.end]...)
			h.Write(append(line, '\n'))
		}
	}
	return Fingerprint(h.Sum(nil)[:16])
}

type span struct{ begin, end int }

// fieldNames are the FingerprintFields, in an array of fixed size.
var fieldNames = [...]string{"Message-ID", "Date", "From", "To", "Cc", "Subject", "In-Reply-To"}

// fieldIndex finds a field's name, in any case, among the fieldNames; -1 if it
// is none of them.
func fieldIndex(name []byte) int {
	for i, f := range fieldNames {
		if len(f) == len(name) && f[0]|0x20 == name[0]|0x20 && strings.EqualFold(f, string(name)) {
			return i
		}
	}
	return -1
}

// appendWords appends the words of a value with one blank between them.
func appendWords(dst, value []byte) []byte {
	begin := len(dst)
	blank := false
	for _, c := range value {
		switch c {
		case ' ', '\t', '\r', '\n', '\v', '\f':
			blank = len(dst) > begin
			continue
		}
		if blank {
			dst = append(dst, ' ')
			blank = false
		}
		dst = append(dst, c)
	}
	return dst
}

// cutField splits off the first header field with its folded lines.
func cutField(b []byte) (field, rest []byte) {
	end := 0
	for {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			return b, nil
		}
		first := end == 0
		end += i + 1
		empty := first && len(bytes.TrimRight(b[:end], "\r\n")) == 0
		if empty || end == len(b) || (b[end] != ' ' && b[end] != '\t') {
			return b[:end], b[end:]
		}
	}
}
