package archive_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// FuzzExact stores any octets in both formats and reads them back.
func FuzzExact(f *testing.F) {
	for _, text := range hostile() {
		if len(text) < 1000 {
			f.Add([]byte(text))
		}
	}
	type open struct {
		a   *archive.Archive
		f   *mailhaul.Folder
		uid mailhaul.UID
	}
	var all []*open
	for _, format := range formats {
		a, err := archive.Open(f.Context(), filepath.Join(f.TempDir(), "archive"), archive.Options{Format: format})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() { a.Close() })
		id, err := a.Ledger().BeginRun(f.Context(), "test", time.Now())
		if err != nil {
			f.Fatal(err)
		}
		o := &open{a: a, f: &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}}
		a.Receipts(func(rs []mailhaul.Receipt) error { return a.Ledger().Record(context.Background(), id, rs) })
		if err := a.Prepare(f.Context(), []*mailhaul.Folder{o.f}); err != nil {
			f.Fatal(err)
		}
		if err := a.Ledger().PutFolders(f.Context(), id, []*mailhaul.Folder{o.f}); err != nil {
			f.Fatal(err)
		}
		all = append(all, o)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		for _, o := range all {
			o.uid++
			if err := o.a.Store(t.Context(), message(o.f, o.uid, octets)); err != nil {
				t.Fatal(err)
			}
			if err := o.a.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			m, err := o.a.Ledger().Message(t.Context(), o.f.ID, o.uid)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(t, o.a, checkpoint.Folder{Folder: *o.f}, m)
			if err != nil || string(got) != string(octets) {
				t.Errorf("%s: %q came back as %q, %v", o.a.Format(), octets, got, err)
			}
		}
	})
}
