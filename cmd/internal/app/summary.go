package app

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// mostFailures is how many failures are listed by name.
const mostFailures = 20

// eventObject is something that happened, as a line of JSON.
type eventObject struct {
	Event         string       `json:"event"`
	Folder        string       `json:"folder,omitempty"`
	UID           mailhaul.UID `json:"uid,omitempty"`
	TotalMessages *int64       `json:"total_messages,omitempty"`
	TotalOctets   *int64       `json:"total_octets,omitempty"`
	Text          string       `json:"text,omitempty"`
}

// events shows what the pipeline tells. It is told one event at a time.
type events struct {
	u *ui.UI
	// verb says what becomes of the messages: fetch, copy, write.
	verb string
	// told holds the folders that were told of: with several connections the
	// pipeline comes back to a folder again and again.
	told map[string]bool
	// now is the progress that was shown last; of its folder something was told at
	// that time.
	now   ui.Progress
	at    time.Time
	clock func() time.Time
}

func newEvents(u *ui.UI, verb string, now func() time.Time) *events {
	return &events{u: u, verb: verb, told: map[string]bool{}, clock: now}
}

// lingering is how long a folder in which nothing happens is shown while there is
// something to tell of another one.
const lingering = 5 * time.Second

// progress shows how far the run is. With several connections messages of many
// folders become safe at once: a folder is shown until it is done, or nothing
// has come of it for a while, so that its line can be read.
func (t *events) progress(e migrate.Event) {
	now, shown := t.clock(), t.now
	p := ui.Progress{
		Messages: e.Messages, Octets: e.Octets, TotalMessages: e.TotalMessages, TotalOctets: e.TotalOctets,
		Folder: e.Folder, FolderMessages: e.FolderMessages, FolderTotal: e.FolderTotal,
	}
	switch {
	case t.u.JSON(), shown.Folder == e.Folder, shown.FolderMessages >= shown.FolderTotal, now.Sub(t.at) >= lingering:
		t.at = now
	default:
		p.Folder, p.FolderMessages, p.FolderTotal = shown.Folder, shown.FolderMessages, shown.FolderTotal
	}
	t.now = p
	t.u.Progress(p)
}

func (t *events) tell(e migrate.Event) {
	u := t.u
	switch e.Kind {
	case migrate.EventProgress:
		t.progress(e)
	case migrate.EventPlan:
		u.Event(eventObject{Event: "plan", TotalMessages: &e.TotalMessages, TotalOctets: &e.TotalOctets}, t.planText(e))
		if !u.JSON() && e.TotalMessages > 0 { // before the first message is safe
			u.Progress(ui.Progress{TotalMessages: e.TotalMessages, TotalOctets: e.TotalOctets})
		}
	case migrate.EventFolder:
		if t.told[e.Folder] {
			return
		}
		t.told[e.Folder] = true
		u.Event(eventObject{Event: "folder", Folder: ui.Text(e.Folder)}, "folder "+e.Folder)
	case migrate.EventFailure:
		u.Event(eventObject{Event: "failure", Folder: ui.Text(e.Folder), UID: e.UID, Text: ui.Text(e.Text)},
			"failed: "+failureText(migrate.Failure{Folder: e.Folder, UID: e.UID, Reason: e.Text}))
	case migrate.EventAltered:
		u.Event(eventObject{Event: "altered", Folder: ui.Text(e.Folder), UID: e.UID, Text: ui.Text(e.Text)},
			"altered: "+failureText(migrate.Failure{Folder: e.Folder, UID: e.UID, Reason: e.Text}))
	case migrate.EventNotice:
		u.Notice(e.Text)
	}
}

func (t *events) planText(e migrate.Event) string {
	text := "to " + t.verb + ": " + ui.Count(e.TotalMessages, "message")
	if e.TotalOctets >= 0 {
		text += ", " + ui.Octets(e.TotalOctets)
	}
	return text
}

// summaryObject is the summary as a line of JSON.
type summaryObject struct {
	Event        string  `json:"event"`
	Command      string  `json:"command"`
	Folders      int64   `json:"folders"`
	Messages     int64   `json:"messages"`
	New          int64   `json:"new"`
	FlagsChanged int64   `json:"flags_changed"`
	Gone         int64   `json:"gone"`
	Failed       int64   `json:"failed"`
	Octets       int64   `json:"octets"`
	Seconds      float64 `json:"seconds"`
	Interrupted  bool    `json:"interrupted"`
}

// tellSummary says how a backup ended: always when something failed or it was
// interrupted, else when a person watches or asked to hear more. So a run from
// cron that went well says nothing.
func tellSummary(u *ui.UI, command string, o outputOptions, s migrate.Summary) {
	if u.JSON() {
		u.Object(summaryObject{
			"summary", command, s.Folders, s.Messages, s.Counts.New, s.Counts.FlagsChanged, s.Counts.Gone,
			s.Counts.Failed, s.Counts.Octets, s.Elapsed.Seconds(), s.Interrupted,
		})
	}
	bad := failed(s) || s.Interrupted || s.Spent
	if bad {
		tellFailures(u, s)
	}
	if !u.JSON() && (bad || u.Interactive() || u.Logged() || u.Verbose() || o.summary) {
		u.Say(summaryText(s))
	}
}

func summaryText(s migrate.Summary) string {
	return fmt.Sprintf("%d new, %d flags changed, %d gone, %d failed, %s, %s; %s in %s",
		s.Counts.New, s.Counts.FlagsChanged, s.Counts.Gone, s.Counts.Failed,
		ui.Octets(s.Counts.Octets), ui.Elapsed(s.Elapsed), ui.Count(s.Messages, "message"), ui.Count(s.Folders, "folder"))
}

// tellFailures lists what failed, by name.
func tellFailures(u *ui.UI, s migrate.Summary) {
	for i, f := range s.Failures {
		if i == mostFailures {
			u.Say(fmt.Sprintf("and %d more failures; --json tells all", len(s.Failures)-i))
			break
		}
		u.Say("failed: " + failureText(f))
	}
}

// messagePlace says where a message is, or with UID 0 names a folder.
func messagePlace(folder string, uid mailhaul.UID) string {
	place := strconv.Quote(folder)
	if uid != 0 {
		place += ", UID " + strconv.FormatUint(uint64(uid), 10)
	}
	return place
}

func failureText(f migrate.Failure) string {
	if f.Folder == "" { // not of one folder
		return f.Reason
	}
	where := messagePlace(f.Folder, f.UID)
	if !f.Date.IsZero() {
		where += f.Date.Format(", 2006-01-02 15:04")
	}
	if f.Subject != "" {
		where += ", " + strconv.Quote(subject(f))
	}
	return where + ": " + f.Reason
}
