package archive_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// run is an archive in the hands of a test, as the pipeline uses it.
type run struct {
	t   *testing.T
	a   *archive.Archive
	id  checkpoint.RunID
	got []mailhaul.Receipt
}

// begin opens the archive in dir and begins a run.
func begin(t *testing.T, dir string, format archive.Format) *run {
	t.Helper()
	a, err := archive.Open(t.Context(), dir, archive.Options{Account: "me@mail.example.org", Format: format})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, a: a}
	if r.id, err = a.Ledger().BeginRun(t.Context(), "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	a.Receipts(func(rs []mailhaul.Receipt) error {
		r.got = append(r.got, rs...)
		return a.Ledger().Record(context.WithoutCancel(t.Context()), r.id, rs)
	})
	return r
}

// folder makes a folder ready.
func (r *run) folder(name string) *mailhaul.Folder {
	r.t.Helper()
	f := &mailhaul.Folder{Name: name, Delimiter: "/", UIDValidity: 7}
	r.prepare(f)
	return f
}

func (r *run) prepare(folders ...*mailhaul.Folder) {
	r.t.Helper()
	if err := r.a.Prepare(r.t.Context(), folders); err != nil {
		r.t.Fatal(err)
	}
	if err := r.a.Ledger().PutFolders(r.t.Context(), r.id, folders); err != nil {
		r.t.Fatal(err)
	}
}

// date has a zone that is neither UTC nor that of any machine.
var date = time.Date(2023, 11, 14, 22, 13, 20, 0, time.FixedZone("", -(3*60+30)*60))

func message(f *mailhaul.Folder, uid mailhaul.UID, text []byte) *mailhaul.Message {
	return &mailhaul.Message{
		Folder: f, UID: uid, Flags: mailhaul.MakeFlags(`\Seen`, "$Forwarded", "work"), InternalDate: date,
		Size: int64(len(text)), Body: bytes.NewReader(text),
	}
}

func (r *run) store(f *mailhaul.Folder, uid mailhaul.UID, text []byte) {
	r.t.Helper()
	if err := r.a.Store(r.t.Context(), message(f, uid, text)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) flush() {
	r.t.Helper()
	if err := r.a.Flush(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// end ends the run and closes the archive.
func (r *run) end() {
	r.t.Helper()
	if err := r.a.Ledger().EndRun(r.t.Context(), r.id, "done", checkpoint.Counts{}, time.Now()); err != nil {
		r.t.Fatal(err)
	}
	r.close()
}

func (r *run) close() {
	r.t.Helper()
	if err := r.a.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// text reads a message back.
func text(t *testing.T, a *archive.Archive, folder string, uid mailhaul.UID) ([]byte, error) {
	t.Helper()
	f := known(t, a, folder)
	m, err := a.Ledger().Message(t.Context(), f.ID, uid)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(t, a, f, m)
}

func readAll(t *testing.T, a *archive.Archive, f checkpoint.Folder, m checkpoint.Message) ([]byte, error) {
	t.Helper()
	r, err := a.Message(t.Context(), f, m)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func known(t *testing.T, a *archive.Archive, folder string) checkpoint.Folder {
	t.Helper()
	folders, err := a.Ledger().Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.Name == folder {
			return f
		}
	}
	t.Fatalf("the ledger has no folder %q", folder)
	return checkpoint.Folder{}
}

// verify returns what Verify found, and fails when something is damaged that
// want does not name.
func verify(t *testing.T, dir string) (archive.VerifyReport, []archive.Damage) {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var found []archive.Damage
	report, err := a.Verify(t.Context(), func(int64, int64) {}, func(d archive.Damage) { found = append(found, d) })
	if err != nil {
		t.Fatal(err)
	}
	return report, found
}

// wantClean fails unless all is well and there are so many messages.
func wantClean(t *testing.T, dir string, messages int64) {
	t.Helper()
	report, found := verify(t, dir)
	if len(found) > 0 || report.Damaged != 0 {
		t.Errorf("verify found %d: %+v", report.Damaged, found)
	}
	if report.Messages != messages {
		t.Errorf("verify saw %d messages, want %d", report.Messages, messages)
	}
}
