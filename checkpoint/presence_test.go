package checkpoint_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestMarkGoneAndRevive(t *testing.T) {
	set := func(text string) mailhaul.UIDSet {
		s, err := mailhaul.ParseUIDSet(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	b := open(t)
	f, other := b.folder("INBOX"), b.folder("Sent")
	b.record(f, 1, 2, 3, 10, 11, 4_294_967_295)
	b.record(other, 1, 2)
	steps := []struct {
		name       string
		do         func(context.Context, checkpoint.RunID, *mailhaul.Folder, mailhaul.UIDSet) (int64, error)
		uids       string
		n          int64
		live, gone string
	}{
		{"some go", b.MarkGone, "2:3,10", 3, "1,11,4294967295", "2:3,10"},
		{"some again, some unknown", b.MarkGone, "3:9", 0, "1,11,4294967295", "2:3,10"},
		{"one comes back", b.Revive, "3:9", 1, "1,3,11,4294967295", "2,10"},
		{"live ones come back", b.Revive, "1,3,4294967295", 0, "1,3,11,4294967295", "2,10"},
		{"all go", b.MarkGone, "1:4294967295", 4, "", "1:3,10:11,4294967295"},
		{"all come back", b.Revive, "1:4294967295", 6, "1:3,10:11,4294967295", ""},
	}
	for _, s := range steps {
		b.nextRun()
		do := func() error {
			n, err := s.do(b.ctx, b.run, f, set(s.uids))
			if n != s.n {
				t.Errorf("%s: %d, want %d", s.name, n, s.n)
			}
			return err
		}
		if s.n == 0 {
			b.wantSilent(do)
		} else if err := do(); err != nil {
			t.Fatal(s.name, err)
		}
		b.wantUIDs(f, s.live, s.gone)
	}
	b.wantUIDs(other, "1:2", "")
	b.wantSilent(func() error { _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSet{}); return err })
	b.wantSilent(func() error { _, err := b.Revive(b.ctx, b.run, f, mailhaul.UIDSet{}); return err })
}

// What a run found is kept: whether a message was there at the end of any run
// follows from its past and its present.
func TestPastOfPresence(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 5)
	b.nextRun()
	gone := b.run
	if _, err := b.MarkGone(b.ctx, gone, f, mailhaul.UIDSetOf(5)); err != nil {
		t.Fatal(err)
	}
	if m, err := b.Message(b.ctx, f.ID, 5); err != nil || m.GoneRun != gone {
		t.Fatalf("%+v, %v", m, err)
	}
	b.nextRun()
	if _, err := b.Revive(b.ctx, b.run, f, mailhaul.UIDSetOf(5)); err != nil {
		t.Fatal(err)
	}
	if m, err := b.Message(b.ctx, f.ID, 5); err != nil || m.GoneRun != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	const past = `SELECT gone_run FROM message_past WHERE folder = ? AND uid = 5 AND run = ?`
	if r := query[checkpoint.RunID](t, b.sql(), past, f.ID, b.run); r != gone {
		t.Errorf("kept that it was gone since run %d, want %d", r, gone)
	}
}

func TestMarkOldGone(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	for _, validity := range []uint32{0, 6, 7, 4_294_967_295} {
		f.UIDValidity = validity
		b.record(f, 1, 2)
	}
	f.UIDValidity = 7
	if n, err := b.MarkOldGone(b.ctx, b.run, f); err != nil || n != 6 {
		t.Fatalf("%d gone, %v; want 6", n, err)
	}
	b.wantUIDs(f, "1:2", "")
	for _, validity := range []uint32{0, 6, 4_294_967_295} {
		f.UIDValidity = validity
		b.wantUIDs(f, "", "1:2")
	}
	f.UIDValidity = 7
	b.wantSilent(func() error { _, err := b.MarkOldGone(b.ctx, b.run, f); return err })
	if got := b.read(f.ID); got.Live != 2 || got.Gone != 6 || got.LiveOctets != 30 {
		t.Errorf("%+v", got)
	}
}

func TestMarkGoneCanceled(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1)
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.MarkGone(ctx, b.run, f, mailhaul.UIDSetOf(1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.wantUIDs(f, "1", "")
}
