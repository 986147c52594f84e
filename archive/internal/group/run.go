package group

// run is the queue's goroutine.
func (q *Queue[T]) run() {
	defer close(q.done)
	for {
		// A queue that was stopped takes no more work, whatever else is ready.
		if q.Err() != nil {
			// Once at once, to free what a full disk needs, and once for what
			// was added at the same moment.
			q.dropOpen()
			<-q.quit
			q.dropOpen()
			return
		}
		select {
		case b := <-q.work:
			q.commit(b)
		case <-q.timer.C:
			q.commitOld()
		case <-q.dead:
		case <-q.quit:
			q.dropOpen()
			return
		}
	}
}

// commitOld commits the open group, which has waited long enough. Whoever has
// the turn may be waiting for this goroutine.
func (q *Queue[T]) commitOld() {
	select {
	case <-q.turn:
		b := batch[T]{items: q.items}
		q.cut()
		q.give()
		q.commit(b)
	case b := <-q.work:
		q.commit(b)
	case <-q.dead:
	case <-q.quit:
	}
}

func (q *Queue[T]) commit(b batch[T]) {
	err := q.Err()
	switch {
	case len(b.items) == 0:
	case err != nil: // stopped since the group was handed over
		q.actions.Drop(b.items)
	default:
		if err = q.actions.Commit(b.items); err != nil {
			q.Stop(err)
		}
	}
	if b.done != nil {
		b.done <- err
	}
}

// dropOpen drops the open group. With the queue stopped or closed nobody keeps
// the turn for long.
func (q *Queue[T]) dropOpen() {
	<-q.turn
	items := q.items
	q.items = nil
	q.give()
	if len(items) > 0 {
		q.actions.Drop(items)
	}
}
