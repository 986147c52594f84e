package archive_test

import (
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// When a group cannot be made durable nothing of it gets a receipt or stays, and
// the archive takes no more; the next run goes on.
func TestCommitFails(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			f, other := r.folder("INBOX"), r.folder("other")
			r.store(f, 1, []byte(header))
			r.flush()
			r.store(other, 1, []byte(header))
			r.store(f, 2, []byte(header))
			r.store(f, 3, []byte(header))
			// Somebody removes what was just written.
			if format == archive.Maildir {
				remove(t, one(t, filepath.Join(dir, "mail", f.Place, "tmp"), "U2Z"))
			} else {
				remove(t, filepath.Join(dir, "mail", other.Place))
			}
			err := r.a.Flush(t.Context())
			if err == nil || mailhaul.ScopeOf(err) != mailhaul.ScopeRun {
				t.Fatalf("Flush = %v, want an error of the run", err)
			}
			if err2 := r.a.Store(t.Context(), message(f, 4, []byte(header))); err2 == nil || err2.Error() != err.Error() {
				t.Errorf("Store = %v, want %v", err2, err)
			}
			if len(r.got) != 1 {
				t.Errorf("%d receipts, want that of the group before", len(r.got))
			}
			r.end()
			wantClean(t, dir, 1)
			r = begin(t, dir, "")
			r.prepare(f, other)
			r.store(f, 2, []byte(header))
			r.store(other, 1, []byte(header))
			r.flush()
			r.end()
			wantClean(t, dir, 3)
		})
	}
}

// The same message twice at once is an error of the message, not of the disk.
func TestStoreTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Maildir)
	f := r.folder("INBOX")
	r.store(f, 1, []byte(header))
	if err := r.a.Store(t.Context(), message(f, 1, []byte(header))); err == nil || mailhaul.ScopeOf(err) != mailhaul.ScopeMessage {
		t.Errorf("second Store = %v", err)
	}
	r.store(f, 2, []byte(header))
	r.flush()
	r.end()
	wantClean(t, dir, 2)
}

func TestStoreUnprepared(t *testing.T) {
	for _, format := range formats {
		r := begin(t, filepath.Join(t.TempDir(), "archive"), format)
		f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
		if err := r.a.Store(t.Context(), message(f, 1, []byte(header))); err == nil || mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
			t.Errorf("Store into a folder that was not prepared: %v", err)
		}
		r.close()
	}
}

// A folder that cannot be selected has a place and no files.
func TestNoSelect(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := &mailhaul.Folder{Name: "A", Delimiter: "/", NoSelect: true}
		r.prepare(f)
		if f.Place == "" || len(tree(t, dir+"/mail")) != 1 {
			t.Errorf("%s: place %q, %v", format, f.Place, tree(t, dir+"/mail"))
		}
		r.store(r.folder("A/B"), 1, []byte(header))
		f.NoSelect, f.UIDValidity = false, 7
		r.prepare(f)
		r.store(f, 1, []byte(header))
		r.flush()
		r.end()
		wantClean(t, dir, 2)
	}
}
