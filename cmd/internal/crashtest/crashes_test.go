//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// moreChances are more tries with chance after each event, for who looks closely.
func moreChances() []replay.Variant {
	return slices.Repeat([]replay.Variant{{Name: "random", Data: replay.Random, Names: replay.Random}}, chances()-1)
}

// crashes gives the different states to yield and counts all.
func (l lab) crashes(chance *rand.Rand, yield func(crash) bool, states *int) {
	type seen struct {
		sum           [32]byte
		safe, account int
	}
	var (
		known    = map[seen]bool{}
		disk     = replay.NewDisk()
		before   int // messages said to be safe by earlier runs
		stdout   []byte
		sent     = l.sent()
		variants = slices.Concat(replay.Variants(), moreChances())
	)
	for i, e := range l.events {
		disk.Apply(e)
		if e.Kind == replay.Output {
			stdout = append(stdout, e.Data...)
		}
		safe := before + acked(stdout)
		if strings.Contains(string(stdout), `"event":"summary"`) {
			before, stdout = safe, nil
		}
		if i < l.from || l.places != nil && !slices.Contains(l.places, i-l.from) {
			continue
		}
		account := at(l.taken, sent(e.End))
		for _, v := range variants {
			*states++
			c := crash{disk.Crash(v, chance), safe, account, fmt.Sprintf("%s after step %d, %s %s (%d safe)", v.Name, i, e.Call, e.Path, safe)}
			k := seen{c.state.Sum(), safe, account}
			if known[k] {
				continue
			}
			known[k] = true
			if !yield(c) {
				return
			}
		}
	}
}

// sent returns how many octets the account may have been sent by a line of the
// recording: those of a call that had begun by then, too.
func (l lab) sent() func(line int) int64 {
	return func(line int) (n int64) {
		for _, e := range l.events {
			if e.Kind == replay.Sent && e.Path == l.peer && e.Begin <= line {
				n += e.Size
			}
		}
		return n
	}
}

// check looks into one state, lets a run make good, and looks again.
func (l lab) check(ctx context.Context, s *subject, c crash) error {
	// A look may change what it looks at, such as the ledger's log: the run that
	// makes good is given the state as it was.
	for _, step := range []func() error{
		func() error { return s.recorded(ctx, outcome{acked: c.safe}) },
		func() error { return s.finish(ctx) },
	} {
		if err := errors.Join(os.RemoveAll(s.dir), c.state.Write(s.dir)); err != nil {
			return err
		}
		if s.remote != nil {
			s.remote.put(l.taken[c.account])
		}
		if err := step(); err != nil {
			return fmt.Errorf("%w; of %q", err, slices.Sorted(maps.Keys(c.state)))
		}
	}
	return nil
}
