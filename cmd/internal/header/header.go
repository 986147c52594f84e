package header

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// headerLimit is how many octets of a message are looked at for its header, and
// fieldLimit how many of a field are decoded: mail may be made to be costly.
const (
	headerLimit = 64 << 10
	fieldLimit  = 2000
)

// Header holds the fields that a listing shows, decoded (RFC 2047) and on one
// line. They are as hostile as the mail they come from: a terminal must not get
// them unescaped.
type Header struct{ From, Subject string }

// Read looks for the fields at the beginning of a message; the first one of each
// name counts. What follows the header is not needed and may be missing.
func Read(r io.Reader) (Header, error) {
	text, err := io.ReadAll(io.LimitReader(r, headerLimit))
	if err != nil {
		return Header{}, fmt.Errorf("read header: %w", err)
	}
	var h Header
	seen := map[string]bool{}
	for len(text) > 0 {
		var field []byte
		field, text = cutField(text)
		if len(bytes.TrimRight(field, "\r\n")) == 0 {
			break
		}
		name, value, _ := bytes.Cut(field, []byte(":"))
		key := strings.ToLower(string(bytes.TrimSpace(name)))
		if seen[key] {
			continue
		}
		switch key {
		case "from":
			h.From = decodeField(value)
		case "subject":
			h.Subject = decodeField(value)
		default:
			continue
		}
		seen[key] = true
	}
	return h, nil
}

// cutField splits off a field with the lines that continue it.
func cutField(text []byte) (field, rest []byte) {
	end := 0
	for {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			return text, nil
		}
		end += i + 1
		if end == len(text) || text[end] != ' ' && text[end] != '\t' {
			return text[:end], text[end:]
		}
	}
}

// decodeField unfolds a field and decodes its encoded words. Octets that are no
// UTF-8 are taken for Windows-1252, as most old mail meant them.
func decodeField(value []byte) string {
	value = value[:min(len(value), fieldLimit)]
	text := strings.Join(strings.Fields(string(value)), " ")
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	if decoded, err := decoder.DecodeHeader(text); err == nil {
		text = decoded
	}
	if utf8.ValidString(text) {
		return text
	}
	// Every octet has a character in Windows-1252, so this cannot fail.
	decoded, _ := charmap.Windows1252.NewDecoder().String(text)
	return decoded
}

// charsetReader reads the character sets that the standard library does not.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, fmt.Errorf("read character set %q: %w", charset, err)
	}
	return e.NewDecoder().Reader(r), nil
}
