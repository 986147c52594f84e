package migrate

import (
	"context"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// Options are the settings of one run.
type Options struct {
	// Filter chooses the folders.
	Filter filter.Filter
	// Listed is what Choose gave; nil lets the run ask for the folders.
	Listed *Listed
	// Criteria choose among the folders' messages.
	Criteria mailhaul.Criteria
	// Mapping says where folders go in a target account.
	Mapping filter.Mapping
	// Match recognises messages that a target account holds already, from
	// another tool or put there by hand, and does not send them.
	Match bool
	// Same says that the source may be an archive of the target account: under
	// one UIDVALIDITY equal UIDs may be the same message. It is found out.
	Same bool
	// Again sends messages once more that were sent before and are no longer in
	// the target account.
	Again bool
	// NoFlags leaves the flags of messages that a target account has as they
	// are there.
	NoFlags bool
	// Mirror removes from a target account what was copied there and is gone
	// from the source, after Confirm was shown what and said yes.
	Mirror  bool
	Confirm func(ctx context.Context, removals []Removal) (bool, error)
	// Budget bounds what is fetched.
	Budget Budget
	// Command is how the run is called in the ledger's history.
	Command string
	// DryRun plans and does nothing: no message is fetched, nothing is written.
	DryRun bool
	// Events is told what happens, from several goroutines, one at a time; nil
	// for nobody.
	Events func(Event)
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Quiet is how long nothing more must have arrived in a target account before
	// what was sent to it when a connection, or a run, came to its end is taken for
	// lost; 0 for two seconds.
	Quiet time.Duration
}

// Budget is how much may be fetched within some time, in octets of messages. A run
// that has used it up ends in good order and leaves the rest to another one.
type Budget struct {
	// Most is what may be fetched in all; 0 for any amount. Spent is what earlier
	// runs have fetched of it.
	Most, Spent int64
}

// allows tells whether a message may be fetched after others of this run. One that
// is larger than the whole budget may, if it is alone: else it would never be.
func (b Budget) allows(fetched, size int64) bool {
	used := b.Spent + fetched
	return b.Most == 0 || used == 0 || used+size <= b.Most
}

// EventKind says what an Event tells.
type EventKind int

const (
	// EventPlan: what is to be done is known; the totals are set.
	EventPlan EventKind = iota
	// EventProgress: a message of Folder became durable.
	EventProgress
	// EventFolder: messages of another folder arrive.
	EventFolder
	// EventFailure: a message, or with UID 0 a folder, failed; Text says why.
	EventFailure
	// EventAltered: the target account keeps a message otherwise than it was sent.
	EventAltered
	// EventNotice: something a person may want to know.
	EventNotice
)

// Event is something that happened.
type Event struct {
	Kind   EventKind
	Folder string
	UID    mailhaul.UID
	Text   string
	// Messages and Octets are durable so far in this run.
	Messages, Octets int64
	// TotalMessages and TotalOctets are to be fetched in this run, -1 unknown.
	TotalMessages, TotalOctets int64
	// FolderMessages of FolderTotal messages of Folder are durable.
	FolderMessages, FolderTotal int64
}

// Summary is what a run did.
type Summary struct {
	// Folders and Messages are in the ledger at the end, on the server too.
	Folders, Messages int64
	checkpoint.Counts
	Failures []Failure
	// Run is the run's key in the ledger, 0 for a dry run.
	Run checkpoint.RunID
	// Same tells that the source turned out to be an archive of the target account.
	Same bool
	// Matched messages were in the target account already and were recognised;
	// Missing were sent in an earlier run and are no longer there; Removed were
	// removed from it (Mirror).
	Matched, Missing, Removed int64
	// Altered are messages that the target account keeps otherwise than they
	// were sent: it is the account's doing and cannot be mended.
	Altered []Failure
	// Reports tell of each folder in which something was done, by name.
	Reports []FolderReport
	Plans   []FolderPlan
	// Limits are those of a target account, of a dry run only.
	Limits      mailhaul.Limits
	Elapsed     time.Duration
	Interrupted bool
	// Spent tells that the budget was used up and messages were left for another
	// run.
	Spent bool
}

// Failure is a message, or with UID 0 a folder, that could not be hauled.
type Failure struct {
	Folder string
	UID    mailhaul.UID
	Reason string
	// Date and Subject let a person find the message; empty when not known.
	Date    time.Time
	Subject string
}

// FolderReport is what was done in one folder.
type FolderReport struct {
	Folder string
	// At is the folder's name in a target account, "" elsewhere.
	At string
	// Copied messages and their octets; Matched ones were there already.
	Copied, Octets, Matched int64
	// TooLarge and NotChosen messages were left out by the criteria.
	TooLarge, NotChosen int64
	Failed              int64
}

// Removal is what Mirror would remove from one folder of a target account.
type Removal struct {
	Folder   string // its name there
	Messages int64
}

// FolderPlan is what a dry run found to do in one folder.
type FolderPlan struct {
	Folder string
	// At is the folder's name in a target account, "" elsewhere.
	At  string
	New int64
	// NewOctets is the size of the new messages in octets, -1 when unknown.
	NewOctets          int64
	FlagsChanged, Gone int64
	// TooLarge and NotChosen messages are left out by the criteria.
	TooLarge, NotChosen int64
	// Note says what else is to be known: renamed, vanished, to be matched.
	Note string
}
