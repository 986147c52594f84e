//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// subject is a command whose runs are disturbed, with all that it works on. One
// subject is disturbed by one goroutine.
type subject struct {
	// dir is the directory below which all lies that the command changes.
	dir       string
	line, env []string
	// remote is the account into which it copies, nil for none.
	remote *remote
	// reset makes anew what the command finds.
	reset func() error
	// recorded looks at what a disturbed run left, before anything is mended: what
	// was safe is there, and the ledger is sound.
	recorded func(ctx context.Context, o outcome) error
	// again lets the command come to its end.
	again func(ctx context.Context) error
	// complete looks whether all is there, once.
	complete func(ctx context.Context) error
}

// trial makes subjects of a kind.
type trial struct {
	command, format string
	subject         func(t *testing.T) *subject
}

func (k trial) name() string {
	if k.format == "" {
		return k.command
	}
	return k.command + "/" + k.format
}

// trials are all commands that write to a disk.
func trials() (all []trial) {
	for _, format := range formats() {
		all = append(all, trial{"backup", format, func(t *testing.T) *subject { return newAccount(t).backup(t, format) }})
		all = append(all, trial{"backup of labels", format, func(t *testing.T) *subject { return newLabels(t).backup(t, format) }})
		for _, h := range healings() {
			all = append(all, trial{h.name, format, func(t *testing.T) *subject { return h.subject(t, format) }})
		}
		all = append(all, trial{"restore", format, func(t *testing.T) *subject { return newScriptSubject(t, richTarget, format) }})
	}
	return append(all,
		trial{"migrate", "", func(t *testing.T) *subject { return newScriptSubject(t, richTarget, "") }},
		trial{"migrate, one by one", "", func(t *testing.T) *subject { return newScriptSubject(t, poorTarget, "") }})
}

// backup is the backup of an account.
func (a *account) backup(t *testing.T, format string) *subject {
	t.Helper()
	dir := filepath.Join(scratch(t), "archive")
	return &subject{
		dir: dir, line: backupArgs(url(user, a.server.Addr), dir, format),
		reset: func() error { return os.RemoveAll(dir) },
		recorded: func(ctx context.Context, o outcome) error {
			_, err := checkRecorded(ctx, dir, a.known(), o.acked)
			return err
		},
		again: func(ctx context.Context) error {
			_, err := backup(ctx, dir, a.server.Addr, archive.Format(format), runLimit)
			return err
		},
		complete: func(ctx context.Context) error { return checkComplete(ctx, dir, a.mails(), a.gone) },
	}
}

// run runs the command, and lets f happen to it. calls are those that were counted.
func (s *subject) run(t *testing.T, f inject.Fault) (o outcome, calls []inject.Call, err error) {
	t.Helper()
	if err := s.reset(); err != nil {
		return o, nil, err
	}
	f.Root, f.Log = s.dir, filepath.Join(t.TempDir(), "calls")
	tracer, err := os.Executable()
	if err != nil {
		return o, nil, err
	}
	if o, err = perform(t.Context(), append(s.env, f.Env()), append([]string{tracer}, s.line...)); err != nil {
		return o, nil, err
	}
	calls, err = inject.ReadLog(f.Log)
	return o, calls, err
}

// finish lets the command come to its end and looks whether all is there.
func (s *subject) finish(ctx context.Context) error {
	if err := s.again(ctx); err != nil {
		return fmt.Errorf("next run: %w", err)
	}
	return s.complete(ctx)
}

// makesGood looks at what a disturbed run left, and lets the next one make good.
func (s *subject) makesGood(ctx context.Context, o outcome) error {
	return errors.Join(s.recorded(ctx, o), s.finish(ctx))
}
