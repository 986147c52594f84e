package app

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// lastRun names the last run that stored something.
const lastRun = "last"

// part is the part of an archive that is read: the one with the number part,
// from 0, of parts; 0 parts for all.
type part struct{ part, parts uint32 }

// mostParts bounds the parts of a sample: of more nobody sees the last.
const mostParts = 10_000

// parseSample reads a part, "5%" or "3/20". Of a percentage the part is another
// one each day, and comes again when all others had their turn.
func parseSample(text string, now time.Time, p *config.Problems) part {
	if text == "" {
		return part{}
	}
	if percent, isPercent := strings.CutSuffix(text, "%"); isPercent {
		n, err := strconv.ParseFloat(percent, 64)
		if err == nil && n > 0 && n <= 100 && 100/n <= mostParts {
			parts := uint32(math.Ceil(100/n - 1e-9))
			day := now.UTC().Unix() / (24 * 60 * 60)
			return part{uint32(day % int64(parts)), parts}
		}
	}
	first, last, found := strings.Cut(text, "/")
	k, err1 := strconv.ParseUint(first, 10, 32)
	parts, err2 := strconv.ParseUint(last, 10, 32)
	if found && err1 == nil && err2 == nil && k >= 1 && k <= parts && parts <= mostParts {
		return part{uint32(k - 1), uint32(parts)}
	}
	p.Addf("--sample: %q is neither a percentage, as 5%%, nor a part, as 3/20", text)
	return part{}
}

// firstRun returns the run that --since names, 0 for none.
func firstRun(ctx context.Context, a *archive.Archive, since string) (checkpoint.RunID, error) {
	switch since {
	case "":
		return 0, nil
	case lastRun:
		runs, err := a.Ledger().Runs(ctx)
		if err != nil {
			return 0, err
		}
		for _, r := range slices.Backward(runs) {
			if r.New > 0 {
				return r.ID, nil
			}
		}
		return 0, nil
	}
	id, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return 0, config.Usagef("--since: %v", err)
	}
	if _, err := a.Ledger().Run(ctx, checkpoint.RunID(id)); err != nil {
		return 0, config.Usagef("--since: there is no run %d in the archive", id)
	}
	return checkpoint.RunID(id), nil
}
