//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailhaul/mailhaul/checkpoint"
)

// recorded looks into the ledger of a killed run: it is sound, and has at least
// what was said to be safe.
func (h *haul) recorded(ctx context.Context, safe int) (live int, err error) {
	err = h.ledger(ctx, func(l *checkpoint.Ledger) error {
		if err := l.IntegrityCheck(ctx); err != nil {
			return err
		}
		folders, err := l.Folders(ctx)
		for _, f := range folders {
			live += int(f.Live)
		}
		return err
	})
	if safe == 0 && errors.Is(err, fs.ErrNotExist) {
		return 0, nil // killed before there was one
	}
	if err == nil && live < safe {
		err = fmt.Errorf("%w: %d messages were said to be safe, the ledger has %d", errLost, safe, live)
	}
	return live, err
}

// ledgerName is where the ledger is, or may be made.
func (h *haul) ledgerName() (string, error) {
	dir := filepath.Join(h.state, "mailhaul", "pair")
	if pairs, err := filepath.Glob(filepath.Join(h.state, "mailhaul", "*")); err != nil || len(pairs) > 0 {
		dir = pairs[0]
	}
	return filepath.Join(dir, "ledger.db"), os.MkdirAll(dir, 0o700)
}

// ledger opens the ledger for reading.
func (h *haul) ledger(ctx context.Context, read func(*checkpoint.Ledger) error) (err error) {
	name, err := one(h.state, "mailhaul/*/ledger.db")
	if err != nil {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	l, err := checkpoint.OpenReadOnly(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return read(l)
}

// nothingAnnounced looks for what is announced in the ledger: after a run that came
// to its end there is nothing.
func (h *haul) nothingAnnounced(ctx context.Context) error {
	return h.ledger(ctx, func(l *checkpoint.Ledger) error {
		intents, err := l.Intents(ctx)
		if len(intents) > 0 {
			return fmt.Errorf("%d messages are still announced: %+v", len(intents), intents[0])
		}
		return err
	})
}
