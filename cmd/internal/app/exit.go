package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/mailhaul/mailhaul"
)

// The exit codes. The table below is the one that help shows and the manual
// and the README repeat; a test compares them.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitPartial    = 3
	exitAuth       = 4
	exitConnect    = 5
	exitLocked     = 6
	exitDamaged    = 7
	exitInterrupt  = 130
	exitTerminated = 143
)

// exitMeaning is one line of the table.
type exitMeaning struct {
	code    int
	meaning string
}

func exitCodes() []exitMeaning {
	return []exitMeaning{
		{exitDone, "all done"},
		{exitFailed, "failed"},
		{exitUsage, "wrong usage, or something named that is not there"},
		{exitPartial, "done in part: some messages or folders failed, they are listed"},
		{exitAuth, "authentication refused"},
		{exitConnect, "cannot connect, or connection lost for good"},
		{exitLocked, "locked by another run"},
		{exitDamaged, "damage found in the archive, or ends differ (compare)"},
		{exitInterrupt, "interrupted (SIGINT)"},
		{exitTerminated, "terminated (SIGTERM)"},
	}
}

// exitTable is the table as help shows it.
func exitTable() string {
	var b strings.Builder
	for _, e := range exitCodes() {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.meaning)
	}
	return b.String()
}

// errPartial ends a command that did its work but for some messages or folders
// that its summary has listed.
var errPartial = errors.New("done in part")

// errDiffer ends a comparison that found differences and has listed them.
var errDiffer = errors.New("the two ends differ")

// exitCode maps the error of a command to the exit code. A signal comes first:
// what fails afterwards fails because of it.
func exitCode(ctx context.Context, command string, err error) int {
	if err == nil {
		return exitDone
	}
	if i, ok := errors.AsType[Interrupted](context.Cause(ctx)); ok {
		return i.ExitCode()
	}
	if e, ok := errors.AsType[codeError](err); ok {
		return int(e)
	}
	for _, m := range []struct {
		err  error
		code int
	}{
		{errPartial, exitPartial},
		{errDiffer, exitDamaged},
		{mailhaul.ErrFull, exitPartial},
		{mailhaul.ErrUsage, exitUsage},
		{mailhaul.ErrAuth, exitAuth},
		{mailhaul.ErrConnect, exitConnect},
		{mailhaul.ErrLocked, exitLocked},
	} {
		if errors.Is(err, m.err) {
			return m.code
		}
	}
	// A backup that meets a damaged ledger has failed; to find damage is the
	// task of the commands that read an archive.
	if errors.Is(err, mailhaul.ErrDamaged) && !slices.Contains([]string{"backup", "migrate", "import"}, command) {
		return exitDamaged
	}
	return exitFailed
}

// ExitCode is the code of a process that ended because of the signal.
func (i Interrupted) ExitCode() int {
	if i.Signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupt
}
