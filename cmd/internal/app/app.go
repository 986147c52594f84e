package app

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// Env is the world outside.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        []string // what a password command inherits
	Now            func() time.Time
	Version        string
	Terminal       ui.Terminal
	// Browse opens a browser at a URL; nil when there is none.
	Browse func(url string) error
	// Resolver finds the servers of mail addresses, nil for the system's.
	Resolver *net.Resolver
	// watchRun is told what a run of the pipeline did; nil for nobody.
	watchRun func(migrate.Summary)
}

// hauled tells whoever watches what a run did.
func (env Env) hauled(s migrate.Summary) {
	if env.watchRun != nil {
		env.watchRun(s)
	}
}

// System is the Env of a real process.
func System(version string) Env {
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(), Now: time.Now, Version: version,
		Terminal: ui.DetectTerminal(os.Stdin, os.Stderr, os.Getenv), Browse: ui.DetectBrowser(os.Getenv),
	}
}

// Run does what args, without the program's name, ask for and returns the exit
// code. When ctx is cancelled with an Interrupted as its cause, what is under
// way is brought to an orderly end.
func Run(ctx context.Context, env Env, args []string) int {
	all := commands(env)
	line, err := arrange(all, args)
	switch {
	case err != nil:
	case line.version:
		err = runVersion(env)
	case line.help && line.command != nil:
		_, err = io.WriteString(env.Stdout, commandHelp(line.command))
	case line.help && line.group != "":
		_, err = io.WriteString(env.Stdout, groupHelp(all, line.group))
	case line.help:
		_, err = io.WriteString(env.Stdout, programHelp(all))
	case line.command == nil:
		_, _ = io.WriteString(env.Stderr, introduction)
		return exitUsage
	default:
		err = dispatch(ctx, env, line)
	}
	name := ""
	if line.command != nil {
		name = line.command.Name
	}
	if _, told := errors.AsType[toldError](err); err != nil && !told {
		tell(ctx, ui.New(ui.Options{Stdout: env.Stdout, Stderr: env.Stderr, Now: env.Now}), name, err)
	}
	return exitCode(ctx, name, err)
}

// dispatch gives an arranged command line, and what environment and config file
// say to it, to the command that it names.
func dispatch(ctx context.Context, env Env, l line) error {
	s, err := settle(env, &l)
	if err != nil {
		return err
	}
	program := &cli.App{
		Name: "mailhaul", Commands: []*cli.Command{l.command}, Metadata: map[string]any{settingsKey: s},
		Writer: env.Stdout, ErrWriter: env.Stderr,
		HideHelp: true, HideVersion: true,
		// A comma may stand in a folder's name.
		DisableSliceFlagSeparator: true,
		// Without it the library prints errors and calls os.Exit by itself.
		ExitErrHandler: func(*cli.Context, error) {},
	}
	return program.RunContext(ctx, append([]string{"mailhaul"}, l.args...))
}

// toldError is an error that the user has been told of.
type toldError struct{ err error }

func (e toldError) Error() string { return e.err.Error() }
func (e toldError) Unwrap() error { return e.err }

// outputOptions say how much is said, and how.
type outputOptions struct {
	quiet, verbose, json bool
	// summary tells the summary even when nobody watches.
	summary bool
}

// withUI runs do with a UI and tells its error through it.
func withUI(ctx context.Context, env Env, o outputOptions, command string, do func(*ui.UI) error) error {
	u := ui.New(ui.Options{
		Stdout: env.Stdout, Stderr: env.Stderr,
		Redraws: env.Terminal.Redraws, Plain: env.Terminal.Plain, Width: env.Terminal.Width,
		Quiet: o.quiet, Verbose: o.verbose, JSON: o.json, Now: env.Now,
	})
	err := do(u)
	u.EndProgress()
	if err == nil {
		err = u.Err()
	}
	if err == nil {
		return nil
	}
	tell(ctx, u, command, err)
	return toldError{err}
}

// Interrupted is the cause with which a context is cancelled when the process
// got a signal.
type Interrupted struct{ Signal os.Signal }

// Error names the signal.
func (i Interrupted) Error() string {
	name := "SIGINT"
	if i.Signal == syscall.SIGTERM {
		name = "SIGTERM"
	}
	return "interrupted (" + name + ")"
}
