package checkpoint_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func (b *bench) wantFailures(want ...checkpoint.Failure) {
	b.t.Helper()
	got, err := b.Failures(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("failures %+v\nwant %+v", got, want)
	}
	if err := b.IntegrityCheck(b.ctx); err != nil {
		b.t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	b := open(t)
	f, g := b.folder("Sent"), b.folder("INBOX")
	fail := func(f *mailhaul.Folder, reason string, uids ...mailhaul.UID) {
		t.Helper()
		var es []checkpoint.Failure
		for _, u := range uids {
			es = append(es, checkpoint.Failure{UID: u, Reason: reason})
		}
		if err := b.PutFailures(b.ctx, b.run, f, es); err != nil {
			t.Fatal(err)
		}
	}
	fail(f, "no such message", 1, 2, 4_294_967_295)
	fail(g, "too large", 1)
	b.nextRun()
	fail(f, "timed out", 2)
	b.wantFailures(
		checkpoint.Failure{"INBOX", g.ID, 7, 1, "too large", 1, 1, 1},
		checkpoint.Failure{"Sent", f.ID, 7, 1, "no such message", 1, 1, 1},
		checkpoint.Failure{"Sent", f.ID, 7, 2, "timed out", 2, 1, 2},
		checkpoint.Failure{"Sent", f.ID, 7, 4_294_967_295, "no such message", 1, 1, 1},
	)
	if n := b.read(f.ID).Failures; n != 3 {
		t.Errorf("folder has %d failures, want 3", n)
	}

	b.record(f, 1) // it came after all
	b.wantSilent(func() error { return b.DropFailures(b.ctx, f, mailhaul.UIDSetOf(1, 2, 4_294_967_295)) })
	if err := b.DropFailures(b.ctx, f, mailhaul.UIDSetOf(2)); err != nil {
		t.Fatal(err)
	}
	b.wantFailures(
		checkpoint.Failure{"INBOX", g.ID, 7, 1, "too large", 1, 1, 1},
		checkpoint.Failure{"Sent", f.ID, 7, 2, "timed out", 2, 1, 2},
	)
	f.UIDValidity = 8 // UID 2 is another message now
	if err := b.DropFailures(b.ctx, f, mailhaul.UIDSetOf(2)); err != nil {
		t.Fatal(err)
	}
	b.wantFailures(checkpoint.Failure{"INBOX", g.ID, 7, 1, "too large", 1, 1, 1})
	b.wantSilent(func() error { return b.DropFailures(b.ctx, f, mailhaul.UIDSet{}) })
	b.wantSilent(func() error { return b.PutFailures(b.ctx, b.run, f, nil) })

	g.UIDValidity = 6
	b.record(g, 9)
	g.UIDValidity = 7
	if err := b.Rebind(b.ctx, b.run, g, []checkpoint.Rebinding{{OldUIDValidity: 6, OldUID: 9, UID: 1}}); err != nil {
		t.Fatal(err)
	}
	b.wantFailures()
	err := b.PutFailures(b.ctx, b.run, &mailhaul.Folder{ID: 99}, []checkpoint.Failure{{UID: 1}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown folder: %v", err)
	}
}
