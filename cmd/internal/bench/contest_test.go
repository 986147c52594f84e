package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// slow is the time from which on runs of an entry are few: its ratio is
	// then far from those that matter.
	slow, slowRounds = 5 * time.Second, 2
	// runLimit bounds one run: one that takes longer hangs.
	runLimit = 5 * time.Minute
)

// contest lets entries do the same work, in turns.
type contest struct {
	title   string
	account account
	place   string // the directory in which each run gets one of its own
	durable bool   // the place is a disk
	// again measures runs after a first one in the same directory: there is
	// nothing new for them.
	again   bool
	entries []entry
	// targets are the accounts that runs put mail into, nil when they do not.
	targets *targets
}

// result holds the runs that counted of one entry, round by round.
type result struct {
	entry
	runs []measured
}

// measure runs the contest. A first run of each entry warms the caches of server
// and system and is looked at closely, it does not count. Of floors with the
// same format only the faster one stays: how many connections are best depends on
// the machine. In each round another entry is the first.
func (c contest) measure(ctx context.Context, tb testing.TB, rounds int) []result {
	tb.Helper()
	results := make([]result, len(c.entries))
	first := make([]time.Duration, len(c.entries))
	for i, e := range c.entries {
		results[i].entry = e
		m := c.run(ctx, tb, i, e, 0)
		if first[i] = m.Wall; e.kind == floor { // the very first run of all reads from cold caches
			first[i] = min(m.Wall, c.run(ctx, tb, i, e, 0).Wall)
		}
	}
	out := c.losers(first)
	for round := 1; round <= rounds; round++ {
		for k := range c.entries {
			i := (k + round) % len(c.entries)
			if out[i] || first[i] > slow && round > slowRounds {
				continue
			}
			results[i].runs = append(results[i].runs, c.run(ctx, tb, i, c.entries[i], round))
		}
	}
	return slices.DeleteFunc(results, func(r result) bool { return len(r.runs) == 0 })
}

// losers returns which entries are floors that do the same as a faster one.
func (c contest) losers(first []time.Duration) map[int]bool {
	out := map[int]bool{}
	for i, a := range c.entries {
		for k, b := range c.entries {
			if a.kind == floor && b.kind == floor && a.format == b.format && a.part == b.part && (first[k] < first[i] || first[k] == first[i] && k < i) {
				out[i] = true
			}
		}
	}
	return out
}

// run runs the i-th entry once, in round 0 with a check of what it did.
func (c contest) run(ctx context.Context, tb testing.TB, i int, e entry, round int) measured {
	tb.Helper()
	dir := filepath.Join(c.place, strconv.Itoa(i))
	if !c.again {
		var err error
		if dir, err = os.MkdirTemp(c.place, "run-"); err != nil {
			tb.Fatal(err)
		}
	}
	once := func(check bool) measured {
		m, stdout, err := e.run(ctx, dir, c.durable)
		if err == nil && check {
			err = e.check(dir, stdout)
		}
		if err != nil {
			tb.Fatalf("%s: %s: %v", c.title, e.name, err)
		}
		return m
	}
	if c.again && round == 0 {
		once(true)
	}
	m := once(round == 0)
	if !c.again && c.targets != nil {
		c.targets.drop(dir)
	}
	if !c.again && !c.durable { // a disk is slow for minutes after many files were deleted
		if err := os.RemoveAll(dir); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

// profiled lets mailhaul write a CPU profile into dir, that of the last run of
// each entry stays. Writing it costs a little time.
func (c contest) profiled(dir string) contest {
	c.entries = slices.Clone(c.entries)
	for i, e := range c.entries {
		if e.kind != mailhaul {
			continue
		}
		name := strings.ReplaceAll(fmt.Sprintf("%s %s %s.prof", c.account.set, c.title, e.name), ",", "")
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		c.entries[i].command = func(dir string) (commandLine, error) {
			line, err := e.command(dir)
			line.args = append(line.args, "--cpuprofile", file)
			return line, err
		}
	}
	return c
}
