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

// inFlight are the commands that were sent and not yet answered, by their tags.
// A server may end FETCH commands in another order than they were sent (RFC
// 9051, 5.5).
type inFlight struct {
	examines map[string]folder
	fetches  map[string]bool
	open     folder // that of the messages that come
}

// fetch asks for the pieces of work and gives each message to put. All of the
// work is asked for at once unless it is shared with other connections: then
// two pieces are under way at a time.
func (c *conn) fetch(work <-chan piece, shared bool, put func(message) error) error {
	sent := inFlight{examines: map[string]folder{}, fetches: map[string]bool{}}
	most, examined := cap(work), -1
	if shared {
		most = 2
	}
	for p := range work {
		if examined != p.folder.number {
			sent.examines[c.send("EXAMINE "+p.folder.name)] = p.folder
			examined = p.folder.number
		}
		sent.fetches[c.send(fmt.Sprintf("FETCH %d:%d (UID FLAGS INTERNALDATE BODY.PEEK[])", p.first, p.last))] = true
		if len(sent.fetches) < most {
			continue
		}
		if err := c.receive(&sent, most-1, put); err != nil {
			return err
		}
	}
	return c.receive(&sent, 0, put)
}

// receive sends what waits to be sent, then reads until no more than so many
// FETCH commands are in flight.
func (c *conn) receive(sent *inFlight, most int, put func(message) error) error {
	if err := c.w.Flush(); err != nil {
		return err
	}
	for len(sent.fetches) > most {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if line[0] == 'a' {
			if err := sent.answered(string(line)); err != nil {
				return err
			}
			continue
		}
		size, isLiteral := literal(line)
		if !isLiteral {
			continue // of an EXAMINE, or the end of a message
		}
		number, _, _ := bytes.Cut(line[2:], []byte(" "))
		if _, err := strconv.Atoi(string(number)); err != nil {
			return fmt.Errorf("read answer %q: %w", line, err)
		}
		if err := put(message{sent.open, string(number), size, c.r}); err != nil {
			return err
		}
	}
	return nil
}

// answered takes the tagged response to a command.
func (s *inFlight) answered(line string) error {
	tag, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(rest, "OK") {
		return errors.New(strings.TrimSpace(line))
	}
	if f, ok := s.examines[tag]; ok {
		s.open = f
	}
	delete(s.examines, tag)
	delete(s.fetches, tag)
	return nil
}
