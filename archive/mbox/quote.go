package mbox

import "bytes"

// from begins a separator line, and is what quoting hides in a message.
var from = []byte("From ")

// Quoter puts a ">" before every "From " that stands at the beginning of a line
// or behind nothing but ">" there. The zero value is at the beginning of a
// message. It looks at LF alone as the end of a line, as readers do.
type Quoter struct {
	inLine bool // something else than ">" stands before, in this line
}

// Append appends the quoted form of src to dst and returns it with the number
// of octets of src that were used. Unless last is set, up to four octets at the
// end may be left: they must come first in the next call.
func (q *Quoter) Append(dst, src []byte, last bool) (out []byte, used int) {
	return q.each(dst, src, last, func(dst, before []byte) []byte {
		return append(append(dst, before...), '>')
	})
}

// Unquoter takes off what a Quoter put on. The zero value is at the beginning
// of a message.
type Unquoter struct {
	q Quoter
	// held is true when a ">" was read that is not yet given on: whether it
	// belongs to the message shows at the next octets.
	held bool
}

// Append is the inverse of Quoter.Append, with the same contract.
func (u *Unquoter) Append(dst, src []byte, last bool) (out []byte, used int) {
	if u.held {
		// The octet was counted as used; it is put back in front, so that the
		// search sees the line as it stands in the file.
		joined := make([]byte, 0, len(src)+1)
		joined = append(append(joined, '>'), src...)
		u.held = false
		out, used = u.append(dst, joined, last)
		return out, used - 1
	}
	return u.append(dst, src, last)
}

func (u *Unquoter) append(dst, src []byte, last bool) (out []byte, used int) {
	out, used = u.q.each(dst, src, last, func(dst, before []byte) []byte {
		if n := len(before); n > 0 && before[n-1] == '>' {
			before = before[:n-1]
		}
		return append(dst, before...)
	})
	// Whether a ">" at the end of what was used is taken off shows later.
	if !last && !u.q.inLine && used > 0 && src[used-1] == '>' {
		out, u.held = out[:len(out)-1], true
	}
	return out, used
}

// each copies src to dst and calls hit at each "From " that stands at the
// beginning of a line or behind nothing but ">", with the octets before it that
// are not copied yet.
func (q *Quoter) each(dst, src []byte, last bool, hit func(dst, before []byte) []byte) (out []byte, used int) {
	done, pos := 0, 0
	for {
		i := bytes.Index(src[pos:], from)
		if i < 0 {
			break
		}
		i += pos
		if q.atStart(src, i) {
			dst = hit(dst, src[done:i])
			done = i
		}
		pos = i + len(from)
	}
	used = len(src)
	if !last {
		used -= partial(src[pos:])
	}
	if used > 0 {
		q.inLine = !q.atStart(src, used)
	}
	return append(dst, src[done:used]...), used
}

// atStart tells whether nothing but ">" stands between the beginning of the
// line and src[i].
func (q *Quoter) atStart(src []byte, i int) bool {
	for i > 0 && src[i-1] == '>' {
		i--
	}
	if i == 0 {
		return !q.inLine
	}
	return src[i-1] == '\n'
}

// partial returns the length of the longest end of b that begins "From ".
func partial(b []byte) int {
	for n := min(len(b), len(from)-1); n > 0; n-- {
		if bytes.Equal(b[len(b)-n:], from[:n]) {
			return n
		}
	}
	return 0
}
