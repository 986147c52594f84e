package app

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// usualJobs run at once when nobody says how many.
const usualJobs = 4

const jobsHelp = `
JOB is the name of a [jobs.NAME] table of the config file; without one all jobs run,
several at once. A job is what its kind says, 'mailhaul backup' or 'mailhaul migrate',
with the accounts and flags in its table. What it says stands behind its name. A job
that fails does not stop the others; a table at the end, on a terminal or when any
failed, tells how each went.

After a backup with keep-gone, what is gone from the server for longer leaves the
archive ('mailhaul prune'). The hooks of a job, notify-command, notify-url and
notify-mail, are told of its start and its end.

Passwords are not asked for. Exit code 3 says that some jobs failed and others did
not; when all failed alike, their own code is this one's, too.

Examples:
  mailhaul run                       (all jobs)
  mailhaul run home work --jobs 2
  mailhaul run --quiet --metrics-file /var/lib/node_exporter/mailhaul.prom`

func runCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "run the jobs of the config file",
		ArgsUsage: "[JOB]...", HideHelp: true, Description: jobsHelp, Flags: flags("run"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := parseRun(c, &p)
			if err := p.Err(); err != nil {
				return badLine{"run", err}
			}
			return withUI(c.Context, env, o.output, "run", func(u *ui.UI) error { return runJobs(c.Context, env, u, o) })
		},
	}
}

// runOptions say which jobs run, and how.
type runOptions struct {
	file    *config.File
	jobs    []*config.Job
	atOnce  int
	metrics string
	output  outputOptions
}

func parseRun(c *cli.Context, p *config.Problems) runOptions {
	s := settingsOf(c)
	o := runOptions{
		file: s.file, jobs: s.file.Jobs, atOnce: config.ParseJobs("--jobs", c.String("jobs"), p),
		metrics: c.String("metrics-file"), output: parseOutput(c, p),
	}
	if o.atOnce == 0 {
		o.atOnce = usualJobs
	}
	if names := c.Args().Slice(); len(names) > 0 {
		o.jobs = chooseJobs(s.file, names, p)
	} else if len(o.jobs) == 0 {
		p.Addf("there is no job: the config file has no [jobs.NAME]; 'mailhaul config init' shows how one looks")
	}
	return o
}

// chooseJobs finds jobs by name, each once.
func chooseJobs(f *config.File, names []string, p *config.Problems) []*config.Job {
	var known []string
	for _, j := range f.Jobs {
		known = append(known, j.Name)
	}
	var jobs []*config.Job
	chosen := map[string]bool{}
	for _, name := range names {
		j := f.Job(name)
		if j == nil {
			p.Addf("JOB: there is no job %q in the config file%s", name, config.DidYouMean(name, known))
		} else if !chosen[name] {
			chosen[name] = true
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// runJobs runs jobs, several at once, and tells how they went.
func runJobs(ctx context.Context, env Env, u *ui.UI, o runOptions) error {
	results := make([]jobResult, len(o.jobs))
	slots := make(chan struct{}, o.atOnce)
	out := &jobOutput{stdout: env.Stdout, stderr: env.Stderr}
	var running sync.WaitGroup
	for i, j := range o.jobs {
		results[i] = jobResult{name: j.Name, kind: j.Kind, code: notRun}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			continue
		}
		running.Go(func() {
			defer func() { <-slots }()
			results[i] = runJob(ctx, env, u, o, out, j)
		})
	}
	running.Wait()
	tellJobs(u, o.output, results)
	err := jobsError(ctx, results)
	if o.metrics != "" {
		if writeErr := writeMetrics(context.WithoutCancel(ctx), env, o.file, o.metrics); writeErr != nil {
			u.Warn(writeErr.Error())
		}
	}
	return err
}

// jobsError is the error of jobs that did not all go well.
func jobsError(ctx context.Context, results []jobResult) error {
	bad, code := 0, exitDone
	same := true
	for _, r := range results {
		if r.code == exitDone {
			continue
		}
		same = same && (bad == 0 || r.code == code)
		code = r.code
		bad++
	}
	switch {
	case bad == 0:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case bad == len(results) && same:
		return codeError(code)
	}
	return errPartial
}

// codeError ends a command with the code with which what it ran ended, and which
// was told.
type codeError int

func (e codeError) Error() string { return fmt.Sprintf("every job ended with exit code %d", int(e)) }

// Is makes it an error that the summary has told.
func (e codeError) Is(target error) bool { return target == errPartial }

// lineWriter gives whole lines to tell.
type lineWriter struct {
	mu   sync.Mutex
	rest string
	tell func(line string)
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.rest + string(p)
	for {
		line, rest, found := strings.Cut(text, "\n")
		if !found {
			w.rest = text
			return len(p), nil
		}
		w.tell(line)
		text = rest
	}
}

// end tells what has no line end.
func (w *lineWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rest != "" {
		w.tell(w.rest)
		w.rest = ""
	}
}
