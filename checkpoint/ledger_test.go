package checkpoint_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// bench is a ledger under test with what the tests keep needing.
type bench struct {
	*checkpoint.Ledger
	t    testing.TB
	ctx  context.Context
	path string
	run  checkpoint.RunID
}

// open makes a new ledger in which a run has begun.
func open(t testing.TB) *bench {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "mailhaul.db"))
}

func openAt(t testing.TB, path string) *bench {
	t.Helper()
	l, err := checkpoint.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Ledger: l, t: t, ctx: t.Context(), path: path}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	b.nextRun()
	return b
}

// nextRun begins another run.
func (b *bench) nextRun() {
	b.t.Helper()
	run, err := b.BeginRun(b.ctx, "backup", time.Unix(1, 2))
	if err != nil {
		b.t.Fatal(err)
	}
	b.run = run
}

// folder puts a folder of that name under UIDVALIDITY 7.
func (b *bench) folder(name string) *mailhaul.Folder {
	b.t.Helper()
	f := &mailhaul.Folder{Name: name, Raw: name, Delimiter: "/", UIDValidity: 7, Place: "place of " + name}
	b.put(f)
	return f
}

func (b *bench) put(folders ...*mailhaul.Folder) {
	b.t.Helper()
	if err := b.PutFolders(b.ctx, b.run, folders); err != nil {
		b.t.Fatal(err)
	}
}

// record records messages of size 10·UID with the given UIDs.
func (b *bench) record(f *mailhaul.Folder, uids ...mailhaul.UID) {
	b.t.Helper()
	var rs []mailhaul.Receipt
	for _, u := range uids {
		rs = append(rs, receipt(f, u))
	}
	if err := b.Record(b.ctx, b.run, rs); err != nil {
		b.t.Fatal(err)
	}
}

// receipt makes a receipt whose every field follows from the UID.
func receipt(f *mailhaul.Folder, u mailhaul.UID) mailhaul.Receipt {
	digest := sha256.Sum256(fmt.Append(nil, f.Name, u))
	return mailhaul.Receipt{
		Folder: f, UID: u, Flags: mailhaul.MakeFlags(`\Seen`),
		InternalDate: time.Date(2024, 2, 29, 12, 0, int(u%60), 0, time.FixedZone("", 5400)),
		Size:         int64(u) * 10, Stored: int64(u)*10 + 3, Offset: int64(u) * 100,
		Digest: digest, Fingerprint: mailhaul.Fingerprint(digest[16:]),
		LineEnds: mailhaul.LF, Place: fmt.Sprintf("%d.mail", u),
	}
}

// intent makes an intent whose every field follows from the UID.
func intent(f *mailhaul.Folder, u mailhaul.UID) mailhaul.Intent {
	r := receipt(f, u)
	return mailhaul.Intent{
		Folder: f, UID: u, Flags: r.Flags, InternalDate: r.InternalDate, Size: r.Size,
		Fingerprint: r.Fingerprint, Digest: r.Digest, UIDValidity: 4_000_000_000, First: u + 7,
	}
}

// read returns the folder with this ID as a reader sees it.
func (b *bench) read(id int64) checkpoint.Folder {
	b.t.Helper()
	folders, err := b.Folders(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range folders {
		if f.ID == id {
			return f
		}
	}
	b.t.Fatalf("folder %d is not there", id)
	return checkpoint.Folder{}
}

// messages returns all messages of a folder.
func (b *bench) messages(id int64) []checkpoint.Message {
	b.t.Helper()
	var ms []checkpoint.Message
	for m, err := range b.Messages(b.ctx, id) {
		if err != nil {
			b.t.Fatal(err)
		}
		ms = append(ms, m)
	}
	return ms
}

// wantUIDs checks which UIDs are live and gone, and that the sums follow.
func (b *bench) wantUIDs(f *mailhaul.Folder, live, gone string) {
	b.t.Helper()
	l, g, err := b.UIDs(b.ctx, f.ID, f.UIDValidity)
	if err != nil {
		b.t.Fatal(err)
	}
	if l.String() != live || g.String() != gone {
		b.t.Errorf("live %q, gone %q; want %q, %q", l, g, live, gone)
	}
	if err := b.IntegrityCheck(b.ctx); err != nil {
		b.t.Error(err)
	}
}

// wantSilent checks that fn commits nothing.
func (b *bench) wantSilent(fn func() error) {
	b.t.Helper()
	db := b.sql()
	before := query[int64](b.t, db, "PRAGMA data_version")
	if err := fn(); err != nil {
		b.t.Error(err)
	}
	if after := query[int64](b.t, db, "PRAGMA data_version"); after != before {
		b.t.Error("something was written")
	}
}

// sql opens a connection past the package.
func (b *bench) sql() *sql.DB {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.t.Cleanup(func() { db.Close() })
	return db
}

// query returns the one value of a query.
func query[T any](t testing.TB, db *sql.DB, text string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), text, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestUseAtOnce(t *testing.T) {
	b := open(t)
	var folders []*mailhaul.Folder
	for i := range 4 {
		folders = append(folders, b.folder(fmt.Sprint(i)))
	}
	var group sync.WaitGroup
	for _, f := range folders {
		group.Go(func() {
			for u := mailhaul.UID(1); u <= 20; u++ {
				if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{receipt(f, u)}); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 20 {
				live, _, err := b.UIDs(b.ctx, f.ID, f.UIDValidity)
				if err != nil || len(live.Ranges()) > 1 {
					t.Errorf("read beside writers: %s, %v", live, err)
				}
				if err := b.IntegrityCheck(b.ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, f := range folders {
		b.wantUIDs(f, "1:20", "")
	}
}
