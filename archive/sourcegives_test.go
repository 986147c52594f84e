package archive_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// shown tells what a source gives: for each folder its UIDVALIDITY and the
// messages by UID, their texts without header.
func shown(t *testing.T, src mailhaul.Source) map[string]string {
	t.Helper()
	out := map[string]string{}
	g := newGot()
	for _, w := range list(t, src, mailhaul.Criteria{}) {
		if err := src.Fetch(t.Context(), []mailhaul.Work{w}, g.take); err != nil {
			t.Fatal(err)
		}
		var size int64
		out[w.Folder.Name] = fmt.Sprintf("%d:", w.Folder.UIDValidity)
		for uid := range w.UIDs.All() {
			text := g.texts[fmt.Sprint(w.Folder.Name, " ", uid)]
			size += int64(len(text))
			out[w.Folder.Name] += fmt.Sprintf(" %d=%s", uid, strings.TrimPrefix(text, header))
		}
		if size != w.Folder.Size {
			t.Errorf("the size of %q is %d, want %d", w.Folder.Name, w.Folder.Size, size)
		}
	}
	if len(g.errs)+len(g.folder) > 0 {
		t.Errorf("errors: %v, %v", g.errs, g.folder)
	}
	return out
}

// next begins another run.
func (r *run) next() {
	r.t.Helper()
	var err error
	if r.id, err = r.a.Ledger().BeginRun(r.t.Context(), "test", time.Now()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) markGone(f *mailhaul.Folder, uids ...mailhaul.UID) {
	r.t.Helper()
	if _, err := r.a.Ledger().MarkGone(r.t.Context(), r.id, f, mailhaul.UIDSetOf(uids...)); err != nil {
		r.t.Fatal(err)
	}
}

// folderGone marks a folder gone in a run of its own.
func (r *run) folderGone(f *mailhaul.Folder) {
	r.t.Helper()
	r.next()
	if _, err := r.a.Ledger().FolderGone(r.t.Context(), r.id, f.ID); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) rename(f *mailhaul.Folder, name string) {
	r.t.Helper()
	to := *f
	to.Name = name
	if err := r.a.Ledger().RenameFolder(r.t.Context(), r.id, f.ID, &to); err != nil {
		r.t.Fatal(err)
	}
}

// revalidate gives a folder another UIDVALIDITY and moves messages to it.
func (r *run) revalidate(f *mailhaul.Folder, validity uint32, rs ...checkpoint.Rebinding) {
	r.t.Helper()
	f.UIDValidity = validity
	r.prepare(f)
	if err := r.a.Ledger().Rebind(r.t.Context(), r.id, f, rs); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) oldGone(f *mailhaul.Folder) {
	r.t.Helper()
	if _, err := r.a.Ledger().MarkOldGone(r.t.Context(), r.id, f); err != nil {
		r.t.Fatal(err)
	}
}

// filled makes a folder with a message for each of texts.
func (r *run) filled(name string, texts ...string) *mailhaul.Folder {
	r.t.Helper()
	f := r.folder(name)
	for i, text := range texts {
		r.store(f, mailhaul.UID(i+1), []byte(header+text))
	}
	r.flush()
	return f
}

// TestSourceGives shows which folders and messages are given. The first run has
// the number 1.
func TestSourceGives(t *testing.T) {
	type content = map[string]string
	moved := checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 1, UID: 5}
	tests := map[string]struct {
		do      func(r *run)
		want    content
		deleted content // what Deleted gives beside or in place of that
	}{
		"all there": {func(r *run) { r.filled("A", "a", "b") }, content{"A": "7: 1=a 2=b"}, nil},
		"empty":     {func(r *run) { r.filled("A") }, content{"A": "7:"}, nil},
		"message deleted": {func(r *run) { r.markGone(r.filled("A", "a", "b"), 1) },
			content{"A": "7: 2=b"}, content{"A": "7: 1=a 2=b"}},
		"all deleted": {func(r *run) { r.markGone(r.filled("A", "a", "b"), 1, 2) },
			content{"A": "7:"}, content{"A": "7: 1=a 2=b"}},
		"folder gone": {func(r *run) {
			f := r.filled("A", "a", "b", "c")
			r.markGone(f, 2)
			r.folderGone(f)
		}, content{"A": "7: 1=a 3=c"}, content{"A": "7: 1=a 2=b 3=c"}},
		"folder gone empty": {func(r *run) { r.folderGone(r.filled("A")) }, content{"A": "7:"}, nil},
		"folder there again": {func(r *run) {
			f := r.filled("A", "a", "b")
			r.folderGone(f)
			r.next()
			r.prepare(f)
			if _, err := r.a.Ledger().Revive(r.t.Context(), r.id, f, mailhaul.UIDSetOf(2)); err != nil {
				r.t.Fatal(err)
			}
		}, content{"A": "7: 2=b"}, content{"A": "7: 1=a 2=b"}},
		"name taken by another": {func(r *run) {
			r.folderGone(r.filled("A", "a"))
			r.rename(r.filled("B", "b"), "A")
		}, content{"A": "7: 1=b"}, content{"A (UIDVALIDITY 7, gone in run 2)": "7: 1=a"}},
		"gone twice": {func(r *run) {
			r.folderGone(r.filled("A", "a"))
			f := r.filled("B", "b")
			r.rename(f, "A")
			r.folderGone(f)
		}, content{"A": "7: 1=b"}, content{"A (UIDVALIDITY 7, gone in run 2)": "7: 1=a"}},
		"UIDVALIDITY changed": {func(r *run) {
			f := r.filled("A", "a", "b")
			r.revalidate(f, 8, moved)
			r.oldGone(f)
		}, content{"A": "8: 5=a"}, content{"A (UIDVALIDITY 7)": "7: 2=b"}},
		"UIDVALIDITY changed, then gone": {func(r *run) {
			f := r.filled("A", "a", "b")
			r.revalidate(f, 8, moved)
			r.oldGone(f)
			r.folderGone(f)
		}, content{"A": "8: 5=a"}, content{"A (UIDVALIDITY 7)": "7: 2=b"}},
		"UIDVALIDITY changed twice": {func(r *run) {
			f := r.filled("A", "a")
			r.revalidate(f, 8)
			r.oldGone(f)
			r.store(f, 1, []byte(header+"b"))
			r.flush()
			r.revalidate(f, 9)
			r.oldGone(f)
		}, content{"A": "9:"}, content{"A (UIDVALIDITY 7)": "7: 1=a", "A (UIDVALIDITY 8)": "8: 1=b"}},
		"UIDVALIDITY changed, cut off before matching": {func(r *run) { r.revalidate(r.filled("A", "a", "b"), 8) },
			content{"A": "7: 1=a 2=b"}, nil},
		"UIDVALIDITY changed, cut off in the middle": {func(r *run) { r.revalidate(r.filled("A", "a", "b"), 8, moved) },
			content{"A": "8: 5=a", "A (UIDVALIDITY 7)": "7: 2=b"}, nil},
		"UIDVALIDITY changed, cut off, gone": {func(r *run) {
			f := r.filled("A", "a", "b", "c")
			r.markGone(f, 3)
			r.revalidate(f, 8)
			r.folderGone(f)
		}, content{"A": "7: 1=a 2=b"}, content{"A": "7: 1=a 2=b 3=c"}},
		"made-up name taken": {func(r *run) {
			f := r.filled("A", "a", "b")
			r.revalidate(f, 8, moved)
			r.oldGone(f)
			r.filled("A (UIDVALIDITY 7)", "x")
		}, content{"A": "8: 5=a", "A (UIDVALIDITY 7)": "7: 1=x"}, content{"A (UIDVALIDITY 7) 2": "7: 2=b"}},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, archive.Maildir)
			test.do(r)
			r.end()
			a := openToRead(t, dir)
			if out := shown(t, a.Source(archive.SourceOptions{})); !maps.Equal(out, test.want) {
				t.Errorf("gives %q, want %q", out, test.want)
			}
			all := maps.Clone(test.want)
			maps.Copy(all, test.deleted)
			if out := shown(t, a.Source(archive.SourceOptions{Deleted: true})); !maps.Equal(out, all) {
				t.Errorf("gives with Deleted %q, want %q", out, all)
			}
		})
	}
}

// TestSourceOldUID shows that a UID is never taken for the one that another
// message had under an older UIDVALIDITY, however few are asked for.
func TestSourceOldUID(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	f := r.filled("A", make([]string, 40)...)
	r.revalidate(f, 8, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 1, UID: 5})
	r.oldGone(f)
	r.end()
	for _, o := range []archive.SourceOptions{{}, {Deleted: true}} {
		src := openToRead(t, dir).Source(o)
		g := newGot()
		work := []mailhaul.Work{{Folder: &mailhaul.Folder{Name: "A", UIDValidity: 8}, UIDs: mailhaul.UIDSetOf(5, 7)}}
		if err := src.Fetch(t.Context(), work, g.take); err != nil {
			t.Error(err)
		}
		if g.texts["A 5"] != header || !errors.Is(g.errs["A 7"], mailhaul.ErrGone) {
			t.Errorf("%+v: %q, %v", o, g.texts, g.errs)
		}
	}
}
