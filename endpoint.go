package mailhaul

import (
	"context"
	"time"
)

// Source is where mail is taken from. Its methods are called one at a time;
// deliver functions may be called from several goroutines at once.
type Source interface {
	// Folders lists the folders with their counters.
	Folders(ctx context.Context) ([]*Folder, error)
	// List looks into folders and reports each one to report, in the order
	// asked, from one goroutine. The source pipelines over all of them: no
	// folder waits for a round trip of another. An error of one folder is told
	// in its Listing; List's own error ends the account.
	List(ctx context.Context, requests []ListRequest, report func(Listing) error) error
	// Fetch gives the messages of work to deliver, each once. Messages are in
	// no certain order across folders. A message that cannot be given is
	// delivered with its Err set, ErrGone when it vanished meanwhile; when the
	// rest of a folder cannot be given, one message with UID 0 and Err says so.
	// deliver's error ends Fetch with that error. When Fetch returns nil every
	// asked message was accounted for.
	Fetch(ctx context.Context, work []Work, deliver func(*Message) error) error
	// Headers gives for the messages of work their size and the octets of their
	// identifying header fields (FingerprintFields) as Body; else it is Fetch.
	Headers(ctx context.Context, work []Work, deliver func(*Message) error) error
	// Close ends the source.
	Close() error
}

// Labeller is a source that may know labels of messages.
type Labeller interface {
	// HasLabels tells whether it does, once it has listed its folders.
	HasLabels() bool
	// Labels gives for the messages of work their labels as Body, in the form of
	// Labels; else it is Fetch. Messages of which it knows no such thing have Err set,
	// or are left out.
	Labels(ctx context.Context, work []Work, deliver func(*Message) error) error
}

// Identifier is a source that may know which messages of several folders are
// one, as Gmail does: a message with two labels is in two folders.
type Identifier interface {
	// Identities gives for the messages of work their size, as the source tells
	// it, and as Body a text that all messages with the same octets have and no
	// other, in whatever folder and however long; else it is Fetch. Messages of
	// which it knows no such thing have Err set, or are left out.
	Identities(ctx context.Context, work []Work, deliver func(*Message) error) error
}

// ListRequest asks for the state of one folder.
type ListRequest struct {
	Folder *Folder
	// Known is true when the ledger holds messages of this folder under
	// Folder's UIDVALIDITY: then flags are asked for, too.
	Known bool
	// ModSeq is the HIGHESTMODSEQ up to which flags are known, 0 for none.
	ModSeq uint64
	// Criteria choose among the folder's messages.
	Criteria Criteria
}

// Criteria choose messages of a folder. The zero value chooses all.
type Criteria struct {
	// Since and Before bound the day of INTERNALDATE, whatever its zone (RFC
	// 9051, 6.4.4): not before the day of Since, before the day of Before. The
	// zero time bounds nothing.
	Since, Before time.Time
	// MaxSize is the largest size in octets, 0 for no limit.
	MaxSize int64
	// UIDs are the messages to choose from, empty for all.
	UIDs UIDSet
}

// All tells whether all messages are chosen.
func (c Criteria) All() bool {
	return c.Since.IsZero() && c.Before.IsZero() && c.MaxSize == 0 && c.UIDs.Empty()
}

// Listing is the state of one folder.
type Listing struct {
	Folder *Folder // the folder of the request, its counters brought up to date
	// Live holds the UIDs of all messages in the folder.
	Live UIDSet
	// Chosen holds those of Live that the request's Criteria choose: Live itself
	// when they choose all. TooLarge holds those that only MaxSize leaves out.
	Chosen, TooLarge UIDSet
	// Flags holds, when Known was asked, the flags of at least all messages
	// whose flags changed since ModSeq, ascending by UID.
	Flags []UIDFlags
	// Floor is the lowest UID that the source shows where it shows the newest
	// messages of a folder only: what is below it may be there. 0: all is shown.
	Floor UID
	// Err says why the folder could not be looked into, or not completely: what
	// Live holds then is still there, what it lacks may be, too.
	Err error
}

// UIDFlags are the flags of one message.
type UIDFlags struct {
	UID   UID
	Flags Flags
}

// Work asks for messages of one folder under its UIDVALIDITY.
type Work struct {
	Folder *Folder
	UIDs   UIDSet
}

// Target is where mail is put.
type Target interface {
	// Prepare makes the folders ready to take messages and durable themselves.
	// It fills in Folder.Place where the target has such a thing. It is called
	// again for folders that were prepared before, at no cost.
	Prepare(ctx context.Context, folders []*Folder) error
	// Store takes one message of a prepared folder and reads its body to the
	// end. It may be called from several goroutines at once. nil means handed
	// over, not safe: that is what receipts say.
	Store(ctx context.Context, m *Message) error
	// Receipts sets the function that is told which messages are durable. It
	// is set once before the first Store and called from one goroutine at a
	// time. Its error stops the target: Store and Flush return it.
	Receipts(func([]Receipt) error)
	// Flush returns when all that was stored is durable and its receipts given.
	Flush(ctx context.Context) error
}

// FlagSetter is a target that shows flags of messages that it already holds.
type FlagSetter interface {
	// SetFlags brings what other programs see up to date with the ledger, for
	// messages given by place and flags. It is told of nothing but changes.
	SetFlags(ctx context.Context, f *Folder, changes []FlagChange) error
}

// Holder is a target that is an account: it held mail before, others change
// its mail, too, and when the line is lost nobody knows whether what was sent
// last has arrived. So it is also read: as a Source its folders are those that
// Folder.At names.
//
// Prepare makes, for each folder given, the folder Folder.At.Name when it is not
// there (Folder.At.UIDValidity 0), with the special use Folder.At.SpecialUse,
// and subscribes it if the given folder is subscribed and Folder.At says that it
// is not. It fills in Folder.At:
// raw name and counters, and the name of a folder that takes its place where
// the account does not tell names apart by case. A name that the server refuses
// is an error with ScopeFolder that wraps ErrName.
//
// Receipts also tell of messages that the account refused (Receipt.Err). Of
// messages that were announced and are in no receipt after Flush nobody knows
// whether they have arrived: the line was lost. Who finds out sends the rest
// again.
//
// SetFlags leaves a message alone whose flags at the target are not Old. It may
// be called for several folders at once.
type Holder interface {
	Source
	Target
	FlagSetter
	// Announce sets the function that is told of messages before they are sent,
	// and with them, in one step, of what became durable meanwhile: it may be
	// told receipts in place of the function of Receipts. Only when it returns
	// nil the messages are sent. It is set once before the first Store; it and
	// the function of Receipts are called from one goroutine at a time.
	Announce(func([]Intent, []Receipt) error)
	// Remove removes messages for good, by their UIDs in f.At: those alone,
	// whatever else is marked \Deleted (RFC 9051, 6.4.9).
	Remove(ctx context.Context, f *Folder, uids UIDSet) error
	// Names returns the prefix of the personal namespace and the hierarchy
	// delimiter of new folders, as of the last Folders.
	Names() (namespace, delimiter string)
	// Limits tells how much may be stored, as of the last Folders.
	Limits() Limits
}

// Limits are what a target takes, in octets; -1 when it does not say.
type Limits struct {
	// Message is the largest message (APPENDLIMIT, RFC 7889).
	Message int64
	// Used and Total are the account's quota (RFC 9208).
	Used, Total int64
}

// FlagChange is a change of one stored message's flags.
type FlagChange struct {
	UID      UID
	Place    string
	Old, New Flags
}
