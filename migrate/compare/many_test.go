package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/compare"
)

// many is a source of n messages, the first of which are of another kind.
type many struct{ n, other int }

func (s many) Folders(context.Context) ([]*mailhaul.Folder, error) {
	return dovecot("INBOX"), nil
}

func (s many) List(_ context.Context, requests []mailhaul.ListRequest, report func(mailhaul.Listing) error) error {
	l := mailhaul.Listing{Folder: requests[0].Folder}
	l.Live.AddRange(mailhaul.UIDRange{First: 1, Last: mailhaul.UID(s.n)})
	return report(l)
}

func (s many) Fetch(_ context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	var body bytes.Reader
	for uid := range work[0].UIDs.All() {
		kind := "x"
		if int(uid) <= s.other {
			kind = fmt.Sprint("of ", s.n)
		}
		text := fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\nFrom: %s\r\n\r\n", uid*7919, kind)
		body.Reset(text)
		if err := deliver(&mailhaul.Message{Folder: work[0].Folder, UID: uid, Flags: `\Seen`, InternalDate: noon, Size: int64(len(text)), Body: &body}); err != nil {
			return err
		}
	}
	return nil
}

func (s many) Headers(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.Fetch(ctx, work, deliver)
}

func (many) Close() error { return nil }

// TestMemory: what is held of a message stays below 100 octets when all bodies
// are read.
func TestMemory(t *testing.T) {
	const n = 100_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, held := heap(), int64(0)
	_, s := run(t, many{n: n}, many{n: n}, compare.Options{Progress: func(done, _ int64) {
		if done == 4*n {
			held = heap() - before
		}
	}})
	if s.Identical != n || held == 0 || held > 2*n*100 {
		t.Errorf("%d identical, %d octets held for each message", s.Identical, held/(2*n))
	}
}

// TestManyDifferences: more of them than wait for their header fields at once
// are told in order, each with its own.
func TestManyDifferences(t *testing.T) {
	a, b := many{n: 4000, other: 2500}, many{n: 4001, other: 1500}
	told, s := run(t, a, b, compare.Options{})
	if want := (compare.Counts{A: 4000, B: 4001, Identical: 1500, Altered: 2500, Extra: 1}); s.Counts != want || len(told) != 2501 {
		t.Fatalf("%+v, %d told", s.Counts, len(told))
	}
	for i, d := range told {
		uid := mailhaul.UID(i + 1)
		if last := i == 2500; last {
			uid = 4001
		}
		if d.UIDB != uid || d.MessageID != fmt.Sprintf("<%d@example.org>", uid*7919) {
			t.Fatalf("%d: %+v", i, d)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		if _, err := compare.Run(b.Context(), many{n: 20_000}, many{n: 20_000}, compare.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
