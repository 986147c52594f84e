package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// countLines returns how many octets a file has as it is given.
func countLines(f io.Reader, ends lineEnds) (int64, error) {
	buf := make([]byte, chunk)
	size, last := int64(0), byte(0)
	for {
		n, err := f.Read(buf)
		switch text := buf[:n]; ends {
		case everyEnd:
			size += int64(bytes.Count(text, []byte{'\n'}))
		case bareEnds:
			size += countBare(text, last)
		}
		if size += int64(n); n > 0 {
			last = buf[n-1]
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read file: %w", err)
		}
	}
}

// expander gives a large file with the line ends of the wire. It has to have as
// many octets as were counted; the last are given only when it has.
type expander struct {
	from  io.Reader
	ends  lineEnds
	left  int64 // octets that were counted and not read
	buf   []byte
	give  []byte
	given int
	last  byte
	ended bool
}

func (x *expander) Read(p []byte) (int, error) {
	for x.given == len(x.give) {
		if x.ended {
			return 0, io.EOF
		}
		if err := x.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, x.give[x.given:])
	x.given += n
	return n, nil
}

// fill reads on. When all is read that was counted, it has to be the end.
func (x *expander) fill() error {
	if x.buf == nil {
		x.buf = make([]byte, chunk)
	}
	n, err := io.ReadFull(x.from, x.buf)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read file: %w", err)
	}
	x.give, x.given = x.ends.append(x.give[:0], x.buf[:n], x.last), 0
	if n > 0 {
		x.last = x.buf[n-1]
	}
	x.left -= int64(len(x.give))
	if x.left == 0 && err == nil {
		if _, err = io.ReadFull(x.from, x.buf[:1]); !errors.Is(err, io.EOF) {
			return errChanged
		}
	}
	if x.left < 0 || err != nil && x.left != 0 {
		return errChanged
	}
	x.ended = x.left == 0
	return nil
}
