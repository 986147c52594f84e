package imaptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clientLimit bounds one command of a Client. It is a guard against a test that
// hangs, not something that a test measures. Courier may wait two minutes for a
// lock.
const clientLimit = 5 * time.Minute

// ErrRefused is the error of a command that the server answered with NO or BAD.
var ErrRefused = errors.New("server refused")

// Client is a raw IMAP client for filling and changing accounts. It speaks plain
// text on loopback, knows no limits, and is for one goroutine.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	tags int
	// Capabilities as announced after the login, in capitals.
	capabilities []string
	// Prefix and Delimiter of the personal namespace (RFC 2342), "" and "/" on
	// most servers.
	Prefix, Delimiter string
}

// Dial connects to s, logs in, and closes the connection when the test ends.
func Dial(tb testing.TB, s *Server, user, password string) *Client {
	tb.Helper()
	return DialAddr(tb, s.Addr, user, password)
}

// DialAddr is Dial for any server that speaks plain text on addr.
func DialAddr(tb testing.TB, addr, user, password string) *Client {
	tb.Helper()
	c, err := dial(addr, user, password)
	if err != nil {
		tb.Fatalf("dial %s: %v", addr, err)
	}
	tb.Cleanup(c.Close)
	return c
}

func dial(addr, user, password string) (*Client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &Client{
		conn: conn, Delimiter: "/",
		r: bufio.NewReaderSize(conn, 64<<10),
		w: bufio.NewWriterSize(conn, 256<<10),
	}
	if err := c.login(user, password); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) login(user, password string) error {
	c.extend()
	if _, err := c.readLine(); err != nil {
		return fmt.Errorf("read greeting: %w", err)
	}
	if _, err := c.Command("LOGIN " + quote(user) + " " + quote(password)); err != nil {
		return err
	}
	lines, err := c.Command("CAPABILITY")
	if err != nil {
		return err
	}
	c.capabilities = strings.Fields(strings.ToUpper(strings.Join(lines, " ")))
	// Asked whether announced or not: a server that hides NAMESPACE still has
	// its prefix, and one that does not know the command says BAD.
	lines, err = c.Command("NAMESPACE")
	if err != nil && !errors.Is(err, ErrRefused) {
		return err
	}
	for _, line := range lines {
		if part := strings.Split(line, `"`); len(part) > 4 && strings.HasPrefix(line, "* NAMESPACE ((") {
			c.Prefix, c.Delimiter = part[1], part[3]
		}
	}
	return nil
}

// Has tells whether the server announced a capability.
func (c *Client) Has(capability string) bool {
	return slices.Contains(c.capabilities, strings.ToUpper(capability))
}

// Close ends the connection. It may be called again.
func (c *Client) Close() { c.conn.Close() }

// Command sends a line without its tag and returns the untagged lines before
// the tagged answer, literals within. NO and BAD are errors that wrap
// [ErrRefused] and tell the server's text. The line is sent as it is: it may
// hold literals of the form that waits for nothing ({n+}).
func (c *Client) Command(line string) ([]string, error) {
	tag := c.begin()
	c.w.WriteString(line)
	return c.end(tag)
}

// begin starts a command and returns its tag. Write errors come out of end.
func (c *Client) begin() string {
	c.extend()
	c.tags++
	tag := "t" + strconv.Itoa(c.tags)
	c.w.WriteString(tag + " ")
	return tag
}

// end finishes the command and waits for its answer.
func (c *Client) end(tag string) ([]string, error) {
	c.w.WriteString("\r\n")
	if err := c.w.Flush(); err != nil {
		return nil, fmt.Errorf("send command: %w", err)
	}
	var untagged []string
	for {
		line, err := c.readLine()
		if err != nil {
			return untagged, fmt.Errorf("read answer: %w", err)
		}
		answer, ok := strings.CutPrefix(line, tag+" ")
		if !ok {
			untagged = append(untagged, line)
			continue
		}
		if !strings.HasPrefix(strings.ToUpper(answer), "OK") {
			return untagged, fmt.Errorf("%w: %s", ErrRefused, answer)
		}
		return untagged, nil
	}
}

// extend gives the connection its full time again.
func (c *Client) extend() { _ = c.conn.SetDeadline(time.Now().Add(clientLimit)) }

// readLine reads one response with the literals in it, without its final CRLF.
func (c *Client) readLine() (string, error) {
	var out strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		size, ok := literalSize(line)
		if !ok {
			out.WriteString(strings.TrimRight(line, "\r\n"))
			return out.String(), nil
		}
		out.WriteString(line)
		if _, err := io.CopyN(&out, c.r, size); err != nil {
			return "", err
		}
	}
}

// literalSize returns the size of the literal that a line announces at its end
// ({n} or {n+}, RFC 9051, 4.3).
func literalSize(line string) (int64, bool) {
	text, ok := strings.CutSuffix(strings.TrimRight(line, "\r\n"), "}")
	if !ok {
		return 0, false
	}
	text = strings.TrimSuffix(text, "+")
	size, err := strconv.ParseInt(text[strings.LastIndexByte(text, '{')+1:], 10, 64)
	return size, err == nil && size >= 0 && strings.Contains(text, "{")
}
