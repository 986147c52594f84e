package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// boxScanner finds the messages in an mbox file without a ledger: each separator
// line of ours tells how long its message is, so that what is damaged in one
// message does not spoil the next.
type boxScanner struct {
	file *os.File
	size int64
	in   *bufio.Reader
	pos  int64 // of in, within the file
}

func newBoxScanner(f *os.File) (*boxScanner, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at mbox file: %w", err)
	}
	s := &boxScanner{file: f, size: info.Size(), in: bufio.NewReaderSize(nil, chunk)}
	s.seek(0)
	return s, nil
}

func (s *boxScanner) seek(pos int64) {
	s.pos = pos
	s.in.Reset(io.NewSectionReader(s.file, pos, s.size-pos))
}

// scan calls found for each whole message, in order, and gap for each part
// between them, or behind the last one, that is none.
func (s *boxScanner) scan(found func(boxMessage) error, gap func(checkpoint.Region)) error {
	for s.pos < s.size {
		begin := s.pos
		m, ok, err := s.message()
		if err != nil {
			return err
		}
		if ok {
			if err := found(m); err != nil {
				return err
			}
			continue
		}
		next, err := s.separatorBehind(begin)
		if err != nil {
			return err
		}
		gap(checkpoint.Region{Offset: begin, Stored: next - begin})
		s.seek(next)
	}
	return nil
}

// boxMessage is a message in an mbox file.
type boxMessage struct {
	mbox.Separator
	checkpoint.Region
}

// message reads the message that begins here; ok is false when none does, or
// when it is not as its separator line says.
func (s *boxScanner) message() (m boxMessage, ok bool, err error) {
	m.Offset = s.pos
	line, err := s.fragment()
	if err != nil {
		return m, false, err
	}
	if m.Separator, ok = mbox.ParseSeparator(line); !ok || m.UID == 0 || line[len(line)-1] != '\n' {
		return m, false, nil
	}
	newline := int64(1)
	if m.LineEnds == mailhaul.LF {
		newline = 2
	}
	for wire := int64(0); ; {
		n, last, err := s.line(newline)
		if err != nil || !last {
			return m, false, err
		}
		if wire == m.Size || m.Size > 0 && wire == m.Size+newline {
			m.Stored = s.pos - m.Offset
			return m, n == newline, nil // the empty line that ends each message
		}
		if wire += n; n == 0 || wire > m.Size+newline {
			return m, false, nil
		}
	}
}

// line reads a line and returns how many octets it is on the wire, where its LF
// is newline octets; 0 for a separator line. whole is false at the file's end.
func (s *boxScanner) line(newline int64) (wire int64, whole bool, err error) {
	var q quoteMatch
	for {
		part, err := s.fragment()
		if err != nil {
			return 0, false, err
		}
		if len(part) == 0 {
			return 0, false, nil
		}
		q.take(part)
		wire += int64(len(part))
		if part[len(part)-1] == '\n' {
			break
		}
	}
	switch {
	case q.found && !q.quoted:
		return 0, true, nil
	case q.found:
		wire--
	}
	return wire + newline - 1, true, nil
}

// fragment returns the next line, or as much of it as the buffer holds; nothing
// at the end. It is valid until the next call.
func (s *boxScanner) fragment() ([]byte, error) {
	part, err := s.in.ReadSlice('\n')
	s.pos += int64(len(part))
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read mbox file: %w", err)
	}
	return part, nil
}

// separatorBehind returns where the next separator line of ours begins behind an
// offset, or the file's end.
func (s *boxScanner) separatorBehind(offset int64) (int64, error) {
	s.seek(offset)
	atStart := false // of a line; the first one has been looked at
	for {
		begin := s.pos
		part, err := s.fragment()
		if err != nil || len(part) == 0 {
			return s.size, err
		}
		if atStart && bytes.HasPrefix(part, []byte("From ")) {
			if _, ours := mbox.ParseSeparator(part); ours {
				return begin, nil
			}
		}
		atStart = part[len(part)-1] == '\n'
	}
}

// quoteMatch tells of a line, which may come in parts, whether it begins with
// "From " behind any number of ">".
type quoteMatch struct {
	quoted, found, over bool
	matched             int
}

func (q *quoteMatch) take(part []byte) {
	const from = "From "
	for _, c := range part {
		switch {
		case q.over || q.found:
			return
		case c == '>' && q.matched == 0:
			q.quoted = true
		case c == from[q.matched]:
			q.matched++
			q.found = q.matched == len(from)
		default:
			q.over = true
		}
	}
}
