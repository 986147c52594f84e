//go:build linux

package crashtest_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	seed   = flag.Uint64("seed", uint64(time.Now().UnixNano()), "what all chance is made from: the same, and a failure is repeated")
	closer = flag.Int("chances", 1, "how many times as closely to look; from 2 on at each place in place of a sample, and a table is printed")
)

// chances is how many times as closely tests look as they usually do.
func chances() int { return max(1, *closer) }

// torture tells whether every place is tried, not a sample.
func torture() bool { return chances() > 1 }

// chance returns the random numbers of a test: those of its name and the seed. The
// seed is logged when the test fails. They are for one goroutine.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with -seed %d -chances %d", *seed, *closer)
		}
	})
	h := fnv.New64a()
	_, _ = io.WriteString(h, t.Name())
	return rand.New(rand.NewPCG(*seed, h.Sum64()))
}

// upTo returns a time that is less than d.
func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }

// sampleOf returns n of the numbers below all, in their order; in the long form all.
func sampleOf(r *rand.Rand, n, all int) []int {
	places := r.Perm(all)
	if !torture() {
		places = places[:min(n, all)]
	}
	return slices.Sorted(slices.Values(places))
}

// What was found to be wrong is one of these, or that a run did not make good.
var (
	errLost    = errors.New("lost")
	errDoubled = errors.New("double")
)

// row is a row of the table: what was done to which command.
type row struct{ fault, command, format string }

// score is what came of it.
type score struct{ rounds, lost, doubled, stuck int }

// tally gathers what tests did and what came of it. It is safe for concurrent use.
type tally struct {
	mu   sync.Mutex
	rows map[row]score
}

// byCommand is about all tests of this package, byCall once more about system calls
// that fail: of which kind, how, and of all commands.
var byCommand, byCall tally

// count adds a round: what was done to a command that works on an archive of a
// format, or on none, and what was found to be wrong afterwards.
func count(fault, command, format string, err error) {
	byCommand.count(row{fault, command, cmp.Or(format, "-")}, err)
}

func (t *tally) count(k row, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.rows[k]
	s.rounds++
	lost, doubled := errors.Is(err, errLost), errors.Is(err, errDoubled)
	if lost {
		s.lost++
	}
	if doubled {
		s.doubled++
	}
	if err != nil && !lost && !doubled {
		s.stuck++
	}
	if t.rows == nil {
		t.rows = map[row]score{}
	}
	t.rows[k] = s
}

// print writes a table, as Markdown.
func (t *tally) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprint(w, "| fault | command | format | rounds | lost | doubled | not recovered |\n|---|---|---|---:|---:|---:|---:|\n")
	sum := score{}
	line := func(k row, s score) {
		fmt.Fprintf(w, "| %s | %s | %s | %d | %d | %d | %d |\n", k.fault, k.command, k.format, s.rounds, s.lost, s.doubled, s.stuck)
	}
	for _, k := range slices.SortedFunc(maps.Keys(t.rows), func(a, b row) int {
		return cmp.Or(cmp.Compare(a.fault, b.fault), cmp.Compare(a.command, b.command), cmp.Compare(a.format, b.format))
	}) {
		s := t.rows[k]
		line(k, s)
		sum = score{sum.rounds + s.rounds, sum.lost + s.lost, sum.doubled + s.doubled, sum.stuck + s.stuck}
	}
	line(row{"**all**", "", ""}, sum)
}

// TestTally holds that the table tells apart what is wrong.
func TestTally(t *testing.T) {
	var table tally
	k := row{"kill", "x", "-"}
	for _, err := range []error{nil, nil, fmt.Errorf("%w: x", errLost), errors.Join(errLost, errDoubled), errors.New("exit code 1")} {
		table.count(k, err)
	}
	if got, want := table.rows[k], (score{5, 2, 1, 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
