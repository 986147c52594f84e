package foreign_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/mbox"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// FuzzMbox: whatever is in a file, what is read agrees with what was counted,
// messages do not overlap, and none is longer than what is there.
func FuzzMbox(f *testing.F) {
	for _, c := range dialectCases() {
		f.Add([]byte(c.text), uint8(c.dialect))
	}
	f.Add([]byte(sep+"X-Keywords: a\n b\nX-UID: 1\nContent-Length: 2\nX-Mozilla-Keys: c\n\n>>From x\n\n"+sep), uint8(0))
	f.Fuzz(func(t *testing.T, file []byte, dialect uint8) {
		messages, err := foreign.ReadMbox(file, foreign.Dialect(dialect%5))
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, m := range messages {
			total += len(m)
		}
		if total > 2*len(file) {
			t.Errorf("%d octets of %d", total, len(file))
		}
	})
}

// FuzzExact: what mailhaul writes into an mbox comes back octet for octet.
func FuzzExact(f *testing.F) {
	for _, c := range dialectCases() {
		f.Add([]byte(c.text), false)
		f.Add([]byte(c.text), true)
	}
	f.Fuzz(func(t *testing.T, octets []byte, lf bool) {
		s := mbox.Separator{UIDValidity: 1, UID: 2, InternalDate: time.Unix(1700000000, 0), Size: int64(len(octets))}
		stored := octets
		if lf {
			// Any octets can be what is stored with LF; the message is longer.
			s.LineEnds = mailhaul.LF
			octets = bytes.ReplaceAll(stored, []byte("\n"), []byte("\r\n"))
			s.Size = int64(len(octets))
		}
		var file []byte
		for range 2 {
			var err error
			if file, err = s.Append(file); err != nil {
				t.Fatal(err)
			}
			var q mbox.Quoter
			if file, _ = q.Append(file, stored, true); len(stored) == 0 || stored[len(stored)-1] != '\n' {
				file = append(file, '\n')
			}
			file = append(file, '\n')
		}
		got, err := foreign.ReadMbox(file, foreign.Auto)
		if err != nil || len(got) != 2 || !bytes.Equal(got[0], octets) || !bytes.Equal(got[1], octets) {
			t.Fatalf("%q came back as %q, %v", octets, got, err)
		}
	})
}

func FuzzName(f *testing.F) {
	f.Add("Entw&APw-rfe")
	f.Add("&2D3eAA-&-")
	f.Fuzz(func(t *testing.T, raw string) {
		if name := foreign.DecodeName(raw); len(name) > 3*len(raw) {
			t.Errorf("%q for %q", name, raw)
		}
	})
}
