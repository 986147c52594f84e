package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// message is one whose octets come next from the connection.
type message struct {
	folder folder
	number string // its number within the folder
	size   int64
	body   *bufio.Reader
}

// writeTo copies the message's octets, as few writes as there can be: from the
// buffer of the connection, without another one between.
func (m message) writeTo(w io.Writer) error {
	for left := m.size; left > 0; {
		n := int(min(left, int64(m.body.Size())))
		if left > int64(n) { // of a large one take what is there, do not wait for more
			n = min(n, max(1, m.body.Buffered()))
		}
		octets, err := m.body.Peek(n)
		if err != nil {
			return err
		}
		if _, err := w.Write(octets); err != nil {
			return err
		}
		if _, err := m.body.Discard(n); err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}

// flight is a FETCH that was sent.
type flight struct {
	folder folder
	tag    string
}

// fetch asks for the pieces of work and gives each message to put. All of the
// work is asked for at once unless it is shared with other connections: then
// two pieces are under way at a time.
func (c *conn) fetch(work <-chan piece, shared bool, put func(message) error) error {
	var (
		sent []flight
		open = -1
		most = 2
	)
	if !shared {
		most = cap(work)
	}
	for p := range work {
		if open != p.folder.number {
			c.send("EXAMINE " + p.folder.name)
			open = p.folder.number
		}
		tag := c.send(fmt.Sprintf("FETCH %d:%d (UID FLAGS INTERNALDATE BODY.PEEK[])", p.first, p.last))
		sent = append(sent, flight{p.folder, tag})
		if len(sent) < most {
			continue
		}
		if err := c.w.Flush(); err != nil {
			return err
		}
		if err := c.receive(sent[0], put); err != nil {
			return err
		}
		sent = sent[1:]
	}
	if err := c.w.Flush(); err != nil {
		return err
	}
	for _, f := range sent {
		if err := c.receive(f, put); err != nil {
			return err
		}
	}
	return nil
}

// receive reads the messages of one FETCH up to its tagged response.
func (c *conn) receive(f flight, put func(message) error) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if line[0] == 'a' {
			tag, rest, _ := strings.Cut(string(line), " ")
			if !strings.HasPrefix(rest, "OK") {
				return errors.New(strings.TrimSpace(string(line)))
			}
			if tag == f.tag {
				return nil
			}
			continue // of an EXAMINE
		}
		size, isLiteral := literal(line)
		if !isLiteral {
			continue // of an EXAMINE, or the end of a message
		}
		number, _, _ := bytes.Cut(line[2:], []byte(" "))
		if _, err := strconv.Atoi(string(number)); err != nil {
			return fmt.Errorf("read answer %q: %w", line, err)
		}
		if err := put(message{f.folder, string(number), size, c.r}); err != nil {
			return err
		}
	}
}
