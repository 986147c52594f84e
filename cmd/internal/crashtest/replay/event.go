package replay

// Kind is what an event did.
type Kind uint8

// The kinds of events.
const (
	// Make gave the new file or directory File the name Path.
	Make Kind = iota
	// Link gave File one more name, Path.
	Link
	// Rename took the name From of File away and gave it the name Path.
	Rename
	// Remove took the name Path away.
	Remove
	// Write put Data at Offset of File, growing it when need be.
	Write
	// Truncate cut File to Size octets, or filled it up with zeros.
	Truncate
	// Sync made durable what File had when it began: data, or names when File
	// is a directory.
	Sync
	// SyncAll did so for everything.
	SyncAll
	// Output is Data written to standard output.
	Output
	// Sent is Size octets written to a connection; Path is host:port of its other
	// end.
	Sent
)

// FileID is a file or directory, whatever its names are.
type FileID int

// Root is the directory that is modelled.
const Root FileID = 1

// Event is something that a program did in the directory, or said.
type Event struct {
	Kind Kind
	File FileID
	Dir  bool // File is a directory
	// Path and From are below the directory; Path of Write, Truncate and Sync is
	// the name that the file had then, "." for the directory itself.
	Path, From string
	Offset     int64
	Size       int64
	Data       []byte
	// Call is the system call. Begin and End are the lines of the recording on
	// which it was entered and left: an event is over before another when its
	// End is less than the other's Begin.
	Call       string
	Begin, End int
}
