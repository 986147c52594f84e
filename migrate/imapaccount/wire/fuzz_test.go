package wire_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// FuzzRead: whatever comes over the line, no line is longer than was allowed and
// no literal than was announced, and reading comes to an end.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"* OK\r\n", "* 1 FETCH (BODY[] {3}\r\nabc)\r\nh1 OK\r\n", "{9223372036854775807}\r\nx", "x {0}\r\n\r\n", "a ~{2}\r\n\x00\r\n\n", "{+}\r\n{-1}\r\n{1+}\r\n", "no end",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		near, far := net.Pipe()
		go func() {
			far.Write(octets) //nolint:errcheck // the reader may have enough before the end
			far.Close()
		}()
		c := wire.NewConn(near, wire.Options{Timeout: time.Second})
		defer c.Close()
		const limit = 100
		for {
			line, err := c.ReadLine(limit)
			if err != nil {
				return
			}
			if len(line) > limit {
				t.Fatalf("a line of %d octets", len(line))
			}
			n, ok := wire.LiteralSize(line)
			if !ok {
				continue
			}
			got, err := io.Copy(io.Discard, c.Literal(n))
			if got > n || err == nil && got != n {
				t.Fatalf("%d octets of a literal of %d, error %v", got, n, err)
			}
		}
	})
}
