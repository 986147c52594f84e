package checkpoint_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestRunAtWrongClock: a date finds the run that it would find if the clock had
// always been right, as near as can be known.
func TestRunAtWrongClock(t *testing.T) {
	// Each run ended on one of these days, as its clock had it.
	for _, tt := range []struct {
		name string
		days []int
		want map[int]checkpoint.RunID // by day
	}{
		{"right", []int{10, 20, 30}, map[int]checkpoint.RunID{9: 0, 10: 1, 19: 1, 20: 2, 30: 3, 99: 3}},
		{"equal", []int{10, 10, 10}, map[int]checkpoint.RunID{9: 0, 10: 3}},
		{"once behind", []int{10, 20, 1, 30}, map[int]checkpoint.RunID{1: 0, 9: 0, 10: 1, 20: 2, 29: 2, 30: 4}},
		{"once ahead", []int{10, 99, 20, 30}, map[int]checkpoint.RunID{9: 0, 10: 1, 19: 1, 20: 3, 30: 4, 99: 4}},
		{"behind at first", []int{1, 2, 20, 30, 40}, map[int]checkpoint.RunID{1: 1, 2: 2, 19: 2, 20: 3, 40: 5}},
		{"behind at last", []int{10, 20, 30, 1}, map[int]checkpoint.RunID{9: 0, 20: 2, 30: 4}},
		{"ahead at last", []int{10, 20, 99}, map[int]checkpoint.RunID{20: 2, 98: 2, 99: 3}},
		{"twice wrong", []int{10, 99, 20, 1, 30, 40}, map[int]checkpoint.RunID{1: 0, 10: 1, 20: 3, 29: 3, 30: 5, 40: 6, 99: 6}},
		{"one against one", []int{99, 10}, map[int]checkpoint.RunID{9: 0, 10: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := checkpoint.Open(t.Context(), filepath.Join(t.TempDir(), "mailhaul.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			day := func(n int) time.Time { return time.Unix(0, 0).AddDate(30, 0, n) }
			for i, n := range tt.days {
				id, err := l.BeginRun(t.Context(), "backup", day(n).Add(-time.Minute))
				if err == nil && i%2 == 0 { // a killed run counts from its beginning
					err = l.EndRun(t.Context(), id, "done", checkpoint.Counts{}, day(n))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for n, want := range tt.want {
				r, found, err := l.RunAt(t.Context(), day(n))
				if err != nil || r.ID != want || found != (want != 0) {
					t.Errorf("day %d: run %d, %v, %v, want %d", n, r.ID, found, err, want)
				}
			}
		})
	}
}

// TestOrderOfRuns: runs come in the order in which they were, whatever the clock
// said.
func TestOrderOfRuns(t *testing.T) {
	b := open(t)
	for _, s := range []int64{5_000, 3, 4_000} {
		id, err := b.BeginRun(b.ctx, "backup", time.Unix(s, 0))
		b.do(err)
		b.do(b.EndRun(b.ctx, id, "done", checkpoint.Counts{}, time.Unix(s-1, 0))) // set back meanwhile
	}
	runs, err := b.Runs(b.ctx)
	b.do(err)
	var got []checkpoint.RunID
	for _, r := range runs {
		got = append(got, r.ID)
		if r.Took() != 0 {
			t.Errorf("run %d took %v", r.ID, r.Took())
		}
	}
	last, _, err := b.LastRun(b.ctx)
	if fmt.Sprint(got) != "[1 2 3 4]" || last.ID != 4 || err != nil {
		t.Errorf("runs %v, the last one %d, %v", got, last.ID, err)
	}
}
