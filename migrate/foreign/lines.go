package foreign

import "bytes"

// appendLines appends text to dst with CR LF for each LF that has no CR before
// it, or for every LF. last is the octet before text.
func appendLines(dst, text []byte, last byte, every bool) []byte {
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return append(dst, text...)
		}
		if i > 0 {
			last = text[i-1]
		}
		dst = append(dst, text[:i]...)
		if every || last != '\r' {
			dst = append(dst, '\r')
		}
		dst, last = append(dst, '\n'), '\n'
		text = text[i+1:]
	}
}

// countBare counts the LF of text that have no CR before them. last is the
// octet before text.
func countBare(text []byte, last byte) int64 {
	n := int64(0)
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return n
		}
		if i > 0 {
			last = text[i-1]
		}
		if last != '\r' {
			n++
		}
		last = '\n'
		text = text[i+1:]
	}
}
