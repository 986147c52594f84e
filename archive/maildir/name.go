package maildir

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/zone"
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
	b = append(b, zone.Of(n.InternalDate)...)
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
	offset, rest, ok4 := strings.Cut(rest, "H")
	digest, sizes, ok5 := strings.Cut(rest, owner)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || len(digest) != 2*digestOctets {
		return Name{}, false
	}
	unix, err1 := strconv.ParseInt(seconds, 10, 64)
	v, err2 := strconv.ParseUint(validity, 10, 32)
	u, err3 := strconv.ParseUint(uid, 10, 32)
	_, err4 := hex.Decode(n.Digest[:], []byte(digest))
	date, err5 := zone.Date(unix, offset)
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
