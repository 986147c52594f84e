package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// pair is a Conn and the server's end of its connection.
func pair(t *testing.T, o wire.Options) (*wire.Conn, net.Conn) {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	near, far := net.Pipe()
	c := wire.NewConn(near, o)
	t.Cleanup(func() { c.Close(); far.Close() })
	return c, far
}

// TestBorrow: a blocked Read of the library lets go, the borrower reads what
// comes, and the library goes on where the borrower stopped.
func TestBorrow(t *testing.T) {
	c, server := pair(t, wire.Options{})
	library := make(chan string)
	go func() {
		b := make([]byte, 100)
		n, err := c.Read(b)
		if err != nil {
			library <- err.Error()
			return
		}
		library <- string(b[:n])
	}()
	c.Borrow()
	go server.Write([]byte("* mine {3}\r\nabc rest\r\n* library's\r\n")) //nolint:errcheck // the reads tell
	line, err := c.ReadLine(100)
	if err != nil || string(line) != "* mine {3}" {
		t.Fatalf("line %q, %v", line, err)
	}
	n, ok := wire.LiteralSize(line)
	body, err := io.ReadAll(c.Literal(n))
	if err != nil || !ok || string(body) != "abc" {
		t.Fatalf("literal %q, %v", body, err)
	}
	if line, err = c.ReadLine(100); err != nil || string(line) != " rest" {
		t.Fatalf("line %q, %v", line, err)
	}
	c.Return()
	if got := <-library; got != "* library's\r\n" {
		t.Errorf("the library read %q", got)
	}
}

// TestTimeoutRolls: octets that keep coming keep the connection, silence ends it.
func TestTimeoutRolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pair(t, wire.Options{Timeout: 2 * time.Second})
		c.Borrow()
		go func() {
			for range 10 { // 10 × 1 s is longer than the limit
				time.Sleep(time.Second)
				if _, err := server.Write([]byte("x")); err != nil {
					return
				}
			}
			server.Write([]byte("\r\n")) //nolint:errcheck // the read tells
		}()
		if line, err := c.ReadLine(100); err != nil || len(line) != 10 {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := c.ReadLine(100); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	c, server := pair(t, wire.Options{})
	c.Borrow()
	go server.Write(bytes.Repeat([]byte("x"), 1<<20)) //nolint:errcheck // ends with the connection
	if _, err := c.ReadLine(1000); err == nil || !strings.Contains(err.Error(), "longer than 1000") {
		t.Errorf("a line without end: %v", err)
	}
}

// TestTruncated: a literal that ends early is an error, never an end.
func TestTruncated(t *testing.T) {
	c, server := pair(t, wire.Options{})
	c.Borrow()
	go func() {
		server.Write([]byte("abc")) //nolint:errcheck // the read tells
		server.Close()
	}()
	body, err := io.ReadAll(c.Literal(10))
	if !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != "abc" {
		t.Errorf("%q, %v", body, err)
	}
}

// TestCloseWakes: a library that waits for a borrower is told of the end.
func TestCloseWakes(t *testing.T) {
	c, _ := pair(t, wire.Options{})
	c.Borrow()
	done := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	c.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestLiteralSize(t *testing.T) {
	for line, want := range map[string]int64{"x {42}": 42, "x {42+}": 42, "~{0}": 0, "{9223372036854775807}": 9223372036854775807} {
		if n, ok := wire.LiteralSize([]byte(line)); !ok || n != want {
			t.Errorf("%q: %d, %v", line, n, ok)
		}
	}
	for _, line := range []string{"", "}", "{}", "{+}", "{-1}", "{+1}", "{1", "1}", "{a}", "{9223372036854775808}", "{1} "} {
		if n, ok := wire.LiteralSize([]byte(line)); ok {
			t.Errorf("%q is taken for %d", line, n)
		}
	}
}
