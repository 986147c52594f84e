package export_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/export"
)

// TestBadBodies: nothing is left of a message whose body is not what was
// announced, small or large, and the export goes on.
func TestBadBodies(t *testing.T) {
	lost := errors.New("line lost")
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("INBOX")
		w.store(f, 1, "", header)
		before := w.files()
		for _, text := range []string{header + "small", header + large} {
			size := int64(len(text))
			for uid, body := range []io.Reader{
				strings.NewReader(text[:size-1]), strings.NewReader(text + "x"),
				io.MultiReader(strings.NewReader(text[:size/2]), broken{lost}), io.MultiReader(strings.NewReader(text), broken{lost}),
			} {
				m := &mailhaul.Message{Folder: f, UID: mailhaul.UID(10 + uid), Size: size, Body: body}
				if err := w.e.Store(t.Context(), m); err == nil || uid > 1 && !errors.Is(err, lost) || uid == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("body %d: %v", uid, err)
				}
			}
			if err := w.e.Store(t.Context(), &mailhaul.Message{Folder: f, UID: 20, Size: -1, Body: strings.NewReader("")}); err == nil {
				t.Error("a size below 0 is taken")
			}
		}
		if !maps.Equal(w.files(), before) {
			t.Errorf("something is left: %.2000q, before %.2000q", w.files(), before)
		}
		w.store(f, 2, "", header+large)
		w.end()
		for _, r := range w.receipts {
			if got, err := readBack(format, w.dir, r); err != nil || string(got) != header+[]string{"", large}[r.UID-1] {
				t.Errorf("UID %d: %d octets, %v", r.UID, len(got), err)
			}
		}
		if len(w.receipts) != 2 {
			t.Errorf("%d receipts", len(w.receipts))
		}
	})
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// TestManyAtOnce: goroutines that store into the same folders, in more than one
// group, do not get into each other's way.
func TestManyAtOnce(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		folders := []*mailhaul.Folder{w.folder("INBOX"), w.folder("Work")}
		text := func(uid int) string {
			return header + strings.Repeat("From x\r\n", uid%5) + large[:uid%100*200+uid%400/399*600_000]
		}
		var workers sync.WaitGroup
		for n := range 4 {
			workers.Go(func() {
				for uid := n + 1; uid <= 1200; uid += 4 {
					octets := text(uid)
					m := &mailhaul.Message{Folder: folders[uid%2], UID: mailhaul.UID(uid), InternalDate: date, Size: int64(len(octets)), Body: strings.NewReader(octets)}
					if err := w.e.Store(t.Context(), m); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		workers.Wait()
		if len(w.receipts) == 0 || len(w.receipts) == 1200 {
			t.Errorf("%d receipts before Flush", len(w.receipts))
		}
		w.end()
		ends := map[string]int64{}
		for _, r := range w.receipts {
			if format == export.Mbox {
				if r.Offset != ends[r.Folder.Place] {
					t.Fatalf("UID %d begins at %d, want %d", r.UID, r.Offset, ends[r.Folder.Place])
				}
				ends[r.Folder.Place] += r.Stored
			}
			if got, err := readBack(format, w.dir, r); err != nil || string(got) != text(int(r.UID)) {
				t.Errorf("UID %d: %d octets, %v", r.UID, len(got), err)
			}
		}
		if len(w.receipts) != 1200 {
			t.Errorf("%d receipts", len(w.receipts))
		}
	})
}

// TestClose: what has no receipt is not there afterwards.
func TestClose(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("INBOX")
		w.store(f, 1, "", header)
		if err := w.e.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := w.files()
		w.store(f, 2, "", header+"2")
		w.store(f, 3, "", header+large)
		if err := w.e.Close(); err != nil {
			t.Fatal(err)
		}
		if len(w.receipts) != 1 || !maps.Equal(w.files(), before) {
			t.Errorf("%d receipts, files %.2000q, before %.2000q", len(w.receipts), w.files(), before)
		}
		if err := w.e.Store(t.Context(), &mailhaul.Message{Folder: f, UID: 4, Body: strings.NewReader("")}); err == nil {
			t.Error("Store works after Close")
		}
	})
}

// TestDiskFails: when the file system does not do what it should the group has
// no receipts and is undone, earlier ones stay, and nothing more is taken.
func TestDiskFails(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		first, second := w.folder("First"), w.folder("Second")
		w.store(first, 1, "", header)
		if err := w.e.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := w.files()
		w.store(first, 2, "", header+"2")
		w.store(second, 3, "", header+"3")
		// What is to be made durable goes.
		lost := filepath.Join(w.dir, second.Place)
		if err := os.RemoveAll(lost); err != nil {
			t.Fatal(err)
		}
		err := w.e.Flush(t.Context())
		if e, ok := errors.AsType[*mailhaul.Error](err); !ok || e.Scope != mailhaul.ScopeRun || e.Hint == "" || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Flush: %v", err)
		}
		m := &mailhaul.Message{Folder: first, UID: 4, Body: strings.NewReader("")}
		if again := w.e.Store(t.Context(), m); !errors.Is(again, fs.ErrNotExist) {
			t.Errorf("Store afterwards: %v", again)
		}
		if again := w.e.Prepare(t.Context(), []*mailhaul.Folder{{Name: "Third"}}); !errors.Is(again, fs.ErrNotExist) {
			t.Errorf("Prepare afterwards: %v", again)
		}
		if err := w.e.Close(); err != nil {
			t.Error(err)
		}
		maps.DeleteFunc(before, func(name, _ string) bool { return strings.HasPrefix(filepath.Join(w.dir, name), lost) })
		if len(w.receipts) != 1 || !maps.Equal(w.files(), before) {
			t.Errorf("%d receipts, files %.2000q, want %.2000q", len(w.receipts), w.files(), before)
		}
	})
}

// TestWriteFails: an error of writing is told at once, and ends the export.
func TestWriteFails(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("Folder")
		if err := os.RemoveAll(filepath.Join(w.dir, f.Place)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			m := &mailhaul.Message{Folder: f, UID: 4, Body: strings.NewReader("")}
			if err := w.e.Store(t.Context(), m); mailhaul.ScopeOf(err) != mailhaul.ScopeRun || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Store: %v", err)
			}
		}
		if err := w.e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTwice: the same message twice at once is the one that fails.
func TestTwice(t *testing.T) {
	w := begin(t, export.Maildir)
	f := w.folder("INBOX")
	w.store(f, 1, "", header)
	m := &mailhaul.Message{Folder: f, UID: 1, InternalDate: date, Size: int64(len(header)), Body: strings.NewReader(header)}
	if err := w.e.Store(t.Context(), m); mailhaul.ScopeOf(err) != mailhaul.ScopeMessage || !errors.Is(err, fs.ErrExist) {
		t.Errorf("Store: %v", err)
	}
	w.end()
	if got, err := readBack(export.Maildir, w.dir, w.receipts[0]); err != nil || string(got) != header {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCancelled: a context that has ended is heard.
func TestCancelled(t *testing.T) {
	w := begin(t, export.Mbox)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.e.Prepare(ctx, []*mailhaul.Folder{{Name: "Work"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Prepare: %v", err)
	}
	if err := w.e.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush: %v", err)
	}
	w.prepare(&mailhaul.Folder{Name: "Work"}) // it can be tried again
	w.end()
}

// TestMemory: memory does not grow with the message.
func TestMemory(t *testing.T) {
	formats(t, func(t *testing.T, format export.Format) {
		w := begin(t, format)
		f := w.folder("INBOX")
		const size = 32 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m := &mailhaul.Message{Folder: f, UID: 1, Size: size, Body: io.LimitReader(&lines{}, size)}
		if err := w.e.Store(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		w.end()
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%d MiB were allocated for one message", grown>>20)
		}
	})
}

// lines are lines of text without end.
type lines struct{ n int }

func (l *lines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "From me\r\n"[l.n%9]
		l.n++
	}
	return len(p), nil
}
