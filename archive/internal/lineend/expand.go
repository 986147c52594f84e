package lineend

import (
	"bytes"
	"fmt"
	"io"
)

// File is what Expand works on; *os.File is one.
type File interface {
	io.ReaderAt
	io.WriterAt
}

// Expand puts a CR before every LF of the octets from to end of a file, in
// place, and returns the new end. lines is the number of LF among them. What
// stood behind end is overwritten. It needs one small buffer, however much
// there is: it moves from the end to the beginning, so that nothing is
// overwritten that is not read yet.
func Expand(f File, from, end, lines int64) (int64, error) {
	const chunk = 64 << 10
	in := make([]byte, chunk)
	out := make([]byte, 0, 2*chunk)
	newEnd := end + lines
	for write := newEnd; end > from && write > end; {
		n := min(int64(chunk), end-from)
		if _, err := f.ReadAt(in[:n], end-n); err != nil {
			return 0, fmt.Errorf("read back line ends: %w", err)
		}
		if int64(bytes.Count(in[:n], []byte{'\n'})) > write-end {
			return 0, fmt.Errorf("restore line ends: more than %d lines", lines)
		}
		out = Restore(out[:0], in[:n])
		write -= int64(len(out))
		end -= n
		if _, err := f.WriteAt(out, write); err != nil {
			return 0, fmt.Errorf("restore line ends: %w", err)
		}
	}
	return newEnd, nil
}
