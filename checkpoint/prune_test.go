package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestGoneBefore: a run counts as of its end, and no clock that was wrong makes
// what went later look older.
func TestGoneBefore(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2027, 1, n, 12, 0, 0, 0, time.UTC) }
	tests := map[string]struct {
		ends   []int // days of January; 0: a run that began on the day before the next one's end
		before int
		want   checkpoint.RunID
	}{
		"none ended":               {[]int{5, 6}, 5, 0},
		"one":                      {[]int{5, 6}, 6, 1},
		"all":                      {[]int{5, 6}, 7, 2},
		"one without an end":       {[]int{5, 0, 7}, 7, 2},
		"a clock that was behind":  {[]int{5, 8, 1, 9}, 6, 1},
		"a clock that was behind,": {[]int{5, 8, 1, 9}, 9, 3},
		"a clock not set at first": {[]int{-20_000, -19_000, 5, 9}, 7, 3},
		"a clock not set so far":   {[]int{-20_000, -19_000}, 7, 0},
		"a clock that was ahead":   {[]int{5, 31, 7, 9}, 8, 3},
		"a clock that was ahead,":  {[]int{5, 31, 9}, 8, 1},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			l, err := checkpoint.Open(t.Context(), t.TempDir()+"/mailhaul.db")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for i, end := range test.ends {
				begin := day(end).Add(-time.Hour)
				if end == 0 {
					begin = day(test.ends[i+1] - 1)
				}
				id, err := l.BeginRun(t.Context(), "backup", begin)
				if err == nil && end != 0 {
					err = l.EndRun(t.Context(), id, "done", checkpoint.Counts{}, day(end))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got, err := l.GoneBefore(t.Context(), day(test.before), day(20)); err != nil || got != test.want {
				t.Errorf("run %d, %v, want %d", got, err, test.want)
			}
		})
	}
}

// prunable is a ledger in which run 2 found 2, 4 and 6 of 6 messages gone, and
// run 3 another one, 1; one has a past.
func prunable(t *testing.T) (*bench, *mailhaul.Folder) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2, 3, 4, 5, 6)
	b.nextRun()
	_, err1 := b.SetFlags(b.ctx, b.run, f, []mailhaul.UIDFlags{{UID: 2, Flags: "a"}, {UID: 3, Flags: "a"}})
	_, err2 := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(2, 4, 6))
	b.nextRun()
	_, err3 := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(1))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
	return b, f
}

func TestPrune(t *testing.T) {
	b, f := prunable(t)
	sums, err := b.Prunable(b.ctx, 2)
	if err != nil || len(sums) != 1 || sums[0].Messages != 3 || sums[0].Octets != 120 || sums[0].Stored != 129 ||
		!sums[0].Oldest.Equal(receipt(f, 2).InternalDate) || !sums[0].Newest.Equal(receipt(f, 6).InternalDate) {
		t.Errorf("%+v, %v", sums, err)
	}
	// Two at a time.
	after := checkpoint.Key{FolderID: f.ID}
	var steps []string
	for range 3 {
		n, last, err := b.Prune(b.ctx, b.run, after, 2, 2)
		if err != nil {
			t.Fatal(err)
		}
		steps, after = append(steps, fmt.Sprint(n, " to ", last.UID)), last
	}
	if want := []string{"2 to 4", "1 to 6", "0 to 6"}; !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
	got := b.read(f.ID)
	if got.Live != 2 || got.Gone != 1 || got.StoredEnd != 553 || b.IntegrityCheck(b.ctx) != nil {
		t.Errorf("folder %+v, %v", got, b.IntegrityCheck(b.ctx))
	}
	files, err := b.Unremoved(b.ctx, f.ID, 2)
	if err != nil || len(files) != 2 || files[0] != (checkpoint.Unremoved{Place: "2.mail", Flags: "a"}) {
		t.Errorf("files %+v, %v", files, err)
	}
	for range 2 {
		if unfinished, err := b.PruneUnfinished(b.ctx); err != nil || !unfinished {
			t.Errorf("unfinished: %v, %v", unfinished, err)
		}
		if files, err = b.Unremoved(b.ctx, f.ID, 2); err != nil {
			t.Fatal(err)
		}
		if err := b.Removed(b.ctx, f.ID, files); err != nil {
			t.Fatal(err)
		}
	}
	if unfinished, err := b.PruneUnfinished(b.ctx); err != nil || unfinished {
		t.Errorf("unfinished: %v, %v", unfinished, err)
	}
	// It may come back under its UID.
	b.record(f, 4)
	if live, gone, err := b.UIDs(b.ctx, f.ID, 7); err != nil || live.String() != "3:5" || gone.String() != "1" {
		t.Errorf("%s, %s, %v", live, gone, err)
	}
}

func TestPruneBox(t *testing.T) {
	b, f := prunable(t)
	if rewritten, err := b.Rewritten(b.ctx, f.ID); rewritten != 0 || err != nil {
		t.Errorf("rewritten by %d, %v", rewritten, err)
	}
	retired := b.RestoreRetired(b.ctx, b.run, f.ID, []checkpoint.Region{{Offset: 50, Stored: 10}})
	if retired != nil {
		t.Fatal(retired)
	}
	// Nothing happens when it is cut off.
	ctx, cancel := context.WithCancel(b.ctx)
	_, err := b.PruneBox(ctx, b.run, f.ID, 2, func(int64) int64 { cancel(); return 1 })
	if !errors.Is(err, context.Canceled) || b.read(f.ID).Gone != 4 || b.IntegrityCheck(b.ctx) != nil {
		t.Errorf("cut off: %v, %+v", err, b.read(f.ID))
	}
	n, err := b.PruneBox(b.ctx, b.run, f.ID, 2, func(offset int64) int64 { return offset - 50 })
	if err != nil || n != 3 || b.IntegrityCheck(b.ctx) != nil {
		t.Errorf("%d messages, %v, %v", n, err, b.IntegrityCheck(b.ctx))
	}
	for _, uid := range []mailhaul.UID{1, 3, 5} {
		if m, err := b.Message(b.ctx, f.ID, uid); err != nil || m.Offset != int64(uid)*100-50 {
			t.Errorf("message %+v, %v", m, err)
		}
	}
	if left, err := b.Retired(b.ctx, f.ID); err != nil || len(left) != 0 {
		t.Errorf("retired %v, %v", left, err)
	}
	for _, want := range []bool{true, false} {
		beside, err1 := b.Unrenamed(b.ctx, f.Place)
		unfinished, err2 := b.PruneUnfinished(b.ctx)
		run, err3 := b.Rewritten(b.ctx, f.ID)
		if err := errors.Join(err1, err2, err3, b.Renamed(b.ctx, f.ID)); err != nil || beside != want || unfinished != want || run != b.run {
			t.Errorf("beside %v, unfinished %v, by %d, %v", beside, unfinished, run, err)
		}
	}
}
