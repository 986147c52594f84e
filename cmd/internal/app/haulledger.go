package app

import (
	"context"
	"errors"
	"os"

	"github.com/mailhaul/mailhaul/checkpoint"
)

// pairNames names the two ends for the ledger. Mail that is put elsewhere has a
// ledger of its own where all is matched anyway: else a folder that was put into
// another one once, to look something up, would go there for ever. So has the past
// of an archive: what is not in it is not gone.
func (o haulOptions) pairNames() pairNames {
	pair := pairNames{source: o.from.name(), target: nameInLedger(o.to.endpoint)}
	pair.source += o.from.past()
	if o.match && o.command != "migrate" {
		pair.source += o.moves
	}
	return pair
}

// hasLedger tells whether the pair has a ledger.
func (o haulOptions) hasLedger(env Env) (bool, error) {
	dir, err := pairDir(env, o.pairNames())
	if err != nil {
		return false, err
	}
	_, err = os.Stat(dir)
	return !errors.Is(err, os.ErrNotExist), nil
}

// openLedger opens the ledger of the pair; in a dry run for reading, nil if it
// holds nothing yet.
func (o haulOptions) openLedger(ctx context.Context, env Env) (*checkpoint.Ledger, func() error, error) {
	nothing := func() error { return nil }
	if o.dryRun {
		l, err := readPairLedger(ctx, env, o.pairNames())
		if l == nil {
			return nil, nothing, err
		}
		return l, l.Close, err
	}
	l, err := openPairLedger(ctx, env, o.pairNames())
	if err != nil {
		return nil, nothing, err
	}
	return l.Ledger, l.Close, nil
}
