package group

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is returned by Add and Flush after Close.
var ErrClosed = errors.New("queue is closed")

// Limits close a group: the number of its items, the sum of their octets, or
// the age of the oldest. All must be positive.
type Limits struct {
	Items  int
	Octets int64
	Age    time.Duration
}

// Actions are what is done with groups, all in one goroutine.
type Actions[T any] struct {
	// Commit makes a group durable. Its error stops the queue for good: nothing
	// is tried again on files that may be in an unknown state. Commit undoes
	// itself then what it can.
	Commit func([]T) error
	// Drop undoes a group that will never be committed, because the queue was
	// stopped or closed before its Commit began.
	Drop func([]T)
}

// Queue is safe for use by several goroutines at once.
type Queue[T any] struct {
	limits  Limits
	actions Actions[T]

	turn chan struct{} // holds a token while free; whoever has it owns items, octets
	work chan batch[T] // unbuffered: taken only when the group before is finished
	dead chan struct{} // closed when stopped by an error
	quit chan struct{} // closed by Close
	done chan struct{} // closed when the goroutine has ended

	items  []T
	octets int64
	timer  *time.Timer

	stop  sync.Once
	close sync.Once
	err   error // set before dead is closed
}

type batch[T any] struct {
	items []T
	done  chan<- error // nil when nobody waits
}

// New starts a queue; Close ends it.
func New[T any](limits Limits, actions Actions[T]) *Queue[T] {
	q := &Queue[T]{
		limits: limits, actions: actions,
		turn: make(chan struct{}, 1),
		work: make(chan batch[T]),
		dead: make(chan struct{}),
		quit: make(chan struct{}),
		done: make(chan struct{}),
	}
	q.timer = time.NewTimer(limits.Age)
	q.timer.Stop()
	q.turn <- struct{}{}
	go q.run()
	return q
}

// Err returns the error that stopped the queue, nil while it works.
func (q *Queue[T]) Err() error {
	select {
	case <-q.dead:
		return q.err
	default:
		return nil
	}
}

// Stop ends the queue's work with an error: groups that are not being committed
// are dropped, Add and Flush return err from now on. The first error stays.
func (q *Queue[T]) Stop(err error) {
	q.stop.Do(func() {
		q.err = err
		close(q.dead)
	})
}

// Add puts an item into the open group. It waits while that group is full and
// the one before is not finished. When it returns an error the item was not
// taken, the caller has to undo it.
func (q *Queue[T]) Add(ctx context.Context, item T, octets int64) error {
	if err := q.take(ctx); err != nil {
		return err
	}
	defer q.give()
	if len(q.items) == 0 {
		q.timer.Reset(q.limits.Age)
	}
	q.items = append(q.items, item)
	q.octets += octets
	if len(q.items) < q.limits.Items && q.octets < q.limits.Octets {
		return nil
	}
	// The turn is kept while the group before is being finished: that is what
	// bounds the number of unfinished groups. The item counts as taken from
	// here on; a context that ends leaves the group to the next caller.
	select {
	case q.work <- batch[T]{items: q.items}:
		q.cut()
	case <-q.dead:
	case <-q.quit:
	case <-ctx.Done():
	}
	return nil
}

// Flush returns when all that was added before is durable.
func (q *Queue[T]) Flush(ctx context.Context) error {
	done := make(chan error, 1)
	if err := q.handOver(ctx, done); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handOver gives the open group, even an empty one, to the goroutine: that it
// is taken means that the group before is finished.
func (q *Queue[T]) handOver(ctx context.Context, done chan<- error) error {
	if err := q.take(ctx); err != nil {
		return err
	}
	defer q.give()
	select {
	case q.work <- batch[T]{items: q.items, done: done}:
		q.cut()
		return nil
	case <-q.dead:
		return q.err
	case <-q.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close drops what is not durable, waits for the goroutine and returns the
// error that stopped the queue, if one did. It may be called twice.
func (q *Queue[T]) Close() error {
	q.close.Do(func() { close(q.quit) })
	<-q.done
	return q.Err()
}

// take waits for the turn.
func (q *Queue[T]) take(ctx context.Context) error {
	select {
	case <-q.turn:
	case <-q.dead:
		return q.err
	case <-q.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// Several cases may have been ready: nothing enters a stopped queue.
	if err := q.Err(); err != nil {
		q.give()
		return err
	}
	select {
	case <-q.quit:
		q.give()
		return ErrClosed
	default:
		return nil
	}
}

func (q *Queue[T]) give() { q.turn <- struct{}{} }

// cut begins a new group. The caller has the turn.
func (q *Queue[T]) cut() {
	q.items = make([]T, 0, min(2*len(q.items), q.limits.Items))
	q.octets = 0
	q.timer.Stop()
}
