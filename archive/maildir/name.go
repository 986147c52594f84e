package maildir

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
)

// owner stands where other programs put a host name; by it a name is known to
// be ours.
const owner = ".mailhaul,S="

// digestOctets is how much of the digest a name carries: enough that different
// messages never share a name, even when a server gives a UID twice.
const digestOctets = 8

// Name is what the base name of a message carries.
type Name struct {
	// InternalDate is to the second and with its zone; zero for none.
	InternalDate time.Time
	UIDValidity  uint32
	UID          mailhaul.UID
	// Digest is the first octets of the message's digest.
	Digest [digestOctets]byte
	// Stored is the size of the file, Size that of the message on the wire,
	// both in octets. They differ when LineEnds is LF, and only then.
	Stored, Size int64
	LineEnds     mailhaul.LineEnds
}

// NameOf returns the name of a message that is stored as the receipt says.
func NameOf(r *mailhaul.Receipt) Name {
	return Name{
		InternalDate: r.InternalDate,
		UIDValidity:  r.Folder.UIDValidity,
		UID:          r.UID,
		Digest:       [digestOctets]byte(r.Digest[:digestOctets]),
		Stored:       r.Stored,
		Size:         r.Size,
		LineEnds:     r.LineEnds,
	}
}

// Base returns the base name: what identifies the message whatever its flags.
func (n Name) Base() string {
	b := make([]byte, 0, 96)
	if n.InternalDate.IsZero() {
		b = append(b, '0')
	} else {
		b = strconv.AppendInt(b, n.InternalDate.Unix(), 10)
	}
	b = append(b, ".V"...)
	b = strconv.AppendUint(b, uint64(n.UIDValidity), 10)
	b = append(b, 'U')
	b = strconv.AppendUint(b, uint64(n.UID), 10)
	b = append(b, 'Z')
	b = append(b, Zone(n.InternalDate)...)
	b = append(b, 'H')
	b = hex.AppendEncode(b, n.Digest[:])
	b = append(b, owner...)
	b = strconv.AppendInt(b, n.Stored, 10)
	if n.LineEnds == mailhaul.LF {
		b = append(b, ",W="...)
		b = strconv.AppendInt(b, n.Size, 10)
	}
	return string(b)
}

// Parse reads a base name, or a file name whose info part it leaves out. ok is
// false for every name that Base does not make.
func Parse(name string) (n Name, ok bool) {
	base, _ := Split(name)
	n, ok = parse(base)
	// Only the exact spelling is ours: "+7" or "007" is another program's.
	return n, ok && n.Base() == base
}

func parse(base string) (n Name, ok bool) {
	seconds, rest, ok1 := strings.Cut(base, ".V")
	validity, rest, ok2 := strings.Cut(rest, "U")
	uid, rest, ok3 := strings.Cut(rest, "Z")
	zone, rest, ok4 := strings.Cut(rest, "H")
	digest, sizes, ok5 := strings.Cut(rest, owner)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || len(digest) != 2*digestOctets {
		return Name{}, false
	}
	unix, err1 := strconv.ParseInt(seconds, 10, 64)
	v, err2 := strconv.ParseUint(validity, 10, 32)
	u, err3 := strconv.ParseUint(uid, 10, 32)
	_, err4 := hex.Decode(n.Digest[:], []byte(digest))
	date, err5 := Date(unix, zone)
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil || u == 0 {
		return Name{}, false
	}
	n.InternalDate, n.UIDValidity, n.UID = date, uint32(v), mailhaul.UID(u)
	stored, wire, isLF := strings.Cut(sizes, ",W=")
	var err error
	if n.Stored, err = strconv.ParseInt(stored, 10, 64); err != nil || n.Stored < 0 {
		return Name{}, false
	}
	n.Size = n.Stored
	if isLF {
		n.LineEnds = mailhaul.LF
		if n.Size, err = strconv.ParseInt(wire, 10, 64); err != nil || n.Size <= n.Stored {
			return Name{}, false
		}
	}
	return n, true
}

// Zone spells the zone of a date as RFC 5322 does, "none" for the zero date.
func Zone(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	_, offset := t.Zone()
	sign, minutes := byte('+'), offset/60
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d%02d", sign, minutes/60, minutes%60)
}

// Date returns the date of Unix seconds in a zone that [Zone] spelled, and the
// zero date for "none".
func Date(unix int64, zone string) (time.Time, error) {
	if zone == "none" {
		return time.Time{}, nil
	}
	if len(zone) != 5 || (zone[0] != '+' && zone[0] != '-') {
		return time.Time{}, fmt.Errorf("parse zone: %q is none", zone)
	}
	hhmm, err := strconv.ParseUint(zone[1:], 10, 16)
	if err != nil || hhmm%100 > 59 {
		return time.Time{}, fmt.Errorf("parse zone: %q is none", zone)
	}
	seconds := int(hhmm/100*60+hhmm%100) * 60
	if zone[0] == '-' {
		seconds = -seconds
	}
	return time.Unix(unix, 0).In(time.FixedZone("", seconds)), nil
}
