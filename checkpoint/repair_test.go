package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// A message that is stored anew keeps all but its place; the part of the mbox
// where it was is retired.
func TestReplace(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2, 3)
	before := b.messages(f.ID)
	again := receipt(f, 2)
	again.Offset, again.Stored, again.Place, again.Flags = 5000, 30, "", "other"
	if err := b.MarkDamaged(b.ctx, b.run, []checkpoint.Key{before[1].Key()}); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
	if err := b.Replace(b.ctx, b.run, []mailhaul.Receipt{again}); err != nil {
		t.Fatal(err)
	}
	want := before[1]
	want.Offset, want.Stored, want.Place = 5000, 30, ""
	if got := b.messages(f.ID)[1]; !got.InternalDate.Equal(want.InternalDate) {
		t.Errorf("date %v", got.InternalDate)
	} else if got.InternalDate = want.InternalDate; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := b.read(f.ID); got.StoredEnd != 5030 || got.Live != 3 {
		t.Errorf("folder %+v", got)
	}
	retired, err := b.Retired(b.ctx, f.ID)
	if err != nil || fmt.Sprint(retired) != "[{200 23}]" {
		t.Errorf("retired %v, %v", retired, err)
	}
	if marked, err := b.MarkedDamaged(b.ctx, f.ID); err != nil || len(marked) > 0 {
		t.Errorf("still marked: %v, %v", marked, err)
	}
	b.wantUIDs(f, "1:3", "")
}

// What is not the message that is known does not take its place, and nothing of
// the same call does.
func TestReplaceRefused(t *testing.T) {
	tests := map[string]struct {
		change func(*mailhaul.Receipt)
		want   error
	}{
		"other digest":  {func(r *mailhaul.Receipt) { r.Digest[31]++ }, mailhaul.ErrDamaged},
		"other size":    {func(r *mailhaul.Receipt) { r.Size++ }, mailhaul.ErrDamaged},
		"not known":     {func(r *mailhaul.Receipt) { r.UID = 9 }, fs.ErrNotExist},
		"other folder":  {func(r *mailhaul.Receipt) { r.Folder = &mailhaul.Folder{ID: 9} }, fs.ErrNotExist},
		"other version": {func(r *mailhaul.Receipt) { r.Folder = &mailhaul.Folder{ID: 1, UIDValidity: 8} }, fs.ErrNotExist},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			b.record(f, 1, 2)
			good, bad := receipt(f, 1), receipt(f, 2)
			good.Place, bad.Place = "new", "new"
			tt.change(&bad)
			if err := b.Replace(b.ctx, b.run, []mailhaul.Receipt{good, bad}); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if m := b.messages(f.ID)[0]; m.Place == "new" {
				t.Error("half of it was done")
			}
		})
	}
}

func TestUnplaceAndMark(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2, 3)
	ms := b.messages(f.ID)
	keys := []checkpoint.Key{ms[1].Key(), ms[2].Key()}
	if err := errors.Join(b.Unplace(b.ctx, keys), b.MarkDamaged(b.ctx, b.run, keys)); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
	if err := b.MarkDamaged(b.ctx, b.run, keys); err != nil { // the first run stays
		t.Fatal(err)
	}
	if m := b.messages(f.ID)[2]; m.Stored != 0 || m.Offset != 0 || m.Place != "" || m.Digest != ms[2].Digest {
		t.Errorf("%+v", m)
	}
	if got := b.read(f.ID); got.StoredEnd != 113 || got.Live != 3 {
		t.Errorf("folder %+v", got)
	}
	b.wantUIDs(f, "1:3", "")
	marked, err := b.MarkedDamaged(b.ctx, f.ID)
	if err != nil || len(marked) != 2 || marked[keys[0]] != b.run-1 {
		t.Errorf("marked %v, %v", marked, err)
	}
	// The mark goes where the message goes.
	f.UIDValidity = 8
	b.put(f)
	if err := b.Rebind(b.ctx, b.run, f, []checkpoint.Rebinding{{OldUIDValidity: 7, OldUID: 3, UID: 30}}); err != nil {
		t.Fatal(err)
	}
	moved := checkpoint.Key{FolderID: f.ID, UIDValidity: 8, UID: 30}
	if marked, err := b.MarkedDamaged(b.ctx, f.ID); err != nil || marked[moved] == 0 {
		t.Errorf("marked %v, %v", marked, err)
	}
	if had, err := b.HadKey(b.ctx, moved, 7, 3); err != nil || !had {
		t.Errorf("the old key is not known: %v", err)
	}
	if had, err := b.HadKey(b.ctx, moved, 7, 2); err != nil || had {
		t.Errorf("another message's key is taken for its own: %v", err)
	}
	if err := b.UnmarkDamaged(b.ctx, []checkpoint.Key{moved}); err != nil {
		t.Fatal(err)
	}
	if marked, err := b.MarkedDamaged(b.ctx, f.ID); err != nil || len(marked) != 1 {
		t.Errorf("marked %v, %v", marked, err)
	}
}
