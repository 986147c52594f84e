package checkpoint_test

import (
	"testing"

	"github.com/mailhaul/mailhaul"
)

func TestForget(t *testing.T) {
	tests := []struct {
		name       string
		uids       string
		n          int64
		live, gone string
		octets     int64
	}{
		{"unknown", "7:99", 0, "1:4,6", "5", 160},
		{"gone", "5", 0, "1:4,6", "5", 160},
		{"one", "2", 1, "1,3:4,6", "5", 140},
		{"the last one, that ends an mbox", "6", 1, "1:4", "5", 100},
		{"some, and what is gone or unknown between", "1,3:7", 4, "2", "5", 20},
		{"all", "1:4294967295", 5, "", "5", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			f.UIDValidity = 6
			b.record(f, 1, 2)
			if _, err := b.MarkOldGone(b.ctx, b.run, &mailhaul.Folder{ID: f.ID, UIDValidity: 7}); err != nil {
				t.Fatal(err)
			}
			f.UIDValidity = 7
			b.record(f, 1, 2, 3, 4, 5, 6)
			b.nextRun()
			flags := []mailhaul.UIDFlags{{UID: 2, Flags: "a"}, {UID: 5, Flags: "a"}, {UID: 6, Flags: "a"}}
			if _, err := b.SetFlags(b.ctx, b.run, f, flags); err != nil {
				t.Fatal(err)
			}
			if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(5)); err != nil {
				t.Fatal(err)
			}
			f.UIDNext, f.HighestModSeq, f.Messages = 7, 8, 5
			if err := b.FolderDone(b.ctx, b.run, f); err != nil {
				t.Fatal(err)
			}
			uids, err := mailhaul.ParseUIDSet(tt.uids)
			if err != nil {
				t.Fatal(err)
			}
			forget := func() error {
				n, err := b.Forget(b.ctx, b.run, f, uids)
				if n != tt.n {
					t.Errorf("%d forgotten, want %d", n, tt.n)
				}
				return err
			}
			if tt.n == 0 {
				b.wantSilent(forget)
			} else if err := forget(); err != nil {
				t.Fatal(err)
			}
			b.wantUIDs(f, tt.live, tt.gone)
			got := b.read(f.ID)
			if got.LiveOctets != tt.octets || got.Gone != 3 || got.UIDValidity != 7 {
				t.Errorf("sums %+v", got)
			}
			// Else a run that ends now would leave them to nobody.
			if got.HasCounters != (tt.n == 0) {
				t.Errorf("counters %+v", got)
			}
			if n := query[int](t, b.sql(), `SELECT count(*) FROM message_past WHERE uid = 5`); n != 1 {
				t.Errorf("the message gone has %d pasts", n)
			}
			for u := range uids.Both(mailhaul.UIDSetOf(1, 2, 3, 4, 6)).All() {
				b.record(f, u) // copied again
			}
			b.wantUIDs(f, "1:4,6", "5")
		})
	}
}
