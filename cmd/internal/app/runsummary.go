package app

import (
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// jobObject is how a job went, as a line of JSON.
type jobObject struct {
	Event    string  `json:"event"`
	Job      string  `json:"job"`
	Command  string  `json:"command"`
	ExitCode int     `json:"exit_code"` // -1: it was not begun
	New      int64   `json:"new"`
	Octets   int64   `json:"octets"`
	Failed   int64   `json:"failed"`
	Seconds  float64 `json:"seconds"`
	Text     string  `json:"text,omitempty"` // why it went wrong
}

// tellJobs tells how jobs went: always when one went wrong, else when a person
// watches or asked to hear more.
func tellJobs(u *ui.UI, o outputOptions, results []jobResult) {
	bad := 0
	var rows [][]string
	for _, r := range results {
		if r.code != exitDone {
			bad++
		}
		if u.JSON() {
			u.Object(jobObject{"job", r.name, r.kind, r.code, r.summary.New, r.summary.Octets, r.summary.Counts.Failed, r.took.Seconds(), ui.Text(r.why)})
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		rows = append(rows, []string{
			r.name, r.kind, outcomeOf(r.code), number(r.summary.New), number(r.summary.Counts.Failed), ui.Elapsed(r.took), ui.Fit(r.why, 100),
		})
	}
	if u.JSON() || bad == 0 && !u.Interactive() && !u.Verbose() && !o.summary {
		return
	}
	for line := range strings.Lines(ui.Table([]ui.Column{
		{Title: "JOB"}, {Title: "COMMAND"}, {Title: "OUTCOME"}, {Title: "NEW", Right: true}, {Title: "FAILED", Right: true},
		{Title: "TOOK", Right: true}, {Title: "WHY"},
	}, rows)) {
		u.Say(strings.TrimRight(line, "\n "))
	}
	u.Say(strconv.Itoa(len(results)-bad) + " of " + ui.Count(int64(len(results)), "job") + " done")
}

// outcomeOf is an exit code in a few words.
func outcomeOf(code int) string {
	switch code {
	case notRun:
		return "not begun"
	case exitPartial:
		return "partial (3)"
	case exitAuth:
		return "login refused (4)"
	case exitConnect:
		return "no connection (5)"
	case exitLocked:
		return "locked (6)"
	case exitInterrupt, exitTerminated:
		return "interrupted (" + strconv.Itoa(code) + ")"
	case exitDone:
		return "done"
	}
	return "failed (" + strconv.Itoa(code) + ")"
}
