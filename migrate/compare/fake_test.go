package compare_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul"
)

// letter is a message of a fake source.
type letter struct {
	flags string
	date  time.Time
	text  string
	// header is what Headers gives when it is not what text begins with.
	header string
	// fault is what is wrong with the message: "header" and "body" cannot be
	// read, "line" breaks while the body is read, "short" lacks its last octet,
	// "gone" and "vanishes" are deleted before header or body is read.
	fault string
}

// box is a folder of a fake source with its messages by UID.
type box struct {
	mailhaul.Folder
	mail map[mailhaul.UID]letter
	// fault of a folder: "look", "header", "body": its second message and what
	// follows is not given at that step.
	fault string
}

// fake is a source in memory. It delivers from two goroutines at once.
type fake struct {
	boxes []box
	// fault is the step that ends the account: "folders", "look", "header",
	// "body", "header again".
	fault string

	mu     sync.Mutex
	asked  int // how often for headers
	busy   bool
	bodies []string // the messages whose bodies were read
}

var errFake = errors.New("the disk is on fire")

// enter notices when two methods are called at once.
func (s *fake) enter() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		panic("a source is called twice at once")
	}
	s.busy = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy = false
	}
}

func (s *fake) accountError(step string) error {
	if s.fault == step {
		return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: step, Err: errFake}
	}
	return nil
}

func (s *fake) Folders(context.Context) ([]*mailhaul.Folder, error) {
	defer s.enter()()
	var list []*mailhaul.Folder
	for _, b := range s.boxes {
		f := b.Folder
		list = append(list, &f)
	}
	return list, s.accountError("folders")
}

func (s *fake) box(f *mailhaul.Folder) *box {
	for i := range s.boxes {
		if s.boxes[i].Name == f.Name {
			return &s.boxes[i]
		}
	}
	panic("no folder " + f.Name)
}

func (s *fake) List(_ context.Context, requests []mailhaul.ListRequest, report func(mailhaul.Listing) error) error {
	defer s.enter()()
	for _, q := range requests {
		b, copied := s.box(q.Folder), *q.Folder
		l := mailhaul.Listing{Folder: &copied}
		for uid := range b.mail {
			l.Live.Add(uid)
		}
		if l.Chosen = l.Live; b.fault == "look" {
			l.Err, l.Live = errFake, mailhaul.UIDSetOf(1)
		}
		if err := report(l); err != nil {
			return err
		}
	}
	return s.accountError("look")
}

func (s *fake) Headers(_ context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	if s.asked++; s.asked == 2 && s.fault == "header again" {
		s.fault = "header"
	}
	return s.give(work, "header", "gone", deliver)
}

func (s *fake) Fetch(_ context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.give(work, "body", "vanishes", deliver)
}

func (s *fake) Close() error { return nil }

func (s *fake) give(work []mailhaul.Work, step, gone string, deliver func(*mailhaul.Message) error) error {
	defer s.enter()()
	var messages []*mailhaul.Message
	for _, w := range work {
		b, n := s.box(w.Folder), 0
		for uid := range w.UIDs.All() {
			if n++; n == 2 && b.fault == step {
				messages = append(messages, &mailhaul.Message{Folder: w.Folder, Err: &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "fetch", Err: errFake}})
				break
			}
			if m := s.message(w.Folder, uid, b.mail[uid], step, gone); m != nil {
				messages = append(messages, m)
			}
		}
	}
	errs := make(chan error, 2)
	for half := range 2 {
		go func() {
			for i := half; i < len(messages); i += 2 {
				if err := deliver(messages[i]); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	return errors.Join(<-errs, <-errs, s.accountError(step))
}

func (s *fake) message(f *mailhaul.Folder, uid mailhaul.UID, l letter, step, gone string) *mailhaul.Message {
	m := &mailhaul.Message{Folder: f, UID: uid}
	wrong := func(err error) error {
		return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "fetch message", Folder: f.Name, UID: uid, Err: err}
	}
	switch l.fault {
	case step:
		m.Err = wrong(errFake)
		return m
	case gone:
		m.Err = wrong(mailhaul.ErrGone)
		return m
	case "forgotten":
		if step == "body" {
			return nil
		}
	}
	m.Flags, m.InternalDate, m.Size = mailhaul.MakeFlags(strings.Fields(l.flags)...), l.date, int64(len(l.text))
	text := l.text
	if step == "header" {
		text, _, _ = strings.Cut(text, "\r\n\r\n")
		if l.header != "" {
			text = l.header
		}
	} else {
		s.bodies = append(s.bodies, fmt.Sprintf("%s/%d", f.Name, uid))
	}
	m.Body = strings.NewReader(text)
	switch {
	case step == "body" && l.fault == "short":
		m.Body = strings.NewReader(text[1:])
	case step == "body" && l.fault == "line":
		m.Body = io.MultiReader(strings.NewReader(text[1:]), failing{wrong(errFake)})
	}
	return m
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
