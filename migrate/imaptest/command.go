package imaptest

import (
	"bytes"
	"strings"
)

// maxRecorded bounds the octets kept of one command: what runs through a line
// may be TLS, or a client gone wrong, and have no line ends.
const maxRecorded = 64 << 10

// Command is a command as a client sent it.
type Command struct {
	// Connection counts the connections from 1.
	Connection int
	// Tag is the command's tag; Name its name in capitals, "UID FETCH" for one
	// of the UID commands; Args what follows, as it was sent.
	Tag, Name, Args string
	// Literals are the literals within Args, in order. A Line keeps none: there
	// Args holds no more than their announcements.
	Literals [][]byte
}

// parseCommand takes a command line apart.
func parseCommand(connection int, line string) Command {
	c := Command{Connection: connection}
	c.Tag, line, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	name, rest, _ := strings.Cut(line, " ")
	c.Name, c.Args = strings.ToUpper(name), rest
	if c.Name == "UID" {
		name, rest, _ = strings.Cut(rest, " ")
		c.Name, c.Args = "UID "+strings.ToUpper(name), rest
	}
	return c
}

// commandReader finds the commands in the octets that a client sends, whatever
// pieces they come in, and steps over literals.
type commandReader struct {
	line []byte
	from int   // where in line the part behind the last literal begins
	skip int64 // octets of a literal that are still to come
	each func(line string)
}

// Write takes the next octets. It never fails.
func (r *commandReader) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if r.skip > 0 {
			k := min(r.skip, int64(len(b)))
			r.skip -= k
			b = b[k:]
			continue
		}
		c := b[0]
		b = b[1:]
		if len(r.line) < maxRecorded {
			r.line = append(r.line, c)
		}
		if c != '\n' {
			continue
		}
		if size, ok := literalSize(string(r.line[r.from:])); ok {
			r.skip = size
			r.line = bytes.TrimRight(r.line, "\r\n") // the command goes on after the literal
			r.from = len(r.line)
			continue
		}
		r.each(string(r.line))
		r.line, r.from = r.line[:0], 0
	}
	return n, nil
}
