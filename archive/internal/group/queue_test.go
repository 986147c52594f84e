package group_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailhaul/mailhaul/archive/internal/group"
)

var limits = group.Limits{Items: 3, Octets: 100, Age: time.Second}

// recorder notes what a queue does with its groups.
type recorder struct {
	mu        sync.Mutex
	committed [][]int
	dropped   []int
	hold      chan struct{} // when set, Commit waits for it
	fail      error
}

func (r *recorder) queue() *group.Queue[int] {
	return group.New(limits, group.Actions[int]{
		Commit: func(items []int) error {
			if r.hold != nil {
				<-r.hold
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.committed = append(r.committed, slices.Clone(items))
			return r.fail
		},
		Drop: func(items []int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.dropped = append(r.dropped, items...)
		},
	})
}

func (r *recorder) groups() [][]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.committed)
}

func add(t *testing.T, q *group.Queue[int], octets int64, items ...int) {
	t.Helper()
	for _, i := range items {
		if err := q.Add(t.Context(), i, octets); err != nil {
			t.Fatal(err)
		}
	}
}

func wantGroups(t *testing.T, r *recorder, want ...[]int) {
	t.Helper()
	got := r.groups()
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("committed %v, want %v", got, want)
	}
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		q := r.queue()
		defer q.Close()
		add(t, q, 1, 1, 2)
		synctest.Wait()
		wantGroups(t, &r)
		add(t, q, 1, 3, 4) // by count
		synctest.Wait()
		wantGroups(t, &r, []int{1, 2, 3})
		add(t, q, 99, 5) // by octets
		synctest.Wait()
		wantGroups(t, &r, []int{1, 2, 3}, []int{4, 5})
		add(t, q, 1, 6)
		time.Sleep(999 * time.Millisecond)
		add(t, q, 1, 7)
		wantGroups(t, &r, []int{1, 2, 3}, []int{4, 5})
		time.Sleep(2 * time.Millisecond) // by the age of the first
		synctest.Wait()
		wantGroups(t, &r, []int{1, 2, 3}, []int{4, 5}, []int{6, 7})
		time.Sleep(time.Minute) // an empty group has no age
		synctest.Wait()
		wantGroups(t, &r, []int{1, 2, 3}, []int{4, 5}, []int{6, 7})
	})
}

func TestTwoGroupsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{hold: make(chan struct{})}
		q := r.queue()
		defer q.Close()
		added := 0
		go func() {
			for i := range 12 {
				if q.Add(t.Context(), i, 1) == nil {
					added++
				}
			}
		}()
		synctest.Wait()
		// One group is being committed, one is full: its last Add waits.
		if added != 5 {
			t.Errorf("%d added, want 5", added)
		}
		close(r.hold)
		synctest.Wait()
		if added != 12 {
			t.Errorf("%d added, want 12", added)
		}
	})
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{hold: make(chan struct{}, 10)}
		q := r.queue()
		defer q.Close()
		add(t, q, 1, 1, 2, 3, 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := q.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush = %v, want that time is over", err)
		}
		for range 3 {
			r.hold <- struct{}{}
		}
		if err := q.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantGroups(t, &r, []int{1, 2, 3}, []int{4})
		if err := q.Flush(t.Context()); err != nil { // of nothing
			t.Fatal(err)
		}
	})
}

func TestCommitError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		r := recorder{fail: broken, hold: make(chan struct{})}
		q := r.queue()
		add(t, q, 1, 1, 2, 3, 4)
		flushed := make(chan error)
		go func() { flushed <- q.Flush(t.Context()) }()
		synctest.Wait()
		close(r.hold)
		if err := <-flushed; !errors.Is(err, broken) {
			t.Errorf("Flush = %v", err)
		}
		if err := q.Add(t.Context(), 5, 1); !errors.Is(err, broken) {
			t.Errorf("Add = %v", err)
		}
		if err := q.Close(); !errors.Is(err, broken) {
			t.Errorf("Close = %v", err)
		}
		wantGroups(t, &r, []int{1, 2, 3})
		if !slices.Equal(r.dropped, []int{4}) {
			t.Errorf("dropped %v, want what was not committed", r.dropped)
		}
	})
}

func TestStopWhileCommitting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		r := recorder{hold: make(chan struct{})}
		q := r.queue()
		add(t, q, 1, 1, 2, 3, 4, 5)
		waiting := make(chan error)
		go func() { waiting <- q.Add(t.Context(), 6, 1) }()
		synctest.Wait()
		q.Stop(broken)
		q.Stop(errors.New("later"))
		if err := <-waiting; err != nil && !errors.Is(err, broken) {
			t.Errorf("Add = %v", err)
		}
		close(r.hold)
		if err := q.Close(); !errors.Is(err, broken) {
			t.Errorf("Close = %v", err)
		}
		// What was being made durable is; the rest is undone, each once.
		wantGroups(t, &r, []int{1, 2, 3})
		if !slices.Equal(r.dropped, []int{4, 5, 6}) {
			t.Errorf("dropped %v, want 4, 5, 6", r.dropped)
		}
	})
}

func TestCloseDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		q := r.queue()
		add(t, q, 1, 1, 2, 3, 4)
		synctest.Wait()
		if err := errors.Join(q.Close(), q.Close()); err != nil {
			t.Errorf("Close = %v", err)
		}
		wantGroups(t, &r, []int{1, 2, 3})
		if !slices.Equal(r.dropped, []int{4}) {
			t.Errorf("dropped %v, want 4", r.dropped)
		}
		if err := q.Add(t.Context(), 5, 1); !errors.Is(err, group.ErrClosed) {
			t.Errorf("Add = %v", err)
		}
		if err := q.Flush(t.Context()); !errors.Is(err, group.ErrClosed) {
			t.Errorf("Flush = %v", err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	var r recorder
	q := r.queue()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				if err := q.Add(t.Context(), g*500+i, 30); err != nil {
					t.Error(err)
				}
				if i%100 == 0 {
					if err := q.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := q.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	q.Close()
	all := slices.Concat(r.committed...)
	slices.Sort(all)
	for i := range 4000 {
		if len(all) != 4000 || all[i] != i {
			t.Fatalf("%d items committed, not each of 4000 once", len(all))
		}
	}
	for _, g := range r.committed {
		if len(g) > limits.Items {
			t.Errorf("a group of %d items", len(g))
		}
	}
}
