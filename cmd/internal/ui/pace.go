package ui

import (
	"math"
	"time"
)

const (
	// memory is how far back, in seconds, a pace looks: messages become safe in
	// groups, and lines have moods.
	memory = 15
	// stalled is how long nothing must happen until it counts.
	stalled = 10 * time.Second
	// settling is how long a pace is watched before a time left is told.
	settling = 3 * time.Second
	// longestLeft is the longest time that is told to be left: what would take
	// longer stands still.
	longestLeft = 100 * 24 * time.Hour
)

// pace is how fast something is done. What is long ago counts less.
type pace struct {
	start, at     time.Time
	last          int64
	done, seconds float64 // weighted sums of what was done in how long
	end           time.Time
}

// observe takes down how much is done by now, about once a second. What comes in
// groups is nothing for a while and then much: so nothing is believed only after
// stalled.
func (p *pace) observe(done int64, now time.Time) {
	if p.start.IsZero() {
		p.start, p.at, p.last = now, now, done
	}
	passed := now.Sub(p.at)
	if passed == 0 || done == p.last && passed < stalled {
		return
	}
	keep := math.Exp(-passed.Seconds() / memory)
	p.done = p.done*keep + float64(done-p.last)
	p.seconds = p.seconds*keep + passed.Seconds()
	p.at, p.last = now, done
}

// perSecond is the rate, 0 while it is not known.
func (p *pace) perSecond() float64 {
	if p.seconds == 0 {
		return 0
	}
	return p.done / p.seconds
}

// left is how long the rest takes at this pace, 0 while nobody can know. What was
// told before counts down for as long as it is about right: a time that jumps to
// and fro tells nothing.
func (p *pace) left(rest int64, now time.Time) time.Duration {
	rate := p.perSecond()
	if rest <= 0 || now.Sub(p.start) < settling || float64(rest) > rate*longestLeft.Seconds() {
		p.end = time.Time{}
		return 0
	}
	left := time.Duration(float64(rest) / rate * float64(time.Second))
	if p.end.IsZero() || (left-p.end.Sub(now)).Abs() > max(2*time.Second, left/8) {
		p.end = now.Add(left)
	}
	return max(time.Second, p.end.Sub(now))
}
