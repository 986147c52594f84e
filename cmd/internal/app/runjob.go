package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
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

// runJob runs one job and tells its hooks.
func runJob(ctx context.Context, env Env, u *ui.UI, o runOptions, out *jobOutput, j *config.Job) jobResult {
	r := jobResult{name: j.Name, kind: j.Kind}
	hooks, err := hooksOf(j, env)
	if err != nil {
		u.Warn(j.Name + ": " + err.Error())
	}
	tell := func(report notify.Report) {
		report.Job = j.Name
		if err := hooks.Tell(ctx, report); err != nil {
			u.Warn(j.Name + ": " + err.Error())
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
	prefixed := func(line string) string { return j.Name + ": " + line }
	stdout, stderr := lines(out.stdout, prefixed), lines(out.stderr, prefixed)
	if o.output.json {
		stdout = &lineWriter{tell: func(line string) { out.line(out.stdout, withJob(line, j.Name)) }}
	}
	inner := env
	inner.Stdout, inner.Stderr = stdout, stderr
	inner.Terminal = ui.Terminal{}
	inner.watchRun = func(s migrate.Summary) { r.summary = s }
	tell(notify.Report{Event: notify.Start})
	begin := env.Now()
	for _, args := range jobLines(j, o) {
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
	return fmt.Sprintf(`{"job":%q,%s`, name, rest)
}

// jobLines are the command lines of a job: its command, and prune behind it where
// the job keeps what is gone for a time only.
func jobLines(j *config.Job, o runOptions) [][]string {
	var common []string
	if o.file.Name != "" {
		common = append(common, "--config="+o.file.Name)
	}
	for name, on := range map[string]bool{"quiet": o.output.quiet, "verbose": o.output.verbose, "json": o.output.json} {
		if on {
			common = append(common, "--"+name)
		}
	}
	args := j.Args()
	flags := slices.Clone(common)
	for _, s := range config.Flags(j.Kind) {
		for _, text := range j.Values[s.Name].Texts {
			flags = append(flags, "--"+s.Name+"="+text)
		}
	}
	lines := [][]string{slices.Concat(args[:1], flags, []string{"--"}, args[1:])}
	if keep := j.Values["keep-gone"].Text(); keep != "" && j.Kind == "backup" {
		if !o.output.verbose && !o.output.json && !o.output.quiet {
			common = append(common, "--quiet") // backup says nothing either when all is well
		}
		lines = append(lines, slices.Concat([]string{"prune", "--keep-gone=" + keep, "--yes"}, common, []string{"--", j.Archive}))
	}
	return lines
}

// hooksOf are who is told of a job.
func hooksOf(j *config.Job, env Env) (notify.Hooks, error) {
	h := notify.Hooks{URL: j.Values["notify-url"].Text(), Mail: j.Values["notify-mail"].Text(), Environ: env.Environ}
	switch command := j.Values["notify-command"]; {
	case command.Words:
		h.Command = command.Texts
	case command.Text() != "":
		words, err := config.CommandLine("notify-command", command.Text())
		if err != nil {
			return h, err
		}
		h.Command = words
	}
	return h, nil
}
