package compare

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// Options are the settings of one comparison.
type Options struct {
	// Filter chooses folders by their names on either side, also written without
	// the prefix of a namespace. One name that is excluded excludes the pair.
	Filter filter.Filter
	// Pair says, by names, which folder of B holds the messages of a folder of
	// A. Several folders of A may go into one of B. It is given the folders that
	// can hold messages. nil is ByName.
	Pair func(a, b []*mailhaul.Folder) map[string]string
	// Quick never reads bodies: a message whose identifying header fields and
	// size are equal is taken to be identical.
	Quick bool
	// IgnoreFlags and IgnoreDates leave out what one side cannot keep.
	IgnoreFlags, IgnoreDates bool
	// Zones has INTERNALDATEs differ also when only their zones do: most servers
	// keep the instant alone.
	Zones bool
	// Tell is told each difference, folder by folder, one at a time; nil for
	// nobody.
	Tell func(Difference)
	// Progress is told how many messages were read and how many there are to be
	// read, those of both sides together, header and body each counted as one.
	// total falls when it turns out which bodies have to be read. It is called
	// one at a time, from several goroutines; nil for nobody.
	Progress func(done, total int64)
}

// Run compares a with b and tells what differs. Both are read at the same time
// and must not be one and the same value. A message or folder that cannot be
// read is a difference; an error means that the comparison came to no end: the
// Summary then counts what was told before.
//
// Flags are compared as sets and in any case, \Recent left out. Special uses and
// subscriptions are compared where both folders have a name on the wire
// (Folder.Raw): files of other programs know no such thing.
func Run(ctx context.Context, a, b mailhaul.Source, o Options) (Summary, error) {
	c := &comparison{o: o, flags: flagTable{ids: map[mailhaul.Flags]uint32{}}, seed: maphash.MakeSeed()}
	for i, src := range []mailhaul.Source{a, b} {
		c.sides[i] = &side{c: c, number: i, name: [...]string{"A", "B"}[i], src: src, byFolder: map[*mailhaul.Folder]*folder{}}
	}
	err := c.run(ctx)
	return c.summary, err
}

// The two sides.
const (
	sideA = iota
	sideB
)

// comparison is one run.
type comparison struct {
	o       Options
	sides   [2]*side
	units   []*unit
	flags   flagTable
	seed    maphash.Seed
	summary Summary
	batch   batch

	mu          sync.Mutex // over what follows, and Progress
	done, total int64
}

// run goes through the steps: folders, listings, headers, bodies, report.
func (c *comparison) run(ctx context.Context) error {
	if err := c.both(ctx, (*side).list); err != nil {
		return err
	}
	if err := c.pairFolders(); err != nil {
		return err
	}
	if err := c.both(ctx, (*side).look); err != nil {
		return err
	}
	c.expect()
	if err := c.both(ctx, (*side).headers); err != nil {
		return err
	}
	if !c.o.Quick {
		c.choose()
		if err := c.both(ctx, (*side).bodies); err != nil {
			return err
		}
	}
	for _, u := range c.units {
		if err := c.report(ctx, u); err != nil {
			return err
		}
	}
	return c.flush(ctx)
}

// both does one step on both sides at the same time. The first error ends both.
func (c *comparison) both(ctx context.Context, step func(*side, context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var steps sync.WaitGroup
	for _, s := range c.sides {
		steps.Go(func() {
			if err := step(s, ctx); err != nil {
				cancel(fmt.Errorf("read %s: %w", s.name, err))
			}
		})
	}
	steps.Wait()
	return context.Cause(ctx)
}

// expect sets how much there is to read at most.
func (c *comparison) expect() {
	for _, s := range c.sides {
		for _, f := range s.folders {
			c.total += int64(f.live.Len())
		}
	}
	if !c.o.Quick {
		c.total *= 2
	}
}

// choose decides which bodies have to be read.
func (c *comparison) choose() {
	var wanted int64
	for _, u := range c.units {
		wanted += u.choose()
	}
	c.total = c.done + wanted
}

// advance counts one message more that was read.
func (c *comparison) advance() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if c.o.Progress != nil {
		c.o.Progress(c.done, max(c.done, c.total))
	}
}
