package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/header"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// haulObject is the summary of a haul into an account, as a line of JSON.
type haulObject struct {
	Event        string  `json:"event"`
	Command      string  `json:"command"`
	Copied       int64   `json:"copied"`
	Octets       int64   `json:"octets"`
	There        int64   `json:"already_there"`
	FlagsChanged int64   `json:"flags_changed"`
	TooLarge     int64   `json:"too_large"`
	NotChosen    int64   `json:"not_chosen"`
	Missing      int64   `json:"missing_at_target"`
	Removed      int64   `json:"removed"`
	Altered      int64   `json:"altered"`
	Failed       int64   `json:"failed"`
	Folders      int64   `json:"folders"`
	Messages     int64   `json:"messages"`
	Seconds      float64 `json:"seconds"`
	Interrupted  bool    `json:"interrupted"`
}

// reportObject is what was done in one folder, as a line of JSON.
type reportObject struct {
	Event     string `json:"event"`
	Folder    string `json:"folder"`
	Target    string `json:"target"`
	Copied    int64  `json:"copied"`
	Octets    int64  `json:"octets"`
	There     int64  `json:"already_there"`
	TooLarge  int64  `json:"too_large"`
	NotChosen int64  `json:"not_chosen"`
	Failed    int64  `json:"failed"`
}

// troubleObject names a message, or a folder, that failed or was altered.
type troubleObject struct {
	Event   string       `json:"event"`
	Folder  string       `json:"folder"`
	UID     mailhaul.UID `json:"uid,omitempty"`
	Date    string       `json:"date,omitempty"`
	Subject string       `json:"subject,omitempty"`
	Reason  string       `json:"reason"`
}

// tellHaul says how a haul into an account ended, as tellSummary does for a
// backup.
func tellHaul(u *ui.UI, o haulOptions, s migrate.Summary) {
	bad := failed(s) || s.Interrupted || s.Spent || len(s.Altered) > 0 || s.Missing > 0
	loud := bad || u.Interactive() || u.Logged() || u.Verbose() || o.output.summary
	sum := migrate.FolderReport{}
	for _, r := range s.Reports {
		sum.TooLarge += r.TooLarge
		sum.NotChosen += r.NotChosen
	}
	if u.JSON() {
		tellHaulObjects(u, o, s, sum)
	}
	if !u.JSON() && loud {
		tellReports(u, s.Reports)
	}
	tellTroubles(u, "failed", s.Failures)
	tellTroubles(u, "altered by the account", s.Altered)
	if !u.JSON() && loud {
		u.Say(haulText(s, sum))
	}
}

func tellHaulObjects(u *ui.UI, o haulOptions, s migrate.Summary, sum migrate.FolderReport) {
	for _, r := range s.Reports {
		u.Object(reportObject{"folder-summary", ui.Text(r.Folder), ui.Text(r.At), r.Copied, r.Octets, r.Matched, r.TooLarge, r.NotChosen, r.Failed})
	}
	tellTroubleObjects(u, "failed", s.Failures)
	tellTroubleObjects(u, "altered", s.Altered)
	u.Object(haulObject{"summary", o.command, s.Counts.New, s.Counts.Octets, s.Matched, s.Counts.FlagsChanged, sum.TooLarge, sum.NotChosen,
		s.Missing, s.Removed, int64(len(s.Altered)), s.Counts.Failed, s.Folders, s.Messages, s.Elapsed.Seconds(), s.Interrupted})
}

func tellTroubleObjects(u *ui.UI, event string, list []migrate.Failure) {
	for _, f := range list {
		t := troubleObject{Event: event, Folder: ui.Text(f.Folder), UID: f.UID, Subject: ui.Text(subject(f)), Reason: ui.Text(f.Reason)}
		if !f.Date.IsZero() {
			t.Date = f.Date.Format(time.RFC3339)
		}
		u.Object(t)
	}
}

// haulText sums a haul up in one line: what was none is left out.
func haulText(s migrate.Summary, sum migrate.FolderReport) string {
	parts := []string{fmt.Sprintf("%s copied (%s) in %s", ui.Count(s.Counts.New, "message"), ui.Octets(s.Counts.Octets), ui.Elapsed(s.Elapsed))}
	for _, p := range []struct {
		n    int64
		text string
	}{
		{s.Matched, "%d were there already"}, {s.Counts.FlagsChanged, "%d flags changed"}, {sum.TooLarge, "%d too large"},
		{sum.NotChosen, "%d not chosen"}, {s.Missing, "%d copied before are no longer there"}, {s.Removed, "%d removed"},
		{int64(len(s.Altered)), "%d altered by the account"}, {s.Counts.Failed, "%d failed"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf(p.text, p.n))
		}
	}
	return strings.Join(parts, ", ") + fmt.Sprintf("; %s in %s in all", ui.Count(s.Messages, "message"), ui.Count(s.Folders, "folder"))
}

// tellReports shows what was done, folder by folder.
func tellReports(u *ui.UI, reports []migrate.FolderReport) {
	var rows [][]string
	for _, r := range reports {
		if r.Copied+r.Matched+r.TooLarge+r.NotChosen+r.Failed == 0 {
			continue
		}
		name := r.Folder
		if r.At != "" && r.At != r.Folder {
			name += " -> " + r.At
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		rows = append(rows, []string{number(r.Copied), ui.Octets(r.Octets), number(r.Matched), number(r.TooLarge + r.NotChosen), number(r.Failed), name})
	}
	if len(rows) == 0 {
		return
	}
	for line := range strings.Lines(ui.Table([]ui.Column{
		{Title: "COPIED", Right: true}, {Title: "OCTETS", Right: true}, {Title: "THERE", Right: true},
		{Title: "LEFT OUT", Right: true}, {Title: "FAILED", Right: true}, {Title: "FOLDER"},
	}, rows)) {
		u.Say(strings.TrimRight(line, "\n"))
	}
}

// tellTroubles lists messages by name, so that a person finds them.
func tellTroubles(u *ui.UI, what string, list []migrate.Failure) {
	for i, f := range list {
		if i == mostFailures {
			u.Say(fmt.Sprintf("and %d more; --json tells all", len(list)-i))
			return
		}
		u.Say(what + ": " + failureText(f))
	}
}

// subject is a message's subject for people.
func subject(f migrate.Failure) string {
	h, err := header.Read(strings.NewReader("Subject: " + f.Subject + "\r\n\r\n"))
	if err != nil {
		return f.Subject
	}
	return h.Subject
}
