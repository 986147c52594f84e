package endpointtest

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul"
)

// Content is what a source is known to hold: for each folder's name the octets
// of its messages by UID. There is at least one folder with two messages.
type Content map[string]map[mailhaul.UID]string

// Source holds a source against its contract.
func Source(t *testing.T, src mailhaul.Source, content Content) {
	t.Helper()
	s := &sourceSuite{src: src, content: content}
	t.Run("folders", s.folders)
	if len(s.listed) == 0 {
		t.Fatal("no folders: nothing else can be tested")
	}
	t.Run("list", s.list)
	t.Run("fetch", s.fetch)
	t.Run("headers", s.headers)
	t.Run("gone", s.gone)
	t.Run("receiver stops", s.receiverStops)
}

type sourceSuite struct {
	src     mailhaul.Source
	content Content
	listed  []*mailhaul.Folder
	work    []mailhaul.Work
}

func (s *sourceSuite) folders(t *testing.T) {
	folders, err := s.src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range folders {
		if seen[f.Name] {
			t.Errorf("two folders are called %q", f.Name)
		}
		seen[f.Name] = true
		if _, wanted := s.content[f.Name]; wanted && !f.NoSelect {
			s.listed = append(s.listed, f)
		}
	}
	if len(s.listed) != len(s.content) {
		t.Errorf("%d of %d folders are there", len(s.listed), len(s.content))
	}
}

func (s *sourceSuite) list(t *testing.T) {
	for _, known := range []bool{false, true} {
		var requests []mailhaul.ListRequest
		for _, f := range s.listed {
			requests = append(requests, mailhaul.ListRequest{Folder: f, Known: known})
		}
		s.work = nil
		err := s.src.List(t.Context(), requests, func(l mailhaul.Listing) error {
			asked := requests[len(s.work)].Folder
			if l.Err != nil || l.Folder.Name != asked.Name {
				return fmt.Errorf("asked for %q: %q, %w", asked.Name, l.Folder.Name, l.Err)
			}
			want := s.content[l.Folder.Name]
			for uid := range l.Live.All() {
				if _, there := want[uid]; !there {
					t.Errorf("%q: UID %d is not there", l.Folder.Name, uid)
				}
			}
			if int(l.Live.Len()) != len(want) || known && len(l.Flags) != len(want) {
				t.Errorf("%q: %d live, %d flags, want %d", l.Folder.Name, l.Live.Len(), len(l.Flags), len(want))
			}
			s.work = append(s.work, mailhaul.Work{Folder: l.Folder, UIDs: l.Live})
			return nil
		})
		if err != nil || len(s.work) != len(requests) {
			t.Fatalf("%d of %d folders reported: %v", len(s.work), len(requests), err)
		}
	}
}

// collect reads messages to the end and checks sizes.
func collect(got map[string]string, mu *sync.Mutex) func(*mailhaul.Message) error {
	return func(m *mailhaul.Message) error {
		if m.Err != nil {
			return m.Err
		}
		b, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprint(m.Folder.Name, " ", m.UID)
		if _, twice := got[key]; twice {
			return fmt.Errorf("%s comes twice", key)
		}
		got[key] = string(b)
		return nil
	}
}

func (s *sourceSuite) fetch(t *testing.T) {
	got := map[string]string{}
	var mu sync.Mutex
	if err := s.src.Fetch(t.Context(), s.work, collect(got, &mu)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for folder, messages := range s.content {
		for uid, octets := range messages {
			n++
			if have := got[fmt.Sprint(folder, " ", uid)]; have != octets {
				t.Errorf("%q %d: %q, want %q", folder, uid, have, octets)
			}
		}
	}
	if len(got) != n {
		t.Errorf("%d messages, want %d", len(got), n)
	}
}

func (s *sourceSuite) headers(t *testing.T) {
	got := map[string]string{}
	var mu sync.Mutex
	if err := s.src.Headers(t.Context(), s.work, collect(got, &mu)); err != nil {
		t.Fatal(err)
	}
	for folder, messages := range s.content {
		for uid, octets := range messages {
			header := got[fmt.Sprint(folder, " ", uid)]
			if mailhaul.MakeFingerprint([]byte(header)) != mailhaul.MakeFingerprint([]byte(octets)) {
				t.Errorf("%q %d: another fingerprint from header %q than from the message", folder, uid, header)
			}
		}
	}
}

// gone: what is not there is told to be gone, and nothing else fails for it.
func (s *sourceSuite) gone(t *testing.T) {
	w := s.fullest()
	w.UIDs = mailhaul.UIDSetOf(w.UIDs.Ranges()[0].First, 2_000_000_000)
	var mu sync.Mutex
	gone, came := 0, 0
	err := s.src.Fetch(t.Context(), []mailhaul.Work{w}, func(m *mailhaul.Message) error {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case m.Err == nil:
			came++
		case errors.Is(m.Err, mailhaul.ErrGone) && m.UID == 2_000_000_000:
			gone++
		default:
			return m.Err
		}
		return nil
	})
	if err != nil || gone != 1 || came != 1 {
		t.Errorf("%d came, %d gone, %v", came, gone, err)
	}
}

func (s *sourceSuite) receiverStops(t *testing.T) {
	enough := errors.New("enough")
	err := s.src.Fetch(t.Context(), []mailhaul.Work{s.fullest()}, func(*mailhaul.Message) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("Fetch ends with %v, want the receiver's error", err)
	}
	if _, err := s.src.Folders(t.Context()); err != nil {
		t.Errorf("the source is of no use afterwards: %v", err)
	}
}

func (s *sourceSuite) fullest() (w mailhaul.Work) {
	for _, x := range s.work {
		if x.UIDs.Len() > w.UIDs.Len() {
			w = x
		}
	}
	return w
}
