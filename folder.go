package mailhaul

import "strings"

// Folder is what people call a folder and RFC 9051 a mailbox, with the counters
// that tell whether it changed.
type Folder struct {
	// ID is the folder's key in the ledger, 0 while it has none.
	ID int64
	// Name is the folder's name as people read it: decoded to UTF-8, hierarchy
	// separated by Delimiter. A name that cannot be decoded is kept as it came.
	// Names are unique within an endpoint.
	Name string
	// Raw is the name as the endpoint spells it on the wire (modified UTF-7 or
	// UTF-8, RFC 9051, 5.1); empty where the endpoint has no such thing.
	Raw string
	// Delimiter is the hierarchy delimiter, "" in a flat hierarchy.
	Delimiter string
	// Namespace is the prefix of the personal namespace that the folder lies in
	// (RFC 2342), with its delimiter: "INBOX." on Courier. It is a part of Name.
	Namespace string
	// SpecialUse is the special-use attribute (RFC 6154), such as \Sent, or "".
	SpecialUse string
	// Subscribed tells whether the folder is subscribed (RFC 9051, 6.3.7).
	Subscribed bool
	// NoSelect marks a name that cannot hold messages (\Noselect, \NonExistent).
	NoSelect bool

	// UIDValidity, UIDNext, HighestModSeq and Messages are the counters of
	// STATUS (RFC 9051, 6.3.11; RFC 7162, 3.1.2.1). HighestModSeq is 0 where
	// the folder keeps none. HasCounters is false when the source could not say
	// any of them without opening the folder.
	UIDValidity   uint32
	UIDNext       UID
	HighestModSeq uint64
	Messages      uint32
	HasCounters   bool
	// Size is the sum of the messages' sizes in octets (RFC 8438), -1 when unknown.
	Size int64

	// Place is where an archive keeps the folder, as a slash-separated path
	// below the archive's mail directory; "" while it has none.
	Place string
	// At is the folder of a target account that takes this folder's messages;
	// nil for a target of another kind.
	At *Folder
}

// Levels returns the names of the folder's levels, outermost first, without the
// prefix of its namespace. There is at least one; a level may be empty.
func (f *Folder) Levels() []string {
	name := strings.TrimPrefix(f.Name, f.Namespace)
	if f.Delimiter == "" {
		return []string{name}
	}
	return strings.Split(name, f.Delimiter)
}
