package archive_test

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestSourcePast shows what is given of the past, and of what was deleted. The
// first run has the number 1.
func TestSourcePast(t *testing.T) {
	type content = map[string]string
	tests := map[string]struct {
		do      func(r *run)
		asOf    []content // of run 1 and those behind it
		deleted []content // since run 0 and those behind it
	}{
		"deleted, one by one": {func(r *run) {
			f := r.filled("A", "a", "b", "c")
			r.filled("B", "x")
			r.next()
			r.markGone(f, 1)
			r.next()
			r.markGone(f, 3)
		}, []content{{"A": "7: 1=a 2=b 3=c", "B": "7: 1=x"}, {"A": "7: 2=b 3=c", "B": "7: 1=x"}, {"A": "7: 2=b", "B": "7: 1=x"}},
			[]content{{"A": "7: 1=a 3=c"}, {"A": "7: 1=a 3=c"}, {"A": "7: 3=c"}, {}}},
		"moved, then deleted": {func(r *run) {
			a := r.filled("A", "a", "b")
			r.next()
			r.markGone(a, 1)
			b := r.filled("B", "a")
			r.next()
			r.markGone(b, 1)
		}, []content{{"A": "7: 1=a 2=b"}, {"A": "7: 2=b", "B": "7: 1=a"}, {"A": "7: 2=b", "B": "7:"}},
			[]content{{"B": "7: 1=a"}, {"B": "7: 1=a"}, {"B": "7: 1=a"}, {}}},
		"folder renamed, another one in its place": {func(r *run) {
			a := r.filled("A", "a")
			r.next()
			r.rename(a, "B")
			r.rename(r.filled("C", "new"), "A")
		}, []content{{"A": "7: 1=a"}, {"A": "7: 1=new", "B": "7: 1=a"}}, []content{{}}},
		"folder deleted": {func(r *run) {
			r.filled("B", "b")
			a := r.filled("A", "a")
			r.folderGone(a)
		}, []content{{"A": "7: 1=a", "B": "7: 1=b"}, {"B": "7: 1=b"}}, []content{{"A": "7: 1=a"}, {"A": "7: 1=a"}, {}}},
		"another UIDVALIDITY": {func(r *run) {
			f := r.filled("A", "a", "b", "c")
			r.next()
			r.revalidate(f, 8, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 1, UID: 5}, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 3, UID: 4})
			r.oldGone(f)
		}, []content{{"A": "7: 1=a 2=b 3=c"}, {"A": "8: 4=c 5=a"}}, []content{{"A": "7: 2=b"}, {"A": "7: 2=b"}, {}}},
		"deleted under two UIDVALIDITYs": {func(r *run) {
			f := r.filled("A", "a", "b")
			r.next()
			r.revalidate(f, 8, checkpoint.Rebinding{OldUIDValidity: 7, OldUID: 1, UID: 2})
			r.oldGone(f)
			r.markGone(f, 2)
		}, []content{{"A": "7: 1=a 2=b"}, {"A": "8:"}}, []content{{"A": "8: 2=a", "A (UIDVALIDITY 7)": "7: 2=b"}}},
	}
	for name, tt := range tests {
		for _, format := range []archive.Format{archive.Maildir, archive.Mbox} {
			t.Run(name+", "+string(format), func(t *testing.T) {
				r := begin(t, filepath.Join(t.TempDir(), "archive"), format)
				tt.do(r)
				for i, want := range tt.asOf {
					id := checkpoint.RunID(i + 1)
					if got := shown(t, r.a.Source(archive.SourceOptions{AsOf: id})); !maps.Equal(got, want) {
						t.Errorf("as of run %d: %q, want %q", id, got, want)
					}
				}
				for i, want := range tt.deleted {
					id := checkpoint.RunID(i)
					if got := shown(t, r.a.Source(archive.SourceOptions{DeletedSince: &id})); !maps.Equal(got, want) {
						t.Errorf("deleted since run %d: %q, want %q", id, got, want)
					}
				}
			})
		}
	}
}

// TestSourcePastWithDeleted: what had been deleted before then is given, too.
func TestSourcePastWithDeleted(t *testing.T) {
	r := begin(t, filepath.Join(t.TempDir(), "archive"), archive.Maildir)
	f := r.filled("A", "a", "b", "c")
	gone := r.filled("B", "x")
	r.next()
	r.markGone(f, 1)
	r.folderGone(gone) // run 3
	r.next()
	r.markGone(f, 2)
	want := map[string]string{"A": "7: 1=a 2=b 3=c", "B": "7: 1=x"}
	if got := shown(t, r.a.Source(archive.SourceOptions{AsOf: 3, Deleted: true})); !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
