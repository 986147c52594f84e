package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
)

func openToRead(t *testing.T, dir string) *archive.Archive {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestSourceContract(t *testing.T) {
	messages := hostile()
	names := slices.Sorted(maps.Keys(messages))
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			content := endpointtest.Content{"INBOX": {}, "A/B": {}, "empty": {}}
			f, other := r.folder("INBOX"), r.folder("A/B")
			r.folder("empty")
			for i, name := range names {
				uid := mailhaul.UID(2*i + 1)
				r.store(f, uid, []byte(messages[name]))
				content["INBOX"][uid] = messages[name]
			}
			r.store(other, 4294967295, []byte(header))
			content["A/B"][4294967295] = header
			r.flush()
			t.Run("of the run that writes", func(t *testing.T) { endpointtest.Source(t, r.a.Source(archive.SourceOptions{}), content) })
			r.end()
			src := openToRead(t, dir).Source(archive.SourceOptions{})
			endpointtest.Source(t, src, content)
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// got is what a source gave.
type got struct {
	mu     sync.Mutex
	texts  map[string]string // by folder and UID
	errs   map[string]error
	folder map[string]error // of messages without UID
}

// take reads a message to the end. Its body's errors are kept like its own.
func (g *got) take(m *mailhaul.Message) error {
	var text []byte
	err := m.Err
	if err == nil {
		text, err = io.ReadAll(m.Body)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := fmt.Sprint(m.Folder.Name, " ", m.UID)
	switch {
	case g.texts[key] != "" || g.errs[key] != nil:
		return fmt.Errorf("%s comes twice", key)
	case m.UID == 0:
		g.folder[m.Folder.Name] = err
	case err != nil:
		g.errs[key] = err
	default:
		g.texts[key] = string(text)
	}
	return nil
}

func newGot() *got {
	return &got{texts: map[string]string{}, errs: map[string]error{}, folder: map[string]error{}}
}

// fetch lists the given folders, all without any, and fetches what is chosen.
func fetch(t *testing.T, src mailhaul.Source, c mailhaul.Criteria, names ...string) *got {
	t.Helper()
	g := newGot()
	if err := src.Fetch(t.Context(), list(t, src, c, names...), g.take); err != nil {
		t.Fatal(err)
	}
	return g
}

func list(t *testing.T, src mailhaul.Source, c mailhaul.Criteria, names ...string) []mailhaul.Work {
	t.Helper()
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var requests []mailhaul.ListRequest
	for _, f := range folders {
		if len(names) == 0 || slices.Contains(names, f.Name) {
			requests = append(requests, mailhaul.ListRequest{Folder: f, Known: len(requests)%2 == 1, Criteria: c})
		}
	}
	var work []mailhaul.Work
	err = src.List(t.Context(), requests, func(l mailhaul.Listing) error {
		if l.Err != nil {
			return l.Err
		}
		f := l.Folder
		if uint64(f.Messages) != l.Live.Len() || !f.HasCounters || f.HighestModSeq != 0 || f.UIDValidity != requests[len(work)].Folder.UIDValidity {
			t.Errorf("%d messages live in %+v", l.Live.Len(), f)
		}
		if r := l.Live.Ranges(); len(r) > 0 && f.UIDNext <= r[len(r)-1].Last {
			t.Errorf("UIDNEXT of %q is %d with %s", f.Name, f.UIDNext, l.Live)
		}
		if *f != *requests[len(work)].Folder {
			t.Errorf("List says %+v, Folders said %+v", f, requests[len(work)].Folder)
		}
		work = append(work, mailhaul.Work{Folder: f, UIDs: l.Chosen})
		return nil
	})
	if err != nil || len(work) != len(requests) {
		t.Fatalf("%d of %d folders listed: %v", len(work), len(requests), err)
	}
	return work
}

// TestSourceFolder shows what a folder has and what it has not.
func TestSourceFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	sent := mailhaul.Folder{Name: "INBOX.Gesendet ü", Raw: "INBOX.Gesendet &APw-", Delimiter: ".", Namespace: "INBOX.", SpecialUse: `\Sent`, Subscribed: true, UIDValidity: 3}
	old := mailhaul.Folder{Name: "INBOX.Old", Raw: "INBOX.Old", Delimiter: ".", SpecialUse: `\Archive`, Subscribed: true, UIDValidity: 4}
	in, out := sent, old
	r.prepare(&in, &out)
	r.store(&in, 9, []byte(header))
	r.store(&out, 4, []byte(header+"x"))
	r.flush()
	r.folderGone(&out)
	r.end()
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent.Messages, sent.UIDNext, sent.Size, sent.HasCounters = 1, 10, int64(len(header)), true
	old.Messages, old.UIDNext, old.Size, old.HasCounters = 1, 5, int64(len(header))+1, true
	if len(folders) != 2 || *folders[0] != sent || *folders[1] != old {
		t.Fatalf("the folders are %+v and %+v", folders[0], folders[1])
	}
	// The pipeline puts its own ledger's keys into them, and copies them.
	mine := *folders[0]
	mine.ID, mine.Place, mine.At = 77, "elsewhere", &mailhaul.Folder{Name: "Sent"}
	err = src.List(t.Context(), []mailhaul.ListRequest{{Folder: &mine}}, func(l mailhaul.Listing) error {
		if l.Err != nil || *l.Folder != mine {
			t.Errorf("List gives %+v, %v", l.Folder, l.Err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	g := newGot()
	if err := src.Fetch(t.Context(), []mailhaul.Work{{Folder: &mine, UIDs: mailhaul.UIDSetOf(9)}}, g.take); err != nil || len(g.texts) != 1 {
		t.Errorf("%d messages, %v", len(g.texts), err)
	}
}

func TestSourceMessage(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := r.folder("INBOX")
		m := message(f, 1, []byte(header))
		m.InternalDate = time.Time{}
		if err := r.a.Store(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		r.store(f, 2, []byte(header+lines(1<<20)))
		r.flush()
		r.end()
		want := message(f, 0, nil)
		src := openToRead(t, dir).Source(archive.SourceOptions{})
		err := src.Fetch(t.Context(), list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
			text, err := io.ReadAll(m.Body)
			if m.Flags != want.Flags || m.Size != int64(len(text)) {
				t.Errorf("UID %d has the flags %q and %d octets of %d", m.UID, m.Flags, len(text), m.Size)
			}
			if zoned := m.InternalDate.Format(time.RFC3339); m.UID == 2 && zoned != date.Format(time.RFC3339) || m.UID == 1 && !m.InternalDate.IsZero() {
				t.Errorf("UID %d has the date %s", m.UID, zoned)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSourceCriteria(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	f := r.folder("INBOX")
	east, west := time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)
	for uid, when := range []time.Time{
		time.Date(2023, 3, 9, 23, 59, 59, 0, west), // the 10th in UTC
		time.Date(2023, 3, 10, 0, 0, 0, 0, east),   // the 9th in UTC
		time.Date(2023, 3, 10, 23, 59, 59, 0, time.UTC),
		time.Date(2023, 3, 11, 0, 0, 0, 0, time.UTC),
		{},
	} {
		m := message(f, mailhaul.UID(uid+1), []byte(lines(10*(uid+1))))
		m.InternalDate = when
		if err := r.a.Store(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	r.flush()
	r.end()
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2023, 3, n, 12, 0, 0, 0, west) }
	tests := map[string]struct {
		c                mailhaul.Criteria
		chosen, tooLarge string
	}{
		"all":             {mailhaul.Criteria{}, "1:5", ""},
		"since":           {mailhaul.Criteria{Since: day(10)}, "2:5", ""},
		"before":          {mailhaul.Criteria{Before: day(11)}, "1:3,5", ""},
		"one day":         {mailhaul.Criteria{Since: day(10), Before: day(11)}, "2:3,5", ""},
		"no day":          {mailhaul.Criteria{Since: day(10), Before: day(10)}, "5", ""},
		"size":            {mailhaul.Criteria{MaxSize: 20}, "1:2", "3:5"},
		"UIDs":            {mailhaul.Criteria{UIDs: mailhaul.UIDSetOf(2, 4, 9)}, "2,4", ""},
		"all of them":     {mailhaul.Criteria{Since: day(10), MaxSize: 30, UIDs: mailhaul.UIDSetOf(1, 3, 4)}, "3", "4"},
		"larger than any": {mailhaul.Criteria{MaxSize: 50}, "1:5", ""},
	}
	for title, test := range tests {
		for _, known := range []bool{false, true} {
			request := mailhaul.ListRequest{Folder: folders[0], Known: known, Criteria: test.c}
			err := src.List(t.Context(), []mailhaul.ListRequest{request}, func(l mailhaul.Listing) error {
				if l.Live.String() != "1:5" || l.Chosen.String() != test.chosen || l.TooLarge.String() != test.tooLarge {
					t.Errorf("%s: live %s, chosen %s, too large %s", title, l.Live, l.Chosen, l.TooLarge)
				}
				if known != (len(l.Flags) == 5) || !slices.IsSortedFunc(l.Flags, func(x, y mailhaul.UIDFlags) int { return int(x.UID) - int(y.UID) }) {
					t.Errorf("%s: known %v, flags %v", title, known, l.Flags)
				}
				return l.Err
			})
			if err != nil {
				t.Errorf("%s: %v", title, err)
			}
		}
	}
}

// TestSourceReaders shows that messages come in order, several at once.
func TestSourceReaders(t *testing.T) {
	const readers, rounds = 4, 25
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	f := r.folder("INBOX")
	for uid := range mailhaul.UID(readers * rounds) {
		r.store(f, uid+1, []byte(header))
	}
	r.flush()
	r.end()
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	var mu sync.Mutex
	var inside mailhaul.UIDSet
	full, round := make(chan struct{}), 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := src.Fetch(ctx, list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
		mu.Lock()
		inside.Add(m.UID)
		wait := full
		if inside.Len() == readers {
			first := mailhaul.UID(round*readers + 1)
			if want := (mailhaul.UIDRange{First: first, Last: first + readers - 1}); inside.Ranges()[0] != want {
				t.Errorf("%s are delivered together, want %v", inside, want)
			}
			inside, round = mailhaul.UIDSet{}, round+1
			close(full)
			full = make(chan struct{})
		}
		mu.Unlock()
		select {
		case <-wait:
			return nil
		case <-ctx.Done():
			return errors.New("fewer are delivered at once")
		}
	})
	if err != nil || round != rounds {
		t.Errorf("%d rounds, %v", round, err)
	}
}

func TestSourceCancelled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Maildir)
	r.filled("INBOX", make([]string, 50)...)
	r.end()
	src := openToRead(t, dir).Source(archive.SourceOptions{})
	work := list(t, src, mailhaul.Criteria{})
	ctx, cancel := context.WithCancel(t.Context())
	err := src.Fetch(ctx, work, func(*mailhaul.Message) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch ends with %v", err)
	}
	request := []mailhaul.ListRequest{{Folder: work[0].Folder}}
	if err := src.List(ctx, request, func(mailhaul.Listing) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("List ends with %v", err)
	}
	enough := errors.New("enough")
	if err := src.List(t.Context(), request, func(mailhaul.Listing) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("List ends with %v", err)
	}
}
