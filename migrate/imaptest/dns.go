package imaptest

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
)

// The types of records that a Zone may have (RFC 1035, 3.2.2; RFC 2782).
const (
	typeMX  = 15
	typeSRV = 33
)

// Zone is what a DNS server knows: the data of records, by type and name. The
// nil Zone knows nothing.
type Zone map[uint16]map[string][][]byte

// add adds a record; a chain of calls makes a zone out of Zone{}.
func (z Zone) add(kind uint16, name string, data []byte) Zone {
	if z[kind] == nil {
		z[kind] = map[string][][]byte{}
	}
	z[kind][name] = append(z[kind][name], data)
	return z
}

// SRV adds a record of RFC 2782: of a priority, a weight, a port and a target.
func (z Zone) SRV(name string, priority, weight, port uint16, target string) Zone {
	data := binary.BigEndian.AppendUint16(nil, priority)
	data = binary.BigEndian.AppendUint16(data, weight)
	data = binary.BigEndian.AppendUint16(data, port)
	return z.add(typeSRV, name, append(data, encodeName(target)...))
}

// MX adds a mail exchanger (RFC 5321, 5.1).
func (z Zone) MX(name string, priority uint16, target string) Zone {
	return z.add(typeMX, name, append(binary.BigEndian.AppendUint16(nil, priority), encodeName(target)...))
}

// encodeName writes a name as labels (RFC 1035, 3.1).
func encodeName(name string) []byte {
	var out []byte
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label != "" {
			out = append(append(out, byte(len(label))), label...)
		}
	}
	return append(out, 0)
}

// NewResolver starts a DNS server for a zone, which ends with the test, and
// returns a resolver that asks it and nobody else.
func NewResolver(tb testing.TB, z Zone) *net.Resolver {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("start DNS server: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer := z.answer(buffer[:n]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	tb.Cleanup(func() {
		conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer answers one question (RFC 1035, 4).
func (z Zone) answer(question []byte) []byte {
	if len(question) < 12 {
		return nil
	}
	var labels []string
	at := 12
	for at < len(question) && question[at] != 0 {
		end := at + 1 + int(question[at])
		if end > len(question) {
			return nil
		}
		labels = append(labels, string(question[at+1:end]))
		at = end
	}
	if at+5 > len(question) {
		return nil
	}
	kind := binary.BigEndian.Uint16(question[at+1:])
	records := z[kind][strings.ToLower(strings.Join(labels, "."))]
	out := append([]byte(nil), question[:2]...)
	out = append(out, 0x81, 0x80) // an answer, recursion wanted and available
	if len(records) == 0 {
		out[3] |= 3 // no such name
	}
	out = append(out, 0, 1, 0, byte(len(records)), 0, 0, 0, 0)
	out = append(out, question[12:at+5]...)
	for _, data := range records {
		out = append(out, 0xc0, 12) // the name of the question
		out = binary.BigEndian.AppendUint16(out, kind)
		out = append(out, 0, 1, 0, 0, 0, 60) // class IN, for a minute
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
	}
	return out
}
