package sample

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Set is a set of plausible mail: sizes spread log-normally, system flags and
// keywords, dates of two decades in many zones.
type Set struct {
	// Messages is how many there are, Octets about how much they are together.
	Messages int
	Octets   int64
	// Round tells sets of one kind apart: each gives other messages.
	Round int
}

// S is a small account: 1,000 messages, 67 MB.
func S() Set { return Set{Messages: 1000, Octets: 67e6} }

// M is a usual account: 10,000 messages, 514 MB.
func M() Set { return Set{Messages: 10000, Octets: 514e6} }

// L is an account of many small messages: 100,000, 400 MB.
func L() Set { return Set{Messages: 100000, Octets: 400e6} }

// The smallest and the largest message of a set, in octets.
const (
	smallest = 400
	largest  = 12e6
)

// Sizes returns the size of each message in octets. They are the quantiles of
// a log-normal distribution, shuffled, so that a set of any number of messages
// has the shape of a real account and comes close to Octets.
func (s Set) Sizes() []int {
	if s.Messages == 0 {
		return nil
	}
	mean := float64(s.Octets) / float64(s.Messages)
	median := 0.88 * mean
	if mean > 12000 { // a few large attachments make up most of a real account
		median = 8000
	}
	sigma := math.Sqrt(2 * math.Log(mean/median))
	shape, sum := make([]float64, s.Messages), 0.0
	for i := range shape {
		p := (float64(i) + 0.5) / float64(s.Messages)
		shape[i] = math.Exp(sigma * math.Sqrt2 * math.Erfinv(2*p-1))
		sum += shape[i]
	}
	sizes := make([]int, s.Messages)
	for i, x := range shape {
		sizes[i] = int(min(largest, max(smallest, x*float64(s.Octets)/sum)))
	}
	r := rand.New(rand.NewPCG(uint64(s.Messages), uint64(s.Round)))
	r.Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
	return sizes
}

// All yields the messages with the folder that each belongs to: folder by
// folder in the order given, the first folder the fullest.
func (s Set) All(folders []string) iter.Seq2[string, Mail] {
	return func(yield func(string, Mail) bool) {
		sizes, i := s.Sizes(), 0
		for k, n := range s.share(len(folders)) {
			for range n {
				if !yield(folders[k], s.mail(i, sizes[i], folders[k])) {
					return
				}
				i++
			}
		}
	}
}

// Folder yields the messages that All gives to folders[k].
func (s Set) Folder(folders []string, k int) iter.Seq[Mail] {
	return func(yield func(Mail) bool) {
		sizes, share, first := s.Sizes(), s.share(len(folders)), 0
		for _, n := range share[:k] {
			first += n
		}
		for i := first; i < first+share[k]; i++ {
			if !yield(s.mail(i, sizes[i], folders[k])) {
				return
			}
		}
	}
}

// share returns how many messages each of n folders gets: the k-th a k-th of
// the first.
func (s Set) share(n int) []int {
	sum := 0.0
	for k := range n {
		sum += 1 / float64(k+1)
	}
	share, rest := make([]int, n), s.Messages
	for k := range n {
		share[k] = int(float64(s.Messages) / float64(k+1) / sum)
		rest -= share[k]
	}
	if n > 0 {
		share[0] += rest
	}
	return share
}

// mail makes the i-th message. It depends on nothing but its arguments.
func (s Set) mail(i, size int, folder string) Mail {
	r := rand.New(rand.NewPCG(uint64(s.Messages)<<32|uint64(s.Round), uint64(i)))
	zones := []int{0, 60, 120, -300, -480, 330, 345, 720, -210, 840}
	zone := time.FixedZone("", 60*zones[r.IntN(len(zones))])
	when := time.Date(2004, 2, 29, 23, 59, 30, 0, time.UTC).
		Add(time.Duration(r.IntN(21*365*86400)) * time.Second).In(zone)
	m := Mail{
		InternalDate: when.Format("_2-Jan-2006 15:04:05 -0700"),
		Body:         message(r, i, size, when),
	}
	for _, f := range []struct {
		flag  string
		share float64
	}{{`\Seen`, 0.8}, {`\Answered`, 0.15}, {`\Flagged`, 0.05}, {`\Deleted`, 0.01}} {
		if r.Float64() < f.share {
			m.Flags = append(m.Flags, f.flag)
		}
	}
	if folder == "Drafts" {
		m.Flags = append(m.Flags, `\Draft`)
	}
	if r.Float64() < 0.1 {
		keywords := Keywords()
		m.Flags = append(m.Flags, keywords[r.IntN(len(keywords))])
	}
	return m
}

// Keywords are the keywords that messages of a set carry.
func Keywords() []string {
	return []string{"$Forwarded", "$MDNSent", "$Label1", "NonJunk", "Work", "todo-2024"}
}
