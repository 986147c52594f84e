package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// buffer is how much is read or written at once, in octets.
const buffer = 256 << 10

// conn is a connection on which commands are pipelined.
type conn struct {
	net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	tags int
}

// dial connects and logs in.
func dial(o options) (*conn, error) {
	n, err := net.Dial("tcp", o.address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: n, r: bufio.NewReaderSize(n, buffer), w: bufio.NewWriterSize(n, buffer)}
	if _, err := c.r.ReadSlice('\n'); err != nil {
		return nil, fmt.Errorf("read greeting: %w", err)
	}
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + o.user + "\x00" + o.password))
	if _, err := c.ask("AUTHENTICATE PLAIN " + plain); err != nil { // RFC 4959
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

func (c *conn) close() { _ = c.Close() }

// send puts a command into the buffer and returns its tag.
func (c *conn) send(command string) string { return c.begin(command + "\r\n") }

// begin puts the beginning of a command into the buffer and returns its tag.
func (c *conn) begin(command string) string {
	c.tags++
	tag := "a" + strconv.Itoa(c.tags)
	_, _ = c.w.WriteString(tag + " " + command) // an error stays until Flush
	return tag
}

// ask sends a command and returns the untagged responses to it, the literals
// within them put in their places.
func (c *conn) ask(command string) ([]string, error) {
	tag := c.send(command)
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	var responses []string
	for {
		response, err := c.response()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(response, tag+" ") {
			return responses, answered(response, tag)
		}
		responses = append(responses, response)
	}
}

// response reads one response with the literals in it.
func (c *conn) response() (string, error) {
	var b strings.Builder
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		size, isLiteral := literal(line)
		if !isLiteral {
			b.Write(line)
			return strings.TrimRight(b.String(), "\r\n"), nil
		}
		b.Write(line[:strings.LastIndexByte(string(line), '{')])
		text := make([]byte, size)
		if _, err := io.ReadFull(c.r, text); err != nil {
			return "", err
		}
		b.WriteString(quote(string(text)))
	}
}

// answered reads a tagged response.
func answered(response, tag string) error {
	if strings.HasPrefix(response, tag+" OK") {
		return nil
	}
	return errors.New(response)
}

// literal returns the size of the literal that a line announces at its end.
func literal(line []byte) (int64, bool) {
	n := len(line)
	if n < 5 || line[n-3] != '}' {
		return 0, false
	}
	open := n - 4
	for open > 0 && line[open] != '{' {
		open--
	}
	size, err := strconv.ParseInt(string(line[open+1:n-3]), 10, 64)
	return size, err == nil
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
