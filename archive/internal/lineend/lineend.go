// Package lineend turns the line ends of the wire, CR LF, into LF and back
// without losing an octet.
//
// A message can be stored with LF when every LF in it follows a CR and there is
// at least one. Then each CR LF is one LF in the file, and each LF in the file
// is one CR LF; a CR elsewhere stays what it is. Any other message is stored as
// it is.
package lineend

import "bytes"

// Shortener turns CR LF into LF. The zero value is at the beginning of a
// message.
type Shortener struct {
	lines int64
}

// Lines returns how many CR LF were turned into LF.
func (s *Shortener) Lines() int64 { return s.lines }

// Append appends src with LF in place of CR LF to dst and returns it with the
// number of octets of src that were used. Unless last is set, a CR at the end
// of src is left: it must come first in the next call. bare tells that an LF
// without CR was met: it stopped there, with that LF the first unused octet.
func (s *Shortener) Append(dst, src []byte, last bool) (out []byte, used int, bare bool) {
	for {
		i := bytes.IndexByte(src[used:], '\n')
		if i < 0 {
			break
		}
		end := used + i // of the line, where its LF stands
		// What was used ends with LF or not with CR: a CR before this LF is
		// among the unused octets.
		if i == 0 || src[end-1] != '\r' {
			return append(dst, src[used:end]...), end, true
		}
		dst = append(append(dst, src[used:end-1]...), '\n')
		used = end + 1
		s.lines++
	}
	end := len(src)
	if !last && end > used && src[end-1] == '\r' {
		end--
	}
	return append(dst, src[used:end]...), end, false
}

// Restore appends src with CR LF in place of LF to dst and returns it.
func Restore(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(append(dst, src[:i]...), '\r', '\n')
		src = src[i+1:]
	}
}
