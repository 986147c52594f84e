package app

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// errorObject is an error as a line of JSON.
type errorObject struct {
	Event    string `json:"event"`
	Text     string `json:"text"`
	Hint     string `json:"hint,omitempty"`
	ExitCode int    `json:"exit_code"`
}

// tell says on standard error what went wrong and what to do; in JSON also on
// standard output. It is the one place that words errors for people.
func tell(ctx context.Context, u *ui.UI, command string, err error) {
	texts, hint := explain(ctx, err)
	for _, text := range texts {
		if !errors.Is(err, errPartial) { // the summary has told each failure
			u.Say("mailhaul: " + text)
		}
		if u.JSON() {
			u.Object(errorObject{"error", ui.Text(text), ui.Text(hint), exitCode(ctx, command, err)})
		}
	}
	if hint != "" {
		u.Say("  " + hint)
	}
}

// explain returns one text for each mistake and a hint what to do, or "".
func explain(ctx context.Context, err error) (texts []string, hint string) {
	if i, ok := errors.AsType[Interrupted](context.Cause(ctx)); ok {
		if errors.Is(err, context.Canceled) || errors.As(err, &Interrupted{}) {
			return []string{i.Error()}, adviceOf(err)
		}
		// What failed on the way out may be more than the interruption.
		return []string{i.Error(), err.Error()}, hintFor(err)
	}
	if bad, ok := errors.AsType[badLine](err); ok {
		hint = "'mailhaul help' tells more"
		if bad.command != "" {
			hint = "'mailhaul help " + bad.command + "' tells more"
		}
	}
	if usage, ok := errors.AsType[*config.UsageError](err); ok {
		return usage.Problems, hint
	}
	if hint == "" {
		hint = hintFor(err)
	}
	// The sentinel's own words say nothing to people.
	return []string{strings.ReplaceAll(err.Error(), mailhaul.ErrUsage.Error()+": ", "")}, hint
}

// adviceOf is what the run said that ended with the error, or "".
func adviceOf(err error) string {
	a, _ := errors.AsType[advised](err)
	return a.hint
}

// hintFor says what the user can do: what the place where the error arose
// knew, else what holds for its kind.
func hintFor(err error) string {
	if hint := adviceOf(err); hint != "" {
		return hint
	}
	for e, ok := errors.AsType[*mailhaul.Error](err); ok; e, ok = errors.AsType[*mailhaul.Error](e.Err) {
		if e.Hint != "" {
			return e.Hint
		}
	}
	for _, h := range []struct {
		err  error
		hint string
	}{
		{mailhaul.ErrLocked, "wait until the other run has ended; its lock frees itself even if it was killed"},
		{mailhaul.ErrNewer, "use the newer version; nothing was changed"},
		{mailhaul.ErrDamaged, "nothing was changed; 'mailhaul verify ARCHIVE' lists what is damaged"},
		{mailhaul.ErrAuth, "check user and password; some providers want an app password, and lock accounts after several attempts"},
		{syscall.ENOSPC, "free some space and run the same command again; what was stored so far is safe"},
		{syscall.EROFS, "it lies on a file system that is mounted read-only"},
		{syscall.EMFILE, "raise the number of files that may be open at once (ulimit -n) and run the same command again"},
		{syscall.ENFILE, "the system has as many files open as it can; close some programs and run the same command again"},
		{fs.ErrPermission, "check who owns the directory and its modes"},
	} {
		if errors.Is(err, h.err) {
			return h.hint
		}
	}
	return ""
}
