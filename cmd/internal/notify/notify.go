package notify

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Event says what is told of.
type Event string

// The events, in the order in which a job has them.
const (
	Start   Event = "start"
	Success Event = "success"
	Failure Event = "failure"
)

// Report is what is told.
type Report struct {
	Job      string
	Event    Event
	ExitCode int    // of Success and Failure
	Text     string // what the job said
}

// Hooks are who is told of a job; the zero value is nobody.
type Hooks struct {
	// Command is an argument vector, run at each event. It finds the report in
	// MAILHAUL_JOB, MAILHAUL_EVENT and MAILHAUL_EXIT_CODE, and the text on standard
	// input.
	Command []string
	Environ []string // what the command inherits
	// URL is asked for: URL/start, URL and URL/fail, the text being the body. Several
	// monitoring services understand this.
	URL string
	// Mail is the address that hears of a Failure.
	Mail string
	// Sendmail is the program that takes the mail; "" for the system's.
	Sendmail string
}

// limit is how long one hook may take.
const limit = 30 * time.Second

// Tell tells all hooks and returns what went wrong with any.
func (h Hooks) Tell(ctx context.Context, r Report) error {
	// A job that was interrupted has failed, and that is told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var errs []error
	if len(h.Command) > 0 {
		errs = append(errs, h.command(ctx, r))
	}
	if h.URL != "" {
		errs = append(errs, h.ping(ctx, r))
	}
	if h.Mail != "" && r.Event == Failure {
		errs = append(errs, h.mail(ctx, r))
	}
	return errors.Join(errs...)
}

// variables are the report as an environment.
func (r Report) variables() []string {
	return []string{
		"MAILHAUL_JOB=" + r.Job, "MAILHAUL_EVENT=" + string(r.Event), "MAILHAUL_EXIT_CODE=" + strconv.Itoa(r.ExitCode),
	}
}
