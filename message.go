package mailhaul

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
)

// Message is one message on its way from a source to a target.
type Message struct {
	// Folder is the folder that the message was asked from; UID its UID there
	// under Folder.UIDValidity.
	Folder *Folder
	UID    UID
	Flags  Flags
	// InternalDate is the server's date of the message (RFC 9051, 2.3.3) with
	// the zone that the server gave; zero when the server gave none.
	InternalDate time.Time
	// Size is the number of octets of Body, that of the literal, never that of
	// RFC822.SIZE.
	Size int64
	// Body gives the message octet for octet, lines ended by CRLF as on the
	// wire. It is valid until the function that was given the message returns.
	// It ends with io.EOF after exactly Size octets or with another error.
	Body io.Reader
	// Digest is that of Body when the source vouches for it: it has compared it,
	// or Body ends with an error in place of its last octet when it does not
	// agree. Zero when it does not.
	Digest Digest
	// Err tells why the source could not give the message; Body is nil then.
	Err error
}

// ExpectEnd makes sure that a message's body ends where its size says: the error
// of a connection that was lost at the last octet may come only now.
func ExpectEnd(body io.Reader, size int64) error {
	var one [1]byte
	n, err := io.ReadFull(body, one[:])
	switch {
	case n > 0:
		return fmt.Errorf("read message: it has more than the announced %d octets", size)
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// ShortBody returns the error of a message whose body gave n of its octets and
// then err: an end that came too early is named, and wraps io.ErrUnexpectedEOF.
func ShortBody(n, size int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read message: it ended after %d of %d octets: %w", n, size, io.ErrUnexpectedEOF)
	}
	return err
}

// Digest is the SHA-256 of a message's exact octets as on the wire.
type Digest [sha256.Size]byte

// LineEnds tells how an archive stores a message's line ends.
type LineEnds uint8

const (
	// Verbatim: stored octet for octet. Any message can be stored so.
	Verbatim LineEnds = 0
	// LF: every LF of the message follows a CR, and each such CR LF is stored
	// as LF; reading puts the CR back.
	LF LineEnds = 1
)

// Receipt says that one message is durable at the target: its octets, and the
// name under which they are found, survive a power loss.
type Receipt struct {
	Folder       *Folder
	UID          UID
	Flags        Flags
	InternalDate time.Time
	// Size is that of the message in octets, Stored that of what was written
	// for it, framing and quoting included.
	Size, Stored int64
	// Digest is zero when nobody knows it: an account held the message already,
	// recognised by its header.
	Digest      Digest
	Fingerprint Fingerprint
	LineEnds    LineEnds
	// Place finds the message within Folder.Place: a Maildir base name (without
	// the info part); "" for an mbox, where Offset is the octet at which its
	// separator line begins; in an account the UID in Folder.At, in decimal, or
	// PlaceFrom when the server did not tell it.
	Place  string
	Offset int64
	// Doubt marks a message of a kind that some servers alter, or one that could
	// not be stored with all that belongs to it: it should be read back.
	Doubt bool
	// Err says why an account did not take the message; then it is no receipt.
	Err error
}

// Intent announces that a message is about to be sent to an account. It is
// written down before, so that after a crash the message is looked for before
// it is sent again.
type Intent struct {
	Folder       *Folder
	UID          UID
	Flags        Flags
	InternalDate time.Time
	Size         int64
	Fingerprint  Fingerprint
	// Digest is zero for a message that is streamed: it is not known yet.
	Digest Digest
	// UIDValidity is that of Folder.At, and First the lowest UID that the
	// message can get there.
	UIDValidity uint32
	First       UID
}
