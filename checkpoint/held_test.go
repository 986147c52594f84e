package checkpoint_test

import (
	"errors"
	"io/fs"
	"math"
	"reflect"
	"testing"

	"github.com/mailhaul/mailhaul"
)

func TestPutHeld(t *testing.T) {
	at := func(name, raw string, validity uint32) *mailhaul.Folder {
		return &mailhaul.Folder{Name: name, Raw: raw, UIDValidity: validity, Size: -1}
	}
	b := open(t)
	f, g := b.folder("INBOX"), b.folder("Sent")
	b.record(f, 1)
	if b.read(f.ID).At != nil {
		t.Error("a new folder is held by one")
	}
	b.wantSilent(func() error { return b.PutHeld(b.ctx) })
	b.wantSilent(func() error { return b.PutHeld(b.ctx, f, g) })
	steps := []struct {
		name string
		f, g *mailhaul.Folder
	}{
		{"known", at("Entwürfe", "Entw&APw-rfe", 9), nil},
		{"both in one folder", at("All", "All", 9), at("All", "All", 9)},
		{"UIDVALIDITY changed", at("All", "All", math.MaxUint32), at("All", "All", 9)},
		{"raw name changed", at("All", "ALL", math.MaxUint32), at("All", "All", 9)},
		{"without a name", at("", "", 0), at("All", "All", 9)},
		{"forgotten", nil, at("All", "All", 9)},
	}
	for _, s := range steps {
		f.At, g.At = s.f, s.g
		if err := b.PutHeld(b.ctx, f, g); err != nil {
			t.Fatal(s.name, err)
		}
		if got := b.read(f.ID).At; !reflect.DeepEqual(got, s.f) {
			t.Errorf("%s: %+v, want %+v", s.name, got, s.f)
		}
		if got := b.read(g.ID).At; !reflect.DeepEqual(got, s.g) {
			t.Errorf("%s: %+v, want %+v", s.name, got, s.g)
		}
		b.wantSilent(func() error { return b.PutHeld(b.ctx, f, g) })
	}
	f.At = at("x", "x", 1)
	if err := b.PutHeld(b.ctx, f, &mailhaul.Folder{ID: 99, At: f.At}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown folder: %v", err)
	}
	if b.read(f.ID).At != nil {
		t.Error("a part was remembered")
	}
	b.wantUIDs(f, "1", "")
}

// The folder that holds another one stays what it is whatever becomes of that.
func TestHeldStays(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	f.At = &mailhaul.Folder{Name: "Inbox", Raw: "INBOX", UIDValidity: 3, Size: -1}
	if err := b.PutHeld(b.ctx, f); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name string
		do   func() error
	}{
		{"put without one", func() error {
			return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{{Name: "INBOX", Raw: "other", UIDValidity: 7}})
		}},
		{"another UIDVALIDITY", func() error {
			return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{{ID: f.ID, Name: "INBOX", UIDValidity: 8}})
		}},
		{"renamed", func() error {
			return b.RenameFolder(b.ctx, b.run, f.ID, &mailhaul.Folder{Name: "new", UIDValidity: 8})
		}},
		{"gone", func() error { _, err := b.FolderGone(b.ctx, b.run, f.ID); return err }},
		{"back", func() error { return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{{Name: "new"}}) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(s.name, err)
		}
		if got := b.read(f.ID).At; !reflect.DeepEqual(got, f.At) {
			t.Errorf("%s: %+v, want %+v", s.name, got, f.At)
		}
	}
}

func TestNamespace(t *testing.T) {
	b := open(t)
	f := &mailhaul.Folder{Name: "INBOX.a", Delimiter: ".", Namespace: "INBOX.", UIDValidity: 7}
	b.put(f)
	if got := b.read(f.ID); got.Namespace != "INBOX." {
		t.Errorf("put: %+v", got)
	}
	b.wantSilent(func() error { return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{f}) })
	b.nextRun()
	to := &mailhaul.Folder{Name: "Mail/a", Delimiter: "/", Namespace: "Mail/", UIDValidity: 7}
	if err := b.RenameFolder(b.ctx, b.run, f.ID, to); err != nil {
		t.Fatal(err)
	}
	if got := b.read(f.ID); got.Namespace != "Mail/" {
		t.Errorf("renamed: %+v", got)
	}
	if past := query[string](t, b.sql(), `SELECT namespace FROM folder_past WHERE run = ?`, b.run); past != "INBOX." {
		t.Errorf("namespace of before %q", past)
	}
	to.Namespace = ""
	b.put(to)
	if got := b.read(f.ID); got.Namespace != "" {
		t.Errorf("put again: %+v", got)
	}
}

func TestPlaces(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	f.UIDValidity = 6
	b.record(f, 1, 2)
	f.UIDValidity = 7
	b.record(f, 1, 2, 3)
	if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(3)); err != nil {
		t.Fatal(err)
	}
	other := b.folder("Sent")
	b.record(other, 1)
	want := func(when string, places ...string) {
		t.Helper()
		ms := append(b.messages(f.ID), b.messages(other.ID)...)
		for i, m := range ms {
			if m.Place != places[i] {
				t.Errorf("%s: UID %d under %d is at %q, want %q", when, m.UID, m.UIDValidity, m.Place, places[i])
			}
		}
		if err := b.IntegrityCheck(b.ctx); err != nil {
			t.Error(err)
		}
	}
	places := map[mailhaul.UID]string{2: "102", 3: "103", 9: "109"}
	if err := b.SetPlaces(b.ctx, f, places); err != nil {
		t.Fatal(err)
	}
	want("set", "1.mail", "2.mail", "1.mail", "102", "103", "1.mail")
	b.wantSilent(func() error { return b.SetPlaces(b.ctx, f, places) })
	b.wantSilent(func() error { return b.SetPlaces(b.ctx, f, nil) })
	f.UIDValidity = 6
	if err := b.SetPlaces(b.ctx, f, places); err != nil {
		t.Fatal(err)
	}
	want("set under an old UIDVALIDITY", "1.mail", "102", "1.mail", "102", "103", "1.mail")
}
