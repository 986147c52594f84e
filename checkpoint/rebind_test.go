package checkpoint_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestRebind(t *testing.T) {
	type pair = checkpoint.Rebinding
	tests := []struct {
		name       string
		rs         []pair
		fails      bool
		want       error                         // nil: any
		live, gone string                        // under the new UIDVALIDITY 7
		from       map[mailhaul.UID]mailhaul.UID // new UID: the UID it was recorded with
	}{
		{"none", nil, false, nil, "50", "51", nil},
		{"to other UIDs", []pair{{6, 1, 101}, {6, 2, 100}}, false, nil, "50,100:101", "51", map[mailhaul.UID]mailhaul.UID{101: 1, 100: 2}},
		{"to the same UIDs", []pair{{6, 1, 1}, {6, 2, 2}}, false, nil, "1:2,50", "51", map[mailhaul.UID]mailhaul.UID{1: 1, 2: 2}},
		{"gone ones come alive", []pair{{6, 3, 3}, {7, 51, 52}}, false, nil, "3,50,52", "", map[mailhaul.UID]mailhaul.UID{3: 3, 52: 51}},
		{"UIDs exchanged within the UIDVALIDITY", []pair{{7, 50, 51}, {7, 51, 50}}, false, nil, "50:51", "", map[mailhaul.UID]mailhaul.UID{50: 51, 51: 50}},
		{"from both", []pair{{6, 1, 50}, {7, 50, 4_294_967_295}}, false, nil, "50,4294967295", "51", map[mailhaul.UID]mailhaul.UID{50: 1, 4_294_967_295: 50}},
		{"unknown message", []pair{{6, 1, 1}, {6, 9, 9}}, true, fs.ErrNotExist, "50", "51", nil},
		{"to a UID that is taken", []pair{{6, 1, 1}, {6, 2, 50}}, true, fs.ErrExist, "50", "51", nil},
		{"to a taken UID within the UIDVALIDITY", []pair{{7, 51, 50}}, true, fs.ErrExist, "50", "51", nil},
		{"two to one", []pair{{6, 1, 1}, {6, 2, 1}}, true, fs.ErrExist, "50", "51", nil},
		{"to UID 0", []pair{{6, 1, 0}}, true, nil, "50", "51", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			f.UIDValidity = 6
			b.record(f, 1, 2, 3)
			if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(3)); err != nil {
				t.Fatal(err)
			}
			f.UIDValidity = 7
			b.record(f, 50, 51)
			if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(51)); err != nil {
				t.Fatal(err)
			}
			b.nextRun()
			// Every message has a past, which must come along.
			for _, validity := range []uint32{6, 7} {
				old := &mailhaul.Folder{ID: f.ID, UIDValidity: validity}
				all := []mailhaul.UIDFlags{{UID: 1, Flags: "x"}, {UID: 2, Flags: "x"}, {UID: 3, Flags: "x"}, {UID: 50, Flags: "x"}, {UID: 51, Flags: "x"}}
				if _, err := b.SetFlags(b.ctx, b.run, old, all); err != nil {
					t.Fatal(err)
				}
			}
			b.nextRun()
			err := b.Rebind(b.ctx, b.run, f, tt.rs)
			if (err != nil) != tt.fails || (tt.want != nil && !errors.Is(err, tt.want)) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			b.wantUIDs(f, tt.live, tt.gone)
			for now, was := range tt.from {
				m, err := b.Message(b.ctx, f.ID, now)
				r := receipt(f, was)
				if err != nil || m.Digest != r.Digest || m.Place != r.Place || m.Flags != "x" || m.FirstRun != 1 {
					t.Errorf("UID %d: %+v, %v; want that of UID %d", now, m, err, was)
				}
				n := query[int](t, b.sql(), `SELECT count(*) FROM message_past WHERE uidvalidity = 7 AND uid = ? AND run = 2`, now)
				if n != 1 {
					t.Errorf("UID %d has %d pasts of run 2, want 1", now, n)
				}
			}
		})
	}
}
