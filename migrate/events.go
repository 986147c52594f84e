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
	last Event // the counts
	// arriving is the folder that was told last; totals and done count messages by
	// folder.
	arriving     string
	totals, done map[string]int64
}

func (e *events) send(kind EventKind, change func(*Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.last
	ev.Kind, ev.UID, ev.Text = kind, 0, ""
	change(&ev)
	ev.FolderMessages, ev.FolderTotal = e.done[ev.Folder], e.totals[ev.Folder]
	e.last = ev
	if e.tell != nil {
		e.tell(ev)
	}
}

// plan tells what is to be hauled; totals are messages by folder.
func (e *events) plan(totals map[string]int64, octets int64) {
	e.send(EventPlan, func(ev *Event) {
		e.totals = totals
		ev.TotalMessages, ev.TotalOctets = 0, octets
		for _, n := range totals {
			ev.TotalMessages += n
		}
	})
}

// progress tells of a message of a folder that became durable.
func (e *events) progress(folder string, octets int64) {
	e.send(EventProgress, func(ev *Event) {
		ev.Folder = folder
		ev.Messages++
		ev.Octets += octets
		e.done[folder]++
	})
}

// folder tells of a folder when it is another one than the last.
func (e *events) folder(name string) {
	e.mu.Lock()
	same := e.arriving == name
	e.arriving = name
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
