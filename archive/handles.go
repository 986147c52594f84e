package archive

import (
	"errors"
	"io"
	"sync"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

// maxHandles bounds how many handles of a kind stay open while nobody uses
// them: a run has to do with 64 descriptors, whatever the number of folders.
const maxHandles = 6

// handles keeps what was opened for a few places open: mail comes folder by
// folder, and opening a directory costs more than writing a small message.
type handles[V io.Closer] struct {
	open func(place string) (V, error)

	mu    sync.Mutex
	all   map[string]*handle[V]
	clock int64
}

type handle[V io.Closer] struct {
	place string
	value V
	users int
	used  int64
}

func newHandles[V io.Closer](open func(string) (V, error)) *handles[V] {
	return &handles[V]{open: open, all: make(map[string]*handle[V])}
}

// get returns what is open for place, opening it first if need be. The caller
// gives it back with put.
func (h *handles[V]) get(place string) (*handle[V], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	if x := h.all[place]; x != nil {
		x.users++
		x.used = h.clock
		return x, nil
	}
	v, err := h.open(place)
	if err != nil {
		return nil, err
	}
	x := &handle[V]{place: place, value: v, users: 1, used: h.clock}
	h.all[place] = x
	return x, nil
}

func (h *handles[V]) put(x *handle[V]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.users--
	if len(h.all) <= maxHandles {
		return
	}
	var oldest *handle[V]
	for _, y := range h.all {
		if y.users == 0 && (oldest == nil || y.used < oldest.used) {
			oldest = y
		}
	}
	if oldest != nil {
		// What was written through it is synced through a descriptor of its
		// own, which is told of errors that happened before: closing this one
		// hides none.
		oldest.value.Close()
		delete(h.all, oldest.place)
	}
}

func (h *handles[V]) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, x := range h.all {
		errs = append(errs, x.value.Close())
	}
	clear(h.all)
	return errors.Join(errs...)
}

// maildirDirs are the directories of a Maildir that messages go through.
type maildirDirs struct {
	tmp, cur *fsys.Dir
}

func (m *maildirDirs) Close() error { return errors.Join(m.tmp.Close(), m.cur.Close()) }
