package foreign

// Reason says why something is not given.
type Reason uint8

// The reasons.
const (
	// Expunged: messages that Thunderbird marked as removed and did not yet cut
	// out of the file.
	Expunged Reason = iota
	// Internal: a pseudo-message in which UW-IMAP keeps data of its own.
	Internal
	// Link: a symbolic link, or another thing that is neither file nor directory.
	Link
	// Format: a mail file in a format that is not read.
	Format
	// Unreadable: a file or directory that may not be read.
	Unreadable
)

// String says the reason for people.
func (r Reason) String() string {
	switch r {
	case Expunged:
		return "marked as removed by Thunderbird"
	case Internal:
		return "folder data of UW-IMAP, not a message"
	case Link:
		return "neither a file nor a directory"
	case Format:
		return "in a format that is not read"
	}
	return "not readable"
}

// Omission is something in the tree that is not given.
type Omission struct {
	// Folder is the folder in which it lies, "" for what is not in one.
	Folder string
	// Path is its place below the source's path, slash-separated; for messages
	// that of the file they are in.
	Path string
	// Count is how many messages or things it is.
	Count  int
	Reason Reason
}

// Omissions tells what was left out so far: what Open met, and what was met in
// the folders that were looked into.
func (s *Source) Omissions() []Omission {
	all := append([]Omission(nil), s.skipped...)
	for _, f := range s.folders {
		for _, o := range f.box.omissions() {
			o.Folder = f.name
			all = append(all, o)
		}
	}
	return all
}
