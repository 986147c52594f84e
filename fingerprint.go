package mailhaul

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// FingerprintFields are the header fields that identify a message. They are
// what a source asks a server for when a UID means nothing any more.
var FingerprintFields = []string{"Message-ID", "Date", "From", "To", "Cc", "Subject", "In-Reply-To"}

// Fingerprint recognises a message by its identifying header fields, without
// its body. Equal messages have equal fingerprints; different messages may.
type Fingerprint [16]byte

// MakeFingerprint computes the fingerprint from octets that begin with a
// message's header, or with the header fields that a server gave for
// FingerprintFields (RFC 9051, 6.4.5, HEADER.FIELDS): both give the same. What
// follows the first empty line is not read. Folding, white space and the order
// of different fields do not count.
func MakeFingerprint(header []byte) Fingerprint {
	var fields []string
	for len(header) > 0 {
		line, rest := cutField(header)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		header = rest
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimSpace(name)
		for _, f := range FingerprintFields {
			if len(f) == len(name) && strings.EqualFold(f, string(name)) {
				fields = append(fields, f+":"+string(bytes.Join(bytes.Fields(value), []byte(" "))))
			}
		}
	}
	slices.SortStableFunc(fields, func(a, b string) int {
		return strings.Compare(a[:strings.IndexByte(a, ':')], b[:strings.IndexByte(b, ':')])
	})
	sum := sha256.Sum256([]byte(strings.Join(fields, "\n")))
	return Fingerprint(sum[:16])
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
