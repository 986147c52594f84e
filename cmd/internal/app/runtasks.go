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

// parseAtOnce reads how many tasks run at once.
func parseAtOnce(c *cli.Context, p *config.Problems) int {
	if n := config.ParseJobs("--jobs", c.String("jobs"), p); n > 0 {
		return n
	}
	return usualJobs
}

// flags are the flags that make another command say as much.
func (o outputOptions) flags() []string {
	var flags []string
	for _, f := range []struct {
		name string
		on   bool
	}{{"--quiet", o.quiet}, {"--verbose", o.verbose}, {"--json", o.json}} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	return flags
}

// runTasks runs tasks, several at once, and tells how they went.
func runTasks(ctx context.Context, env Env, u *ui.UI, o outputOptions, atOnce int, tasks []task) error {
	results := make([]jobResult, len(tasks))
	slots := make(chan struct{}, atOnce)
	out := &jobOutput{stdout: env.Stdout, stderr: env.Stderr}
	var running sync.WaitGroup
	for i, j := range tasks {
		results[i] = jobResult{name: j.name, kind: j.kind, code: notRun}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			continue
		}
		running.Go(func() {
			defer func() { <-slots }()
			results[i] = j.run(ctx, env, u, o.json, out)
		})
	}
	running.Wait()
	tellJobs(u, o, results)
	return jobsError(ctx, results)
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
