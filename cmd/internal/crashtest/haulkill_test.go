//go:build linux

package crashtest_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
)

// haulKills is how often, for each server and command, the program is killed at
// random, and haulTwins how many messages there are then; homeKills and homeTwins
// are the same for mail that comes back into the account that it was in,
// largeKills and largeTwins for one copy of many messages.
const (
	haulKills, haulTwins   = 14, 360
	homeKills, homeTwins   = 3, 240
	largeKills, largeTwins = 20, 10_000
)

// mostKills is how often one copy is killed: then a run may finish.
const mostKills = 6

// TestHaulKillAtRandom kills copies into accounts on servers of many kinds, again
// and again: at random moments, after a random number of octets sent, and just
// before or after an answer to an APPEND. The next run goes on. In the end another
// client counts.
func TestHaulKillAtRandom(t *testing.T) {
	from, many := newOrigin(t, haulTwins), newOrigin(t, largeTwins)
	c := newCrowd(t)
	c.run("many messages", func(t *testing.T) {
		k := haulKiller{new: func(t *testing.T) *haul { return newHaul(t, many, "", peers()[0]) }, least: largeKills}
		k.kill(t, largeKills, largeKills)
	})
	for i, p := range peers() {
		for _, format := range []string{"", formats()[i%2]} {
			c.run(p.name+"/"+haulName(format), func(t *testing.T) {
				k := haulKiller{new: func(t *testing.T) *haul { return newHaul(t, from, format, p) }}
				k.kill(t, haulKills*chances(), mostKills)
			})
		}
		c.run(p.name+"/home", func(t *testing.T) {
			k := haulKiller{new: func(t *testing.T) *haul { return newHomecoming(t, formats()[i%2], p) }}
			k.kill(t, homeKills*chances(), mostKills)
		})
	}
	c.wait.Wait()
}

func haulName(format string) string {
	if format == "" {
		return "migrate"
	}
	return "restore " + format
}

// crowd runs subtests side by side, more than there are processors: the program
// and the servers wait for each other more than they work.
type crowd struct {
	t     *testing.T
	wait  sync.WaitGroup
	slots chan struct{}
}

func newCrowd(t *testing.T) *crowd {
	return &crowd{t: t, slots: make(chan struct{}, 4*runtime.GOMAXPROCS(0))}
}

// run starts a subtest once there is a slot for it. Who calls it waits for all.
func (c *crowd) run(name string, test func(*testing.T)) {
	c.wait.Go(func() {
		c.slots <- struct{}{}
		defer func() { <-c.slots }()
		c.t.Run(name, test)
	})
}

// haulKiller kills copies.
type haulKiller struct {
	new    func(*testing.T) *haul
	chance *rand.Rand
	// least is how many runs a copy takes at the least, about: by then each is
	// killed that gets so far.
	least int
	// What a copy takes that is not disturbed.
	usual   time.Duration
	octets  int64
	answers int
}

// kill kills copies so often in all, and each of them most times at the most.
func (k *haulKiller) kill(t *testing.T, times, most int) {
	t.Helper()
	k.chance = chance(t)
	k.measure(t)
	lives, killed := 0, 0
	for ; killed < times; lives++ {
		killed += k.life(t, most)
	}
	t.Logf("killed %d times in %d lives; a run takes %s, %d octets, %d answers", killed, lives, k.usual, k.octets, k.answers)
}

// measure makes a copy that is not disturbed.
func (k *haulKiller) measure(t *testing.T) {
	t.Helper()
	h := k.new(t)
	begin := time.Now()
	s, err := h.finished(t)
	k.usual = time.Since(begin)
	k.answers, k.octets, _ = h.via.count()
	if err == nil && s.Copied != h.from.messages {
		err = fmt.Errorf("%+v", s)
	}
	if err == nil {
		err = h.done(t)
	}
	if err != nil {
		t.Fatalf("a copy that is not disturbed: %v", err)
	}
}

// deadly returns a way to be killed at random, and how it is called. left is how
// much of the work is to be done, at most.
func (k *haulKiller) deadly(h *haul, left float64) (name string, ready func(kill func())) {
	before, ways := k.chance.IntN(2) == 0, 3
	if k.least > 0 { // at a moment, it may have come to its end
		left, ways = 2/float64(k.least), 2
	}
	switch k.chance.IntN(ways) {
	case 0:
		n := 1 + k.chance.Int64N(1+int64(float64(k.octets)*left))
		return fmt.Sprintf("after %d octets, %t", n, before), func(kill func()) { h.via.set(trap{octets: n, before: before, act: kill}) }
	case 1:
		n := 1 + k.chance.IntN(1+int(float64(k.answers)*left/2))
		return fmt.Sprintf("at answer %d, %t", n, before), func(kill func()) { h.via.set(trap{answer: n, before: before, act: kill}) }
	}
	d := upTo(k.chance, k.usual)
	return "after " + d.String(), func(kill func()) {
		h.via.set(trap{})
		time.AfterFunc(d, kill)
	}
}

// life is one copy, from the first run to the one that comes to its end. It
// returns how often the program was killed.
func (k *haulKiller) life(t *testing.T, most int) (killed int) {
	t.Helper()
	h := k.new(t)
	var story []string
	live := 0
	for killed < most {
		left := 1 - float64(live)/float64(h.from.messages)
		name, ready := k.deadly(h, left)
		o := h.run(t, ready)
		if !o.killed {
			if _, err := summaryOf(o); err != nil {
				t.Fatalf("after %q: %v", story, err)
			}
			break
		}
		killed++
		var err error
		if live, err = h.recorded(t.Context(), live+o.acked); err != nil {
			t.Fatalf("after %q: %v", append(story, name), err)
		}
		answers, octets, _ := h.via.count()
		story = append(story, fmt.Sprintf("%s: %d octets sent, %d answers, %d recorded", name, octets, answers, live))
	}
	if err := h.finish(t); err != nil {
		t.Fatalf("after %q: %v\nthe server's log: %s", story, err, h.log())
	}
	return killed
}
