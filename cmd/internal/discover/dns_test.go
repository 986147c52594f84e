package discover_test

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
)

// The types of records that the tests need (RFC 1035, 3.2.2; RFC 2782).
const (
	typeMX  = 15
	typeSRV = 33
)

// zone is what a DNS server knows: the data of records, by type and name.
type zone map[uint16]map[string][][]byte

func (z zone) add(kind uint16, name string, data []byte) zone {
	if z[kind] == nil {
		z[kind] = map[string][][]byte{}
	}
	z[kind][name] = append(z[kind][name], data)
	return z
}

// srv adds a record of RFC 2782.
func (z zone) srv(name string, priority, weight, port uint16, target string) zone {
	data := binary.BigEndian.AppendUint16(nil, priority)
	data = binary.BigEndian.AppendUint16(data, weight)
	data = binary.BigEndian.AppendUint16(data, port)
	return z.add(typeSRV, name, append(data, encodeName(target)...))
}

func (z zone) mx(name string, priority uint16, target string) zone {
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

// serve starts a DNS server for a zone and returns a resolver that asks it.
func serve(t *testing.T, z zone) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
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
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer answers one question (RFC 1035, 4).
func (z zone) answer(question []byte) []byte {
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
