package app

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/notify"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

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
not; when all failed alike, their own code is this one's, too.`

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
		file: s.file, jobs: s.file.Jobs, atOnce: parseAtOnce(c, p),
		metrics: c.String("metrics-file"), output: parseOutput(c, p),
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

// runJobs runs jobs and tells how they went.
func runJobs(ctx context.Context, env Env, u *ui.UI, o runOptions) error {
	var tasks []task
	for _, j := range o.jobs {
		hooks, err := hooksOf(j, env)
		if err != nil {
			return err
		}
		tasks = append(tasks, task{name: j.Name, kind: j.Kind, lines: o.linesOf(j), hooks: hooks, getenv: env.Getenv})
	}
	err := runTasks(ctx, env, u, o.output, o.atOnce, tasks)
	if o.metrics != "" {
		if writeErr := writeMetrics(context.WithoutCancel(ctx), env, o.file, o.metrics); writeErr != nil {
			u.Warn(writeErr.Error())
		}
	}
	return err
}

// linesOf are the command lines of a job: its command, and prune behind it where
// the job keeps what is gone for a time only.
func (o runOptions) linesOf(j *config.Job) [][]string {
	var common []string
	if o.file.Name != "" {
		common = append(common, "--config="+o.file.Name)
	}
	common = append(common, o.output.flags()...)
	args := j.Args()
	flags := slices.Clone(common)
	for _, s := range config.Flags(j.Kind) {
		for _, text := range j.Values[s.Name].Texts {
			flags = append(flags, "--"+s.Name+"="+text)
		}
	}
	lines := [][]string{slices.Concat(args[:1], flags, []string{"--"}, args[1:])}
	if keep := j.Values["keep-gone"].Text(); keep != "" && j.Kind == "backup" {
		if len(o.output.flags()) == 0 {
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
