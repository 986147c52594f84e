package checkpoint_test

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestIdentity(t *testing.T) {
	b := open(t)
	if id, err := b.Identity(b.ctx); err != nil || id != (checkpoint.Identity{}) {
		t.Fatalf("new ledger: %v, %v", id, err)
	}
	for _, id := range []checkpoint.Identity{
		{Account: "me@mail.example.org", Format: "maildir"},
		{Account: "you@mail.example.org", Format: "mbox"},
	} {
		if err := b.SetIdentity(b.ctx, id); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Identity(b.ctx); err != nil || got != id {
			t.Fatalf("got %v, %v; want %v", got, err, id)
		}
		b.wantSilent(func() error { return b.SetIdentity(b.ctx, id) })
	}
}

func TestRuns(t *testing.T) {
	path := t.TempDir() + "/mailhaul.db"
	l, err := checkpoint.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, ok, err := l.LastRun(t.Context()); ok || err != nil {
		t.Fatalf("new ledger has a run: %v, %v", ok, err)
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	id, err := l.BeginRun(t.Context(), "backup", start)
	if err != nil {
		t.Fatal(err)
	}
	r, ok, err := l.LastRun(t.Context())
	if err != nil || !ok || r.ID != id || r.Command != "backup" || !r.Start.Equal(start) || !r.End.IsZero() || r.Outcome != "" {
		t.Fatalf("run under way: %+v, %v, %v", r, ok, err)
	}
	counts := checkpoint.Counts{New: 1, FlagsChanged: 2, Gone: 3, Failed: 4, Pruned: 6, Octets: 5}
	if err := l.EndRun(t.Context(), id, "done", counts, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r, ok, err = l.LastRun(t.Context())
	if err != nil || !ok || r.Counts != counts || r.Outcome != "done" || r.End.Sub(r.Start) != time.Minute {
		t.Fatalf("run that ended: %+v, %v, %v", r, ok, err)
	}
	if next, err := l.BeginRun(t.Context(), "restore", start); err != nil || next <= id {
		t.Fatalf("next run: %d, %v", next, err)
	}
	if err := l.EndRun(t.Context(), 99, "done", counts, start); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("end of a run that never began: %v", err)
	}
}
