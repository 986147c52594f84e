package mbox

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	gombox "github.com/emersion/go-mbox"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/zone"
)

// Separator is what a separator line carries:
//
//	From 1699999999.4711.+0100.4617L@mailhaul Tue Nov 14 22:13:20 2023
//
// UIDVALIDITY, UID, zone of INTERNALDATE ("none" when there is no date), size
// on the wire, L or V for the line ends, and INTERNALDATE in UTC in the form
// of asctime (RFC 4155, appendix A).
type Separator struct {
	UIDValidity  uint32
	UID          mailhaul.UID
	InternalDate time.Time // to the second; zero for none
	Size         int64     // octets of the message on the wire
	LineEnds     mailhaul.LineEnds
}

// domain ends the sender of a separator line; by it the line is known to be ours.
const domain = "@mailhaul"

// Append appends the separator line with its LF to dst.
func (s Separator) Append(dst []byte) ([]byte, error) {
	date := s.InternalDate.UTC()
	if s.InternalDate.IsZero() {
		date = time.Unix(0, 0).UTC()
	}
	kind := 'V'
	if s.LineEnds == mailhaul.LF {
		kind = 'L'
	}
	line := bytes.NewBuffer(dst)
	sender := fmt.Sprintf("%d.%d.%s.%d%c%s", s.UIDValidity, s.UID, zone.Of(s.InternalDate), s.Size, kind, domain)
	if _, err := gombox.NewWriter(line).CreateMessage(sender, date); err != nil {
		return dst, fmt.Errorf("write separator line: %w", err)
	}
	return line.Bytes(), nil
}

// LineEndsAt returns the place in a separator line of the letter that tells the
// line ends, and the letter for kind. It is what changes when a message turns
// out to have a bare LF after its separator line was written.
func LineEndsAt(line []byte, kind mailhaul.LineEnds) (place int, letter byte) {
	letter = 'V'
	if kind == mailhaul.LF {
		letter = 'L'
	}
	return bytes.Index(line, []byte(domain)) - 1, letter
}

// ParseSeparator reads a separator line, with or without its LF. ok is false
// for one that another program wrote.
func ParseSeparator(line []byte) (s Separator, ok bool) {
	text, isFrom := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), string(from))
	sender, date, found := strings.Cut(text, " ")
	local, isOurs := strings.CutSuffix(sender, domain)
	parts := strings.Split(local, ".")
	if !isFrom || !found || !isOurs || len(parts) != 4 {
		return Separator{}, false
	}
	v, err1 := strconv.ParseUint(parts[0], 10, 32)
	u, err2 := strconv.ParseUint(parts[1], 10, 32)
	when, err3 := time.Parse(time.ANSIC, date)
	if err1 != nil || err2 != nil || err3 != nil {
		return Separator{}, false
	}
	size, isLF := strings.CutSuffix(parts[3], "L")
	if !isLF {
		size = strings.TrimSuffix(parts[3], "V")
	}
	octets, err4 := strconv.ParseInt(size, 10, 64)
	internal, err5 := zone.Date(when.Unix(), parts[2])
	if err4 != nil || err5 != nil || octets < 0 {
		return Separator{}, false
	}
	s = Separator{UIDValidity: uint32(v), UID: mailhaul.UID(u), InternalDate: internal, Size: octets}
	if isLF {
		s.LineEnds = mailhaul.LF
	}
	// Only the exact spelling is ours.
	again, err := s.Append(nil)
	return s, err == nil && bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), bytes.TrimSuffix(line, []byte("\n")))
}
