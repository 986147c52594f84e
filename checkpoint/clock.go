package checkpoint

import (
	"slices"
	"sort"
	"time"
)

// ends returns when each of the runs, the newest last, had ended; a run that did
// not end in order counts from its beginning. No time is before that of an earlier
// run: where the clock was wrong, most runs are believed, and the others are taken
// to have ended when the next one that is believed did, or with the last one.
func ends(runs []Run) []time.Time {
	at := make([]time.Time, len(runs))
	for i, r := range runs {
		if at[i] = r.End; r.End.IsZero() {
			at[i] = r.Start
		}
	}
	believed := believe(at)
	next := len(believed) - 1
	for i, t := range slices.Backward(at) {
		for next > 0 && believed[next-1] >= i {
			next--
		}
		if next >= 0 && believed[next] != i {
			t = at[believed[next]]
		}
		at[i] = t
	}
	return at
}

// believe returns the places of the longest series of times of which none is before
// an earlier one. Of series equally long it is one that has the later places: who
// asks for a date reads it from the clock of today.
func believe(at []time.Time) []int {
	// From the end: first[n] begins a series of n+1 times, and the latest of all
	// that do; then[i] is the place behind i in its series.
	var first, longest []int
	then := make([]int, len(at))
	begin := -1
	for i := len(at) - 1; i >= 0; i-- {
		n := sort.Search(len(first), func(n int) bool { return at[first[n]].Before(at[i]) })
		then[i] = -1
		if n > 0 {
			then[i] = first[n-1]
		}
		if n == len(first) {
			first = append(first, i)
			begin = i
		} else {
			first[n] = i
		}
	}
	for i := begin; i >= 0; i = then[i] {
		longest = append(longest, i)
	}
	return longest
}
