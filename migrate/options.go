package migrate

import (
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// Options are the settings of one run.
type Options struct {
	// Filter chooses the folders.
	Filter filter.Filter
	// Folders are what Choose gave for Filter; nil lets the run ask for them.
	Folders []*mailhaul.Folder
	// Command is how the run is called in the ledger's history.
	Command string
	// DryRun plans and does nothing: no message is fetched, nothing is written.
	DryRun bool
	// Events is told what happens, from several goroutines, one at a time; nil
	// for nobody.
	Events func(Event)
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// EventKind says what an Event tells.
type EventKind int

const (
	// EventPlan: what is to be done is known; the totals are set.
	EventPlan EventKind = iota
	// EventProgress: messages became durable.
	EventProgress
	// EventFolder: messages of another folder arrive.
	EventFolder
	// EventFailure: a message, or with UID 0 a folder, failed; Text says why.
	EventFailure
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
}

// Summary is what a run did.
type Summary struct {
	// Folders and Messages are in the ledger at the end, on the server too.
	Folders, Messages int64
	checkpoint.Counts
	Failures    []Failure
	Plans       []FolderPlan
	Elapsed     time.Duration
	Interrupted bool
}

// Failure is a message, or with UID 0 a folder, that could not be hauled.
type Failure struct {
	Folder string
	UID    mailhaul.UID
	Reason string
}

// FolderPlan is what a dry run found to do in one folder.
type FolderPlan struct {
	Folder string
	New    int64
	// NewOctets is the size of the new messages in octets, -1 when unknown.
	NewOctets          int64
	FlagsChanged, Gone int64
	// Note says what else is to be known: renamed, vanished, to be matched.
	Note string
}
