package checkpoint_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestRecord(t *testing.T) {
	b := open(t)
	f, g := b.folder("INBOX"), b.folder("Sent")
	var rs []mailhaul.Receipt
	for u := mailhaul.UID(1); u <= 40; u++ { // two full INSERTs and some single rows
		rs = append(rs, receipt(f, u))
	}
	rs = append(rs, receipt(g, 4_294_967_295))
	if err := b.Record(b.ctx, b.run, rs); err != nil {
		t.Fatal(err)
	}
	ms := append(b.messages(f.ID), b.messages(g.ID)...)
	if len(ms) != len(rs) {
		t.Fatalf("%d messages, want %d", len(ms), len(rs))
	}
	for i, m := range ms {
		r := rs[i]
		want := checkpoint.Message{
			FolderID: r.Folder.ID, UIDValidity: 7, UID: r.UID, Flags: r.Flags, InternalDate: m.InternalDate,
			Size: r.Size, Stored: r.Stored, Offset: r.Offset, Digest: r.Digest, Fingerprint: r.Fingerprint,
			LineEnds: r.LineEnds, Place: r.Place, FirstRun: b.run,
		}
		if m != want || !m.InternalDate.Equal(r.InternalDate) {
			t.Errorf("got %+v\nwant %+v", m, want)
		}
	}
	b.wantUIDs(f, "1:40", "")
	b.wantUIDs(g, "4294967295", "")
	if got := b.read(f.ID); got.Live != 40 || got.LiveOctets != 8200 || got.StoredEnd != 4403 || got.Gone != 0 {
		t.Errorf("sums %+v", got)
	}
}

func TestRecordRefuses(t *testing.T) {
	bad := func(change func(*mailhaul.Receipt)) func(*mailhaul.Folder) []mailhaul.Receipt {
		return func(f *mailhaul.Folder) []mailhaul.Receipt {
			rs := []mailhaul.Receipt{receipt(f, 50), receipt(f, 51)}
			change(&rs[1])
			return rs
		}
	}
	tests := []struct {
		name string
		rs   func(*mailhaul.Folder) []mailhaul.Receipt
		want error // nil: any
	}{
		{"recorded before", bad(func(r *mailhaul.Receipt) { r.UID = 1 }), fs.ErrExist},
		{"gone", bad(func(r *mailhaul.Receipt) { r.UID = 2 }), fs.ErrExist},
		{"twice in one call", bad(func(r *mailhaul.Receipt) { r.UID = 50 }), fs.ErrExist},
		{"no such folder", bad(func(r *mailhaul.Receipt) { r.Folder = &mailhaul.Folder{ID: 9} }), fs.ErrNotExist},
		{"folder without ID", bad(func(r *mailhaul.Receipt) { r.Folder = &mailhaul.Folder{} }), fs.ErrNotExist},
		{"folder gone", bad(func(r *mailhaul.Receipt) { r.Folder = &mailhaul.Folder{ID: 2, UIDValidity: 7} }), fs.ErrNotExist},
		{"UID 0", bad(func(r *mailhaul.Receipt) { r.UID = 0 }), nil},
		{"negative size", bad(func(r *mailhaul.Receipt) { r.Size = -1 }), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			b.record(f, 1, 2)
			if _, err := b.FolderGone(b.ctx, b.run, b.folder("gone").ID); err != nil {
				t.Fatal(err)
			}
			if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(2)); err != nil {
				t.Fatal(err)
			}
			err := b.Record(b.ctx, b.run, tt.rs(f))
			if err == nil || (tt.want != nil && !errors.Is(err, tt.want)) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			b.wantUIDs(f, "1", "2") // all or nothing
			b.record(f, 50)         // and the ledger goes on
		})
	}
}

// A flag set that a rolled-back transaction interned is not there any more.
func TestRecordRolledBackFlags(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1)
	a, again := receipt(f, 2), receipt(f, 1)
	a.Flags = "new-keyword"
	if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{a, again}); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{a}); err != nil {
		t.Fatal(err)
	}
	if m, err := b.Message(b.ctx, f.ID, 2); err != nil || m.Flags != "new-keyword" {
		t.Errorf("%q, %v", m.Flags, err)
	}
	b.wantUIDs(f, "1:2", "")
}

func TestRecordManyFlagSets(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	var rs []mailhaul.Receipt
	for u := mailhaul.UID(1); u <= 5000; u++ { // more than are kept in memory
		r := receipt(f, u)
		r.Flags = mailhaul.MakeFlags(r.Place, `\Seen`)
		rs = append(rs, r)
	}
	if err := b.Record(b.ctx, b.run, rs); err != nil {
		t.Fatal(err)
	}
	for i, m := range b.messages(f.ID) {
		if m.Flags != rs[i].Flags {
			t.Fatalf("UID %d: %q, want %q", m.UID, m.Flags, rs[i].Flags)
		}
	}
}

func TestRecordCanceled(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if err := b.Record(ctx, b.run, []mailhaul.Receipt{receipt(f, 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.wantUIDs(f, "", "")
}

func TestInternalDate(t *testing.T) {
	zone := func(hours, minutes int) *time.Location { return time.FixedZone("", hours*3600+minutes*60) }
	tests := []struct {
		name string
		date time.Time
	}{
		{"none", time.Time{}},
		{"year 1", time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)},
		{"the zero instant in a zone", time.Date(1, 1, 1, 2, 0, 0, 0, zone(2, 0))},
		{"before year 1 in UTC", time.Date(1, 1, 1, 0, 0, 0, 0, zone(14, 0))},
		{"year 9999", time.Date(9999, 12, 31, 23, 59, 59, 0, zone(-12, 0))},
		{"half an hour east", time.Date(2000, 6, 1, 1, 2, 3, 0, zone(5, 30))},
		{"an odd zone west", time.Date(2000, 6, 1, 1, 2, 3, 0, zone(-3, -37))},
		{"epoch", time.Unix(0, 0).UTC()},
		{"99 hours", time.Date(2000, 6, 1, 1, 2, 3, 0, zone(99, 59))},
	}
	b := open(t)
	f := b.folder("INBOX")
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := receipt(f, mailhaul.UID(i+1))
			r.InternalDate = tt.date
			if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{r}); err != nil {
				t.Fatal(err)
			}
			m, err := b.Message(b.ctx, f.ID, r.UID)
			if err != nil {
				t.Fatal(err)
			}
			const layout = "2006-01-02 15:04:05 -0700"
			if got, want := m.InternalDate.Format(layout), tt.date.Format(layout); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if m.InternalDate.IsZero() != tt.date.IsZero() {
				t.Error("zero became a date or a date zero")
			}
		})
	}
}
