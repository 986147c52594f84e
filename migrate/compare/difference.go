package compare

import "github.com/mailhaul/mailhaul"

// Kind says what a Difference is about.
type Kind uint8

// The kinds of differences.
const (
	// Missing: the message is in A and not in B; Extra: the other way round.
	Missing Kind = iota
	Extra
	// Altered: the same message, evidently, with other octets.
	Altered
	// Flags and Date: the message is on both sides, its flags or its
	// INTERNALDATE are not the same.
	Flags
	Date
	// Unreadable: a message, or with UID 0 a folder, that cannot be read.
	Unreadable
	// Folder: one side lacks the folder. Its messages are named, too.
	Folder
	// SpecialUse and Subscription: those of two folders differ.
	SpecialUse
	Subscription
)

var kindNames = [...]string{"missing", "extra", "altered", "flags", "date", "unreadable", "folder", "special use", "subscription"}

// String returns the kind in words.
func (k Kind) String() string { return kindNames[k] }

// Difference is one thing that is not alike on both sides. A message that
// differs in several ways is told of several times.
type Difference struct {
	Kind Kind
	// FolderA and FolderB name the folder on each side, "" where it has none.
	FolderA, FolderB string
	// UIDA and UIDB are the message's UIDs, 0 on a side that lacks it and where
	// the difference is one of folders.
	UIDA, UIDB mailhaul.UID
	// From, Date, Subject and MessageID are the message's first header fields of
	// these names, as they are written but on one line and at most 500 octets
	// long: encoded words are not decoded, and nothing in them can be trusted.
	// They are empty when the header could not be read.
	From, Date, Subject, MessageID string
	// Text says what differs, or why a message cannot be read.
	Text string
}

// Counts count messages.
type Counts struct {
	// A and B are the messages on each side.
	A, B int64
	// Identical are pairs of messages with the same octets, Altered those with
	// other ones. In a quick comparison Identical only means equal identifying
	// header fields and equal size.
	Identical, Altered int64
	// Missing are in A only, Extra in B only.
	Missing, Extra int64
	// Flags and Dates are pairs whose flags or INTERNALDATE differ.
	Flags, Dates int64
	// Unreadable are messages, or pairs, that could not be compared because one
	// side could not be read.
	Unreadable int64
}

func (c *Counts) add(d Counts) {
	c.A += d.A
	c.B += d.B
	c.Identical += d.Identical
	c.Altered += d.Altered
	c.Missing += d.Missing
	c.Extra += d.Extra
	c.Flags += d.Flags
	c.Dates += d.Dates
	c.Unreadable += d.Unreadable
}

// FolderSummary is what a pair of folders came to.
type FolderSummary struct {
	// A names the folders of A that go into one folder of B, mostly one; none
	// when B has a folder more. B is "" when it lacks the folder.
	A []string
	B string
	Counts
}

// Summary is what a comparison came to. The counts are those of all folders.
type Summary struct {
	Counts
	// Folders are in the order in which A lists them, then those of B alone.
	Folders []FolderSummary
	// Differences counts what was told.
	Differences int64
}

// Same tells whether no difference was found.
func (s Summary) Same() bool { return s.Differences == 0 }
