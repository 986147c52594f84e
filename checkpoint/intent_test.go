package checkpoint_test

import (
	"errors"
	"io/fs"
	"math"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// announce announces messages of f with the given UIDs.
func (b *bench) announce(f *mailhaul.Folder, uids ...mailhaul.UID) {
	b.t.Helper()
	if err := b.Announce(b.ctx, b.run, intents(f, uids...)); err != nil {
		b.t.Fatal(err)
	}
}

func intents(f *mailhaul.Folder, uids ...mailhaul.UID) (is []mailhaul.Intent) {
	for _, u := range uids {
		is = append(is, intent(f, u))
	}
	return is
}

func receipts(f *mailhaul.Folder, uids ...mailhaul.UID) (rs []mailhaul.Receipt) {
	for _, u := range uids {
		rs = append(rs, receipt(f, u))
	}
	return rs
}

// announced returns which messages of a folder have an intent under a UIDVALIDITY.
func (b *bench) announced(folderID int64, uidValidity uint32) string {
	b.t.Helper()
	all, err := b.Intents(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var uids mailhaul.UIDSet
	for _, i := range all {
		if i.FolderID == folderID && i.UIDValidity == uidValidity {
			uids.Add(i.UID)
		}
	}
	return uids.String()
}

func uidRange(first, last mailhaul.UID) (uids []mailhaul.UID) {
	for u := first; u <= last; u++ {
		uids = append(uids, u)
	}
	return uids
}

func TestAnnounceKeepsEveryField(t *testing.T) {
	b := open(t)
	f, g := b.folder("INBOX"), b.folder("Sent")
	is := intents(f, uidRange(1, 40)...) // two full INSERTs and some single rows
	bare := mailhaul.Intent{Folder: g, UID: math.MaxUint32}
	full := intent(g, 1)
	full.UIDValidity, full.First, full.Size = math.MaxUint32, math.MaxUint32, math.MaxInt64
	is = append(is, full, bare)
	if err := b.Announce(b.ctx, b.run, is); err != nil {
		t.Fatal(err)
	}
	got, err := b.Intents(b.ctx)
	if err != nil || len(got) != len(is) {
		t.Fatalf("%d intents, %v; want %d", len(got), err, len(is))
	}
	for n, i := range is {
		want := checkpoint.Intent{
			FolderID: i.Folder.ID, UIDValidity: 7, UID: i.UID, Flags: i.Flags, InternalDate: got[n].InternalDate,
			Size: i.Size, Fingerprint: i.Fingerprint, Digest: i.Digest, TargetUIDValidity: i.UIDValidity,
			First: i.First, Run: b.run,
		}
		const layout = "2006-01-02 15:04:05 -0700"
		if got[n] != want || got[n].InternalDate.Format(layout) != i.InternalDate.Format(layout) {
			t.Errorf("got %+v\nwant %+v", got[n], want)
		}
	}
	if err := b.IntegrityCheck(b.ctx); err != nil {
		t.Error(err)
	}
}

// The announcement of a message that is sent once more is that of the last time.
func TestAnnounceAgain(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.announce(f, 1, 2)
	b.nextRun()
	again := intent(f, 2)
	again.UIDValidity, again.First, again.Flags, again.InternalDate = 5, 6, "x", time.Time{}
	if err := b.Announce(b.ctx, b.run, []mailhaul.Intent{again}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Intents(b.ctx)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if i := got[1]; i.TargetUIDValidity != 5 || i.First != 6 || i.Flags != "x" || !i.InternalDate.IsZero() || i.Run != b.run {
		t.Errorf("%+v", i)
	}
	if i := got[0]; i.TargetUIDValidity != 4_000_000_000 || i.Run != b.run-1 {
		t.Errorf("the other one: %+v", i)
	}
}

func TestJournal(t *testing.T) {
	tests := []struct {
		name          string
		before        []mailhaul.UID // announced before
		send, arrived []mailhaul.UID
		intents, live string
	}{
		{"nothing", []mailhaul.UID{1}, nil, nil, "1", ""},
		{"announced", nil, []mailhaul.UID{1, 2, 9}, nil, "1:2,9", ""},
		{"recorded", uidRange(1, 40), nil, uidRange(1, 39), "40", "1:39"},
		{"recorded without intents", nil, nil, []mailhaul.UID{1}, "", "1"},
		{"recorded out of order, with gaps", uidRange(1, 9), nil, []mailhaul.UID{9, 2, 4, 1}, "3,5:8", "1:2,4,9"},
		{"recorded and the next announced", []mailhaul.UID{1, 2}, []mailhaul.UID{3, 4}, []mailhaul.UID{1, 2}, "3:4", "1:2"},
		{"others are left", []mailhaul.UID{1, 3}, nil, []mailhaul.UID{2}, "1,3", "2"},
		{"the highest UID", []mailhaul.UID{math.MaxUint32}, nil, []mailhaul.UID{math.MaxUint32}, "", "4294967295"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f, other := b.folder("INBOX"), b.folder("Sent")
			b.announce(other, 1, 2)
			old := *f
			old.UIDValidity = 6
			b.announce(&old, 1, 2)
			b.announce(f, tt.before...)
			if err := b.Journal(b.ctx, b.run, intents(f, tt.send...), receipts(f, tt.arrived...)); err != nil {
				t.Fatal(err)
			}
			if got := b.announced(f.ID, 7); got != tt.intents {
				t.Errorf("intents %q, want %q", got, tt.intents)
			}
			b.wantUIDs(f, tt.live, "")
			if a, o := b.announced(other.ID, 7), b.announced(f.ID, 6); a != "1:2" || o != "1:2" {
				t.Errorf("intents of another folder %q, of another UIDVALIDITY %q", a, o)
			}
		})
	}
}

// A transaction that fails takes back its receipts and its intents, and what the
// ledger remembers of them, too.
func TestJournalRefuses(t *testing.T) {
	refused := errors.New("message refused")
	tests := []struct {
		name string
		i    func(*mailhaul.Intent)
		r    func(*mailhaul.Receipt)
		want error // nil: any
	}{
		{"an intent for no folder", func(i *mailhaul.Intent) { i.Folder = &mailhaul.Folder{ID: 99} }, nil, fs.ErrNotExist},
		{"an intent for a folder that is gone", func(i *mailhaul.Intent) { i.Folder = &mailhaul.Folder{ID: 2} }, nil, fs.ErrNotExist},
		{"an intent for UID 0", func(i *mailhaul.Intent) { i.UID = 0 }, nil, nil},
		{"an intent of a negative size", func(i *mailhaul.Intent) { i.Size = -1 }, nil, nil},
		{"a message that is recorded", nil, func(r *mailhaul.Receipt) { r.UID = 1 }, fs.ErrExist},
		{"a message that was refused", nil, func(r *mailhaul.Receipt) { r.Err = refused }, refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			if _, err := b.FolderGone(b.ctx, b.run, b.folder("gone").ID); err != nil {
				t.Fatal(err)
			}
			b.record(f, 1)
			b.announce(f, 2, 3)
			is, rs := intents(f, 4, 5), receipts(f, 2, 3)
			if tt.i != nil {
				tt.i(&is[1])
			}
			if tt.r != nil {
				tt.r(&rs[1])
			}
			err := b.Journal(b.ctx, b.run, is, rs)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			b.wantUIDs(f, "1", "")
			if got := b.announced(f.ID, 7); got != "2:3" {
				t.Errorf("intents %q", got)
			}
			b.record(f, 2, 3)
			if got := b.announced(f.ID, 7); got != "" {
				t.Errorf("intents %q of messages that are recorded", got)
			}
		})
	}
}

// Intents are found whichever process announced them.
func TestIntentsOfAnEarlierProcess(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.announce(f, 1, 2, 3)
	path := b.path
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openAt(t, path)
	if got := b.announced(f.ID, 7); got != "1:3" {
		t.Errorf("intents %q", got)
	}
	b.record(f, 1, 2)
	if got := b.announced(f.ID, 7); got != "3" {
		t.Errorf("intents %q", got)
	}
	r, err := checkpoint.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if is, err := r.Intents(b.ctx); err != nil || len(is) != 1 || is[0].UID != 3 {
		t.Errorf("a reader sees %+v, %v", is, err)
	}
}

func TestDropIntents(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.announce(f, 1, 2, 3, 5, 9)
	drop := func(validity uint32, uids ...mailhaul.UID) func() error {
		return func() error { return b.DropIntents(b.ctx, f.ID, validity, mailhaul.UIDSetOf(uids...)) }
	}
	b.wantSilent(drop(6, 1, 2, 3))
	b.wantSilent(drop(7, 4, 100))
	b.wantSilent(drop(7))
	if err := drop(7, 2, 3, 4, 9)(); err != nil {
		t.Fatal(err)
	}
	if got := b.announced(f.ID, 7); got != "1,5" {
		t.Errorf("intents %q", got)
	}
	if err := drop(7, uidRange(1, 9)...)(); err != nil {
		t.Fatal(err)
	}
	b.wantSilent(drop(7, 1))
	b.announce(f, 1)
	if got := b.announced(f.ID, 7); got != "1" {
		t.Errorf("intents %q", got)
	}
}

// A folder that is gone keeps its intents: what was sent may have arrived.
func TestIntentsOfAFolderGone(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.announce(f, 1)
	if _, err := b.FolderGone(b.ctx, b.run, f.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.announced(f.ID, 7); got != "1" {
		t.Errorf("intents %q", got)
	}
	if err := b.IntegrityCheck(b.ctx); err != nil {
		t.Error(err)
	}
}

// A message that was announced under another UIDVALIDITY of the source and is
// found under the present one is moved there, with a row or without one.
func TestRebindIntents(t *testing.T) {
	type pair = checkpoint.Rebinding
	tests := []struct {
		name                string
		rs                  []pair
		want                error
		intents, old, other string // under 7, under 6; rows under 7
	}{
		{"none", nil, nil, "50", "5:6,9", ""},
		{"of messages without rows", []pair{{6, 5, 15}, {6, 6, 14}}, nil, "14:15,50", "9", ""},
		{"among others with rows", []pair{{6, 1, 1}, {6, 5, 2}, {6, 2, 3}}, nil, "2,50", "6,9", "1,3"},
		{"next to one with a row", []pair{{6, 4, 14}, {6, 5, 15}, {6, 6, 16}}, nil, "15:16,50", "9", "14"},
		{"of a message with a row", []pair{{6, 9, 19}}, nil, "19,50", "5:6", "19"},
		{"within the UIDVALIDITY", []pair{{7, 50, 51}, {6, 5, 50}}, nil, "50:51", "6,9", ""},
		{"to one that is announced", []pair{{6, 6, 6}, {6, 5, 50}}, fs.ErrExist, "50", "5:6,9", ""},
		{"unknown", []pair{{6, 5, 5}, {6, 8, 8}}, fs.ErrNotExist, "50", "5:6,9", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("INBOX")
			f.UIDValidity = 6
			b.record(f, 1, 2, 4, 9)
			b.announce(f, 5, 6, 9)
			f.UIDValidity = 7
			b.announce(f, 50)
			if err := b.Rebind(b.ctx, b.run, f, tt.rs); !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if now, old := b.announced(f.ID, 7), b.announced(f.ID, 6); now != tt.intents || old != tt.old {
				t.Errorf("intents %q and %q, want %q and %q", now, old, tt.intents, tt.old)
			}
			b.wantUIDs(f, tt.other, "")
		})
	}
}
