package migrate

import (
	"fmt"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// events tells what happens, one event at a time, with the counts so far.
type events struct {
	tell func(Event)
	mu   sync.Mutex
	last Event // the counts, and the folder that was told last
}

func (e *events) send(kind EventKind, change func(*Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.last
	ev.Kind, ev.UID, ev.Text = kind, 0, ""
	change(&ev)
	e.last = ev
	if e.tell != nil {
		e.tell(ev)
	}
}

func (e *events) plan(messages, octets int64) {
	e.send(EventPlan, func(ev *Event) { ev.TotalMessages, ev.TotalOctets = messages, octets })
}

func (e *events) progress(messages, octets int64) {
	e.send(EventProgress, func(ev *Event) {
		ev.Messages += messages
		ev.Octets += octets
	})
}

// folder tells of a folder when it is another one than the last.
func (e *events) folder(name string) {
	e.mu.Lock()
	same := e.last.Folder == name
	e.mu.Unlock()
	if !same {
		e.send(EventFolder, func(ev *Event) { ev.Folder = name })
	}
}

func (e *events) failure(folder string, uid mailhaul.UID, why string) {
	e.send(EventFailure, func(ev *Event) { ev.Folder, ev.UID, ev.Text = folder, uid, why })
}

func (e *events) notice(format string, args ...any) {
	e.send(EventNotice, func(ev *Event) { ev.Text = fmt.Sprintf(format, args...) })
}
