//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// TestPowerLossInPrune cuts the power after each step of a recorded prune, with
// what was not synced lost, kept or torn. Whatever is left is sound and has all that
// is on the server, a backup has nothing to fetch, and another prune does the rest.
func TestPowerLossInPrune(t *testing.T) {
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			l := lab{account: a, format: archive.Format(format)}
			l.recordPrune(t)
			dir, states, checked, failures := filepath.Join(scratch(t), "archive"), 0, 0, 0
			l.crashes(func(c crash) bool {
				checked++
				if err := l.checkPruned(t.Context(), dir, c); err != nil {
					failures++
					t.Errorf("%s: %v", c.what, err)
				}
				return failures < mostFailures
			}, &states)
			if t.Logf("%d events, %d states, %d of them different", len(l.events)-l.from, states, checked); checked < leastPoints {
				t.Errorf("%d states only", checked)
			}
		})
	}
}

// recordPrune records two backups, between which the account changes, and a prune.
func (l *lab) recordPrune(t *testing.T) {
	t.Helper()
	dir := filepath.Join(scratch(t), "archive")
	var traces []string
	run := func(line ...string) {
		t.Helper()
		trace := filepath.Join(t.TempDir(), "trace")
		if o := execute(t, replay.Command(trace, nil, line...)); o.code != 0 {
			t.Fatalf("%q ended with %d\n%s%s", line, o.code, o.stdout, o.stderr)
		}
		traces = append(traces, trace)
	}
	backup := backupArgs(url(user, l.account.server.Addr), dir, string(l.format))
	run(backup...)
	l.account.change()
	run(backup...)
	l.from = len(parse(t, dir, traces))
	run(binary, "prune", "--quiet", "--yes", "--keep-gone", "0d", dir)
	l.events = parse(t, dir, traces)
	if err := checkComplete(t.Context(), dir, l.account.mails(), nil); err != nil {
		t.Fatalf("recorded runs: %v", err)
	}
	checkModel(t, l.events, dir)
}

// checkPruned looks into one state, and lets a backup and a prune make good.
func (l lab) checkPruned(ctx context.Context, dir string, c crash) error {
	live := l.account.mails()
	for _, step := range []func() error{
		func() error {
			_, err := checkRecorded(ctx, dir, l.account.known(), len(live))
			return err
		},
		func() error { return checkVerified(ctx, dir) },
		func() error {
			s, err := backup(ctx, dir, l.account.server.Addr, l.format, runLimit)
			if err != nil || s.New != 0 {
				return fmt.Errorf("the next backup fetched %d messages: %w", s.New, err)
			}
			return checkComplete(ctx, dir, live, l.account.gone)
		},
		func() error {
			if err := pruneAll(ctx, dir); err != nil {
				return err
			}
			return checkComplete(ctx, dir, live, nil)
		},
	} {
		if err := errors.Join(os.RemoveAll(dir), c.state.Write(dir)); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func checkVerified(ctx context.Context, dir string) error {
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		return err
	}
	var damage []error
	_, err = a.Verify(ctx, nil, func(d archive.Damage) { damage = append(damage, fmt.Errorf("verify: %+v", d)) })
	return errors.Join(append(damage, err, a.Close())...)
}

func pruneAll(ctx context.Context, dir string) error {
	a, err := archive.Open(ctx, dir, archive.Options{})
	if err != nil {
		return err
	}
	_, err = a.Prune(ctx, archive.PruneOptions{Before: time.Now()})
	return errors.Join(err, a.Close())
}
