package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestAsOf goes back to the end of each run: what the ledger said then it says
// of then.
func TestAsOf(t *testing.T) {
	type run = func(b *bench, f *mailhaul.Folder)
	nothing := func(*bench, *mailhaul.Folder) {}
	rename := func(name string) run {
		return func(b *bench, f *mailhaul.Folder) {
			f.Name = name
			b.do(b.RenameFolder(b.ctx, b.run, f.ID, f))
		}
	}
	leave := func(b *bench, f *mailhaul.Folder) {
		_, err := b.FolderGone(b.ctx, b.run, f.ID)
		b.do(err)
	}
	tests := []struct {
		name string
		runs []run
		want []string // at the end of each
	}{
		{"new messages", []run{nothing, func(b *bench, f *mailhaul.Folder) { b.record(f, 4, 5) }},
			[]string{"INBOX/7: 1, 2, 3", "INBOX/7: 1, 2, 3, 4, 5"}},
		{"flags", []run{
			func(b *bench, f *mailhaul.Folder) { b.flag(f, "a", 1, 2) }, nothing,
			func(b *bench, f *mailhaul.Folder) { b.flag(f, "b", 1); b.flag(f, "c", 1) },
		}, []string{"INBOX/7: 1 a, 2 a, 3", "INBOX/7: 1 a, 2 a, 3", "INBOX/7: 1 c, 2 a, 3"}},
		{"gone", []run{nothing, func(b *bench, f *mailhaul.Folder) { b.gone(f, 2) }, nothing},
			[]string{"INBOX/7: 1, 2, 3", "INBOX/7: 1, -2, 3", "INBOX/7: 1, -2, 3"}},
		{"gone and there again, twice", []run{
			func(b *bench, f *mailhaul.Folder) { b.gone(f, 2) },
			func(b *bench, f *mailhaul.Folder) { b.revive(f, 2); b.flag(f, "a", 2) },
			func(b *bench, f *mailhaul.Folder) { b.gone(f, 2) }, nothing,
			func(b *bench, f *mailhaul.Folder) { b.revive(f, 2) },
		}, []string{"INBOX/7: 1, -2, 3", "INBOX/7: 1, 2 a, 3", "INBOX/7: 1, -2 a, 3", "INBOX/7: 1, -2 a, 3", "INBOX/7: 1, 2 a, 3"}},
		{"gone and there again within a run", []run{
			nothing, func(b *bench, f *mailhaul.Folder) { b.flag(f, "x", 1); b.gone(f, 1, 2); b.revive(f, 2) }, nothing,
		}, []string{"INBOX/7: 1, 2, 3", "INBOX/7: -1 x, 2, 3", "INBOX/7: -1 x, 2, 3"}},
		{"folder renamed, name used again", []run{
			nothing, rename("Old"),
			func(b *bench, _ *mailhaul.Folder) {
				other := &mailhaul.Folder{Name: "INBOX", UIDValidity: 9, Place: "another"}
				b.put(other)
				b.record(other, 1)
			},
			rename("Older"),
		}, []string{"INBOX/7: 1, 2, 3", "Old/7: 1, 2, 3", "INBOX/9: 1; Old/7: 1, 2, 3", "INBOX/9: 1; Older/7: 1, 2, 3"}},
		{"folder gone and there again", []run{
			nothing, leave, nothing,
			func(b *bench, f *mailhaul.Folder) { b.put(f); b.revive(f, 1, 3) },
		}, []string{"INBOX/7: 1, 2, 3", "-INBOX/7: -1, -2, -3", "-INBOX/7: -1, -2, -3", "INBOX/7: 1, -2, 3"}},
		{"folder subscribed, special use", []run{
			nothing,
			func(b *bench, f *mailhaul.Folder) { f.Subscribed = true; b.put(f) },
			func(b *bench, f *mailhaul.Folder) { f.SpecialUse = `\Sent`; b.put(f) },
		}, []string{"INBOX/7: 1, 2, 3", "INBOX/7!: 1, 2, 3", `INBOX/7!\Sent: 1, 2, 3`}},
		{"another UIDVALIDITY, messages recognised, one gone", []run{
			func(b *bench, f *mailhaul.Folder) { b.flag(f, "a", 1) },
			func(b *bench, f *mailhaul.Folder) {
				f.UIDValidity = 8
				b.put(f)
				b.do(b.Rebind(b.ctx, b.run, f, []checkpoint.Rebinding{{OldUIDValidity: 7, OldUID: 1, UID: 12}, {OldUIDValidity: 7, OldUID: 3, UID: 11}}))
				b.flag(f, "b", 12)
				_, err := b.MarkOldGone(b.ctx, b.run, f)
				b.do(err)
				b.record(f, 13)
			},
			func(b *bench, f *mailhaul.Folder) { b.flag(f, "c", 11, 12) },
		}, []string{"INBOX/7: 1 a, 2, 3", "INBOX/8: -7/2, 11, 12 b, 13", "INBOX/8: -7/2, 11 c, 12 c, 13"}},
		{"UIDVALIDITY changed twice", []run{
			nothing,
			func(b *bench, f *mailhaul.Folder) {
				f.UIDValidity = 8
				b.put(f)
				b.do(b.Rebind(b.ctx, b.run, f, []checkpoint.Rebinding{{OldUIDValidity: 7, OldUID: 1, UID: 2}, {OldUIDValidity: 7, OldUID: 2, UID: 1}, {OldUIDValidity: 7, OldUID: 3, UID: 3}}))
			},
			func(b *bench, f *mailhaul.Folder) { b.flag(f, "a", 2) },
			func(b *bench, f *mailhaul.Folder) {
				f.UIDValidity = 9
				b.put(f)
				b.do(b.Rebind(b.ctx, b.run, f, []checkpoint.Rebinding{{OldUIDValidity: 8, OldUID: 1, UID: 5}, {OldUIDValidity: 8, OldUID: 2, UID: 6}, {OldUIDValidity: 8, OldUID: 3, UID: 7}}))
			},
		}, []string{"INBOX/7: 1, 2, 3", "INBOX/8: 1, 2, 3", "INBOX/8: 1, 2 a, 3", "INBOX/9: 5, 6 a, 7"}},
		{"put back under another UID", []run{
			func(b *bench, f *mailhaul.Folder) { b.gone(f, 1) },
			func(b *bench, f *mailhaul.Folder) {
				b.do(b.Rebind(b.ctx, b.run, f, []checkpoint.Rebinding{{OldUIDValidity: 7, OldUID: 1, UID: 9}}))
			},
		}, []string{"INBOX/7: -1, 2, 3", "INBOX/7: 2, 3, 9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			b.record(f, 1, 2, 3)
			begin := b.run
			for i, run := range tt.runs {
				b.nextRun()
				run(b, f)
				if got := b.tell(present{}); got != tt.want[i] {
					t.Fatalf("after run %d: %q, want %q", b.run, got, tt.want[i])
				}
			}
			for i, want := range append([]string{"INBOX/7: 1, 2, 3"}, tt.want...) {
				run := begin + checkpoint.RunID(i)
				if got := b.tell(asOf{b.AsOf(run)}); got != want {
					t.Errorf("as of run %d: %q, want %q", run, got, want)
				}
				b.wantSame(b.AsOf(run))
			}
			if got := b.tell(asOf{b.AsOf(begin - 1)}); got != "" {
				t.Errorf("before the first run there was %q", got)
			}
			b.do(b.IntegrityCheck(b.ctx))
		})
	}
}

func TestLost(t *testing.T) {
	b := open(t)
	inbox, trash := b.folder("INBOX"), b.folder("Trash")
	b.record(inbox, 1, 2, 3, 4, 5) // run 1
	b.nextRun()
	b.gone(inbox, 1, 2, 3) // run 2
	moved := receipt(inbox, 2)
	moved.Folder, moved.UID = trash, 10
	b.do(b.Record(b.ctx, b.run, []mailhaul.Receipt{moved}))
	b.nextRun()
	b.revive(inbox, 3) // run 3
	b.nextRun()
	b.gone(inbox, 3, 4) // run 4
	tell := func(since checkpoint.RunID) string {
		var out []string
		for m, err := range b.Lost(b.ctx, since) {
			b.do(err)
			out = append(out, fmt.Sprintf("%d/%d in %d", m.FolderID, m.UID, m.GoneRun))
		}
		return strings.Join(out, ", ")
	}
	for since, want := range []string{"1/1 in 2, 1/3 in 4, 1/4 in 4", "1/1 in 2, 1/3 in 4, 1/4 in 4", "1/3 in 4, 1/4 in 4", "1/3 in 4, 1/4 in 4", ""} {
		if got := tell(checkpoint.RunID(since)); got != want {
			t.Errorf("since run %d: %q, want %q", since, got, want)
		}
	}
	b.nextRun()
	_, err := b.FolderGone(b.ctx, b.run, trash.ID) // run 5
	b.do(err)
	if got, want := tell(1), "1/1 in 2, 1/3 in 4, 1/4 in 4, 2/10 in 5"; got != want {
		t.Errorf("the moved one is lost, too: %q, want %q", got, want)
	}
}

// TestLostElsewhere: the octets of a message that is gone are found wherever among
// many the message is that still has them.
func TestLostElsewhere(t *testing.T) {
	const many = 12_000
	b := open(t)
	inbox, all := b.folder("INBOX"), b.folder("All Mail")
	b.record(inbox, 1, 2, 3, 4)
	var rs []mailhaul.Receipt
	for u := mailhaul.UID(1); u <= many; u++ {
		r := receipt(all, u)
		for lost, at := range map[mailhaul.UID]mailhaul.UID{1: 1, 2: many / 2, 3: many} {
			if u == at {
				r.Digest = receipt(inbox, lost).Digest
			}
		}
		rs = append(rs, r)
	}
	b.do(b.Record(b.ctx, b.run, rs[:many/2]))
	all.UIDValidity++
	b.put(all)
	b.do(b.Record(b.ctx, b.run, rs[many/2:]))
	b.nextRun()
	b.gone(inbox, 1, 2, 3, 4)
	var lost []mailhaul.UID
	for m, err := range b.Lost(b.ctx, 0) {
		b.do(err)
		lost = append(lost, m.UID)
	}
	if want := []mailhaul.UID{4}; !slices.Equal(lost, want) {
		t.Errorf("lost are %v, want %v", lost, want)
	}
}

func TestRunAt(t *testing.T) {
	b := open(t) // run 1 began at 1 s
	ctx := b.ctx
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	b.do(b.EndRun(ctx, 1, "done", checkpoint.Counts{}, at(10)))
	_, err := b.BeginRun(ctx, "backup", at(20)) // killed
	b.do(err)
	three, err := b.BeginRun(ctx, "backup", at(30))
	b.do(err, b.EndRun(ctx, three, "done", checkpoint.Counts{New: 3}, at(40)))
	for _, tt := range []struct {
		at   time.Time
		want checkpoint.RunID
	}{{at(9), 0}, {at(10), 1}, {at(19), 1}, {at(20), 2}, {at(39), 2}, {at(40), 3}, {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 3}} {
		r, found, err := b.RunAt(ctx, tt.at)
		if err != nil || r.ID != tt.want || found != (tt.want != 0) {
			t.Errorf("at %v: run %d, %v, %v; want %d", tt.at, r.ID, found, err, tt.want)
		}
	}
	runs, err := b.Runs(ctx)
	if err != nil || len(runs) != 3 || runs[2].New != 3 || runs[0].ID != 1 || !runs[1].End.IsZero() {
		t.Errorf("%+v, %v", runs, err)
	}
	if r, err := b.Run(ctx, 3); err != nil || r != runs[2] {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := b.Run(ctx, 4); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
