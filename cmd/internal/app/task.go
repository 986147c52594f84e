package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/notify"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// notRun is the code of a job that was not begun since the run was interrupted.
const notRun = -1

// jobResult is how a job went.
type jobResult struct {
	name, kind string
	code       int
	took       time.Duration
	summary    migrate.Summary
	why        string // it went wrong, in its words
}

// jobOutput is where jobs write, a line at a time.
type jobOutput struct {
	mu             sync.Mutex
	stdout, stderr io.Writer
}

func (o *jobOutput) line(to io.Writer, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = fmt.Fprintln(to, text) // there is nobody to tell
}

// mostSaid is how many lines of a job its hooks are told, the last ones.
const mostSaid = 200

// task is what is run beside others: a job, or a line of a list.
type task struct {
	name, kind string
	lines      [][]string // command lines, each run when the one before went well
	hooks      notify.Hooks
	getenv     func(string) string // of the environment that its commands see
}

// run runs a task and tells its hooks.
func (j task) run(ctx context.Context, env Env, u *ui.UI, asJSON bool, out *jobOutput) jobResult {
	r := jobResult{name: j.name, kind: j.kind}
	tell := func(report notify.Report) {
		report.Job = j.name
		if err := j.hooks.Tell(ctx, report); err != nil {
			u.Warn(j.name + ": " + err.Error())
		}
	}
	var said []string
	var saying sync.Mutex
	lines := func(to io.Writer, change func(string) string) *lineWriter {
		return &lineWriter{tell: func(line string) {
			out.line(to, change(line))
			saying.Lock()
			defer saying.Unlock()
			said = append(said, line)
			said = said[max(0, len(said)-mostSaid):]
		}}
	}
	prefixed := func(line string) string { return ui.Escape(j.name) + ": " + line }
	stdout, stderr := lines(out.stdout, prefixed), lines(out.stderr, prefixed)
	if asJSON {
		stdout = &lineWriter{tell: func(line string) { out.line(out.stdout, withJob(line, j.name)) }}
	}
	inner := env
	inner.Stdout, inner.Stderr, inner.Getenv = stdout, stderr, j.getenv
	inner.Terminal = ui.Terminal{}
	inner.watchRun = func(s migrate.Summary) { r.summary = s }
	tell(notify.Report{Event: notify.Start})
	begin := env.Now()
	for _, args := range j.lines {
		if r.code = Run(ctx, inner, args); r.code != exitDone {
			break
		}
	}
	r.took = env.Now().Sub(begin)
	stdout.end()
	stderr.end()
	r.why = lastError(said)
	report := notify.Report{Event: notify.Success, ExitCode: r.code, Text: strings.Join(said, "\n") + "\n"}
	if r.code != exitDone {
		report.Event = notify.Failure
	}
	tell(report)
	return r
}

// lastError is the last line with which a job told of an error.
func lastError(said []string) string {
	for _, line := range slices.Backward(said) {
		if text, isError := strings.CutPrefix(line, "mailhaul: "); isError && !strings.HasPrefix(text, "warning: ") {
			return text
		}
	}
	return ""
}

// withJob puts the job's name into a line of JSON.
func withJob(line, name string) string {
	rest, isObject := strings.CutPrefix(line, "{")
	if !isObject {
		return line
	}
	quoted, err := json.Marshal(ui.Text(name))
	if err != nil {
		return line
	}
	return `{"job":` + string(quoted) + "," + rest
}
