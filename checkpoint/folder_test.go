package checkpoint_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestPutFoldersKeepsEveryField(t *testing.T) {
	b := open(t)
	want := []mailhaul.Folder{
		{Name: "INBOX", Raw: "INBOX", Delimiter: "/", Subscribed: true, UIDValidity: 4_294_967_295, Place: "INBOX", Size: -1},
		{Name: "Entwürfe/日本", Raw: "Entw&APw-rfe/&ZeVnLA-", Delimiter: "/", SpecialUse: `\Drafts`, NoSelect: true, Size: -1},
		{Name: "NUL \x00, \xff\xfe and '\"", Raw: "\x80", Place: "a/b", UIDValidity: 1, Size: -1},
		{Name: "", Size: -1},
	}
	var put []*mailhaul.Folder
	for i := range want {
		f := want[i]
		put = append(put, &f)
	}
	b.put(put...)
	for i, f := range put {
		if f.ID == 0 {
			t.Fatalf("folder %q has no ID", f.Name)
		}
		want[i].ID = f.ID
		if got := b.read(f.ID); got.Folder != want[i] || got.FirstRun != b.run || got.GoneRun != 0 {
			t.Errorf("got %+v\nwant %+v", got, want[i])
		}
	}
	b.wantSilent(func() error { return b.PutFolders(b.ctx, b.run, put) })
	for i := range want { // known by name, without an ID
		f := want[i]
		f.ID = 0
		b.wantSilent(func() error { return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{&f}) })
		if f != want[i] {
			t.Errorf("put again: %+v, want %+v", f, want[i])
		}
	}
}

func TestPutFoldersUpdates(t *testing.T) {
	tests := []struct {
		name   string
		change func(*mailhaul.Folder)
		want   func(*mailhaul.Folder) // applied to what the ledger had
	}{
		{"name", func(f *mailhaul.Folder) { f.Name, f.Raw, f.Delimiter = "new", "NEW", "." },
			func(f *mailhaul.Folder) { f.Name, f.Raw, f.Delimiter = "new", "NEW", "." }},
		{"special use", func(f *mailhaul.Folder) { f.SpecialUse = `\Sent` }, func(f *mailhaul.Folder) { f.SpecialUse = `\Sent` }},
		{"subscription", func(f *mailhaul.Folder) { f.Subscribed = true }, func(f *mailhaul.Folder) { f.Subscribed = true }},
		{"no select", func(f *mailhaul.Folder) { f.NoSelect = true }, func(f *mailhaul.Folder) { f.NoSelect = true }},
		{"place", func(f *mailhaul.Folder) { f.Place = "else" }, func(f *mailhaul.Folder) { f.Place = "else" }},
		{"place not said", func(f *mailhaul.Folder) { f.Place = "" }, func(*mailhaul.Folder) {}},
		{"UIDVALIDITY", func(f *mailhaul.Folder) { f.UIDValidity = 8 }, func(f *mailhaul.Folder) {
			f.UIDValidity, f.UIDNext, f.HighestModSeq, f.Messages, f.HasCounters = 8, 0, 0, 0, false
		}},
		{"UIDVALIDITY not said", func(f *mailhaul.Folder) { f.UIDValidity = 0 }, func(*mailhaul.Folder) {}},
		{"counters", func(f *mailhaul.Folder) { f.UIDNext, f.Messages = 99, 98 }, func(*mailhaul.Folder) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			f := b.folder("old")
			b.record(f, 1, 2)
			f.UIDNext, f.HighestModSeq, f.Messages = 3, 4, 2
			if err := b.FolderDone(b.ctx, b.run, f); err != nil {
				t.Fatal(err)
			}
			want := b.read(f.ID)
			tt.want(&want.Folder)
			b.nextRun()
			tt.change(f)
			b.put(f)
			if got := b.read(f.ID); got != want {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			if f.Place != want.Place {
				t.Errorf("place %q, want %q", f.Place, want.Place)
			}
			b.wantSilent(func() error { return b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{f}) })
		})
	}
}

func TestPutFoldersExchangesNames(t *testing.T) {
	b := open(t)
	one, two, three := b.folder("a"), b.folder("b"), b.folder("c")
	one.Name, two.Name, three.Name = "b", "c", "a"
	b.put(one, two, three)
	for _, f := range []*mailhaul.Folder{one, two, three} {
		if got := b.read(f.ID); got.Name != f.Name || got.Place != f.Place || got.GoneRun != 0 {
			t.Errorf("got %+v, want %+v", got, f)
		}
	}
	if n := query[int](t, b.sql(), `SELECT count(*) FROM folder_past WHERE gone_run = 0`); n != 3 {
		t.Errorf("%d names of before are kept, want 3", n)
	}
	// A new folder takes the name that another leaves in the same listing.
	one.Name = "z"
	fresh := &mailhaul.Folder{Name: "b"}
	b.put(fresh, one)
	if fresh.ID == one.ID || b.read(fresh.ID).Name != "b" || b.read(one.ID).Name != "z" {
		t.Errorf("new %+v, renamed %+v", fresh, one)
	}
}

func TestPutFoldersRefuses(t *testing.T) {
	b := open(t)
	b.folder("a")
	f := b.folder("b")
	tests := []struct {
		name string
		put  mailhaul.Folder
		want error
	}{
		{"a name that is taken", mailhaul.Folder{ID: f.ID, Name: "a"}, fs.ErrExist},
		{"a place that is taken", mailhaul.Folder{Name: "new", Place: f.Place}, fs.ErrExist},
		{"an ID that is none", mailhaul.Folder{ID: 99, Name: "new"}, fs.ErrNotExist},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := mailhaul.Folder{Name: "other"}
			err := b.PutFolders(b.ctx, b.run, []*mailhaul.Folder{&other, &tt.put})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if other.ID != 0 {
				t.Errorf("a folder that was not put has the ID %d", other.ID)
			}
			if folders, err := b.Folders(b.ctx); err != nil || len(folders) != 2 {
				t.Errorf("%d folders, %v; want 2", len(folders), err)
			}
		})
	}
}

func TestFolderDone(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	f.UIDNext, f.HighestModSeq, f.Messages = 4_294_967_295, 1<<64-1, 17
	if err := b.FolderDone(b.ctx, b.run, f); err != nil {
		t.Fatal(err)
	}
	got := b.read(f.ID)
	if got.UIDNext != f.UIDNext || got.HighestModSeq != f.HighestModSeq || got.Messages != 17 || !got.HasCounters {
		t.Errorf("%+v", got)
	}
	b.wantSilent(func() error { return b.FolderDone(b.ctx, b.run, f) })
	f.UIDValidity = 9 // changed between the listing and the look into the folder
	if err := b.FolderDone(b.ctx, b.run, f); err != nil {
		t.Fatal(err)
	}
	if got := b.read(f.ID); got.UIDValidity != 9 || got.UIDNext != f.UIDNext {
		t.Errorf("%+v", got)
	}
	if old := query[int](t, b.sql(), `SELECT uidvalidity FROM folder_past`); old != 7 {
		t.Errorf("UIDVALIDITY of before is %d, want 7", old)
	}
	if err := b.FolderDone(b.ctx, b.run, &mailhaul.Folder{ID: 99}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown folder: %v", err)
	}
}

// Several folders are done in one transaction, all or none.
func TestFoldersDone(t *testing.T) {
	b := open(t)
	f, g := b.folder("a"), b.folder("b")
	f.UIDNext, g.UIDNext = 5, 6
	if err := b.FolderDone(b.ctx, b.run, f, &mailhaul.Folder{ID: 99}, g); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one of them unknown: %v", err)
	}
	if b.read(f.ID).UIDNext != 0 {
		t.Error("a part was remembered")
	}
	if err := b.FolderDone(b.ctx, b.run, f, g); err != nil {
		t.Fatal(err)
	}
	if b.read(f.ID).UIDNext != 5 || b.read(g.ID).UIDNext != 6 {
		t.Errorf("%+v, %+v", b.read(f.ID), b.read(g.ID))
	}
	b.wantSilent(func() error { return b.FolderDone(b.ctx, b.run, f, g) })
	b.wantSilent(func() error { return b.FolderDone(b.ctx, b.run) })
}

func TestFolderGoneAndBack(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2, 3)
	f.UIDNext, f.Messages = 4, 3
	if err := b.FolderDone(b.ctx, b.run, f); err != nil {
		t.Fatal(err)
	}
	if err := b.PutFailures(b.ctx, b.run, f, []checkpoint.Failure{{UID: 9, Reason: "no"}}); err != nil {
		t.Fatal(err)
	}
	first := b.run
	b.nextRun()
	if _, err := b.MarkGone(b.ctx, first, f, mailhaul.UIDSetOf(1)); err != nil {
		t.Fatal(err)
	}
	if n, err := b.FolderGone(b.ctx, b.run, f.ID); err != nil || n != 2 {
		t.Fatalf("%d messages gone, %v; want 2", n, err)
	}
	b.wantUIDs(f, "", "1:3")
	got := b.read(f.ID)
	if got.GoneRun != b.run || got.Gone != 3 || got.HasCounters || got.Failures != 0 || got.UIDValidity != 7 {
		t.Errorf("gone: %+v", got)
	}
	b.wantSilent(func() error {
		n, err := b.FolderGone(b.ctx, b.run+1, f.ID)
		if n != 0 {
			t.Errorf("%d messages gone again", n)
		}
		return err
	})
	gone := b.run
	b.nextRun()
	back := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7, Place: "a new place"}
	b.put(back)
	if back.ID != f.ID || back.Place != f.Place {
		t.Errorf("there again as %+v, was %+v", back, f)
	}
	if got := b.read(f.ID); got.GoneRun != 0 || got.FirstRun != first || got.HasCounters || got.Gone != 3 {
		t.Errorf("there again: %+v", got)
	}
	if r := query[checkpoint.RunID](t, b.sql(), `SELECT gone_run FROM folder_past WHERE run = ?`, b.run); r != gone {
		t.Errorf("kept that it was gone since run %d, want %d", r, gone)
	}
	if _, err := b.FolderGone(b.ctx, b.run, 99); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown folder: %v", err)
	}
}

func TestRenameFolder(t *testing.T) {
	b := open(t)
	gone, live, f := b.folder("new"), b.folder("taken"), b.folder("old")
	b.record(f, 1, 2)
	f.UIDNext, f.Messages = 3, 2
	if err := b.FolderDone(b.ctx, b.run, f); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FolderGone(b.ctx, b.run, gone.ID); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
	to := &mailhaul.Folder{Name: "new", Raw: "NEW", Delimiter: ".", SpecialUse: `\Sent`, UIDValidity: 7, Place: "ignored"}
	if err := b.RenameFolder(b.ctx, b.run, f.ID, to); err != nil {
		t.Fatal(err)
	}
	if to.ID != f.ID || to.Place != f.Place {
		t.Errorf("to is %+v, want ID and place of %+v", to, f)
	}
	got := b.read(f.ID)
	if got.Name != "new" || got.Raw != "NEW" || got.SpecialUse != `\Sent` || got.Place != f.Place ||
		got.UIDNext != 3 || got.Messages != 2 || got.Live != 2 {
		t.Errorf("renamed: %+v", got)
	}
	if g := b.read(gone.ID); g.GoneRun == 0 || g.Name != "new" {
		t.Errorf("the folder that is gone: %+v", g)
	}
	if name := query[string](t, b.sql(), `SELECT name FROM folder_past WHERE folder = ? AND run = ?`, f.ID, b.run); name != "old" {
		t.Errorf("name of before %q", name)
	}
	err := b.RenameFolder(b.ctx, b.run, f.ID, &mailhaul.Folder{Name: live.Name})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("to a name that is taken: %v", err)
	}
	if err := b.RenameFolder(b.ctx, b.run, 99, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown folder: %v", err)
	}
	// A name finds the folder that is there before those gone.
	again := &mailhaul.Folder{Name: "new"}
	if b.put(again); again.ID != f.ID {
		t.Errorf("name leads to folder %d, want %d", again.ID, f.ID)
	}
	b.wantUIDs(f, "1:2", "")
}

func TestRenameFolderThatWasGone(t *testing.T) {
	b := open(t)
	f := b.folder("old")
	b.record(f, 1)
	if _, err := b.FolderGone(b.ctx, b.run, f.ID); err != nil {
		t.Fatal(err)
	}
	b.nextRun()
	to := &mailhaul.Folder{Name: "new", UIDValidity: 7}
	if err := b.RenameFolder(b.ctx, b.run, f.ID, to); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Revive(b.ctx, b.run, to, mailhaul.UIDSetOf(1)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got := b.read(f.ID); got.Name != "new" || got.GoneRun != 0 || got.Live != 1 {
		t.Errorf("%+v", got)
	}
	b.wantUIDs(to, "1", "")
}
