package checkpoint_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// useAll calls every method that a run calls and returns all errors.
func useAll(ctx context.Context, l *checkpoint.Ledger) error {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	run, err := l.BeginRun(ctx, "backup", time.Unix(0, 0))
	note(err)
	_, err = l.Identity(ctx)
	note(err)
	_, _, err = l.LastRun(ctx)
	note(err)
	folders, err := l.Folders(ctx)
	note(err)
	_, err = l.Failures(ctx)
	note(err)
	for i, f := range folders {
		if i == 3 {
			break
		}
		note(l.PutFolders(ctx, run, []*mailhaul.Folder{&f.Folder}))
		last := mailhaul.UID(0)
		for m, err := range l.Messages(ctx, f.ID) {
			note(err)
			last = max(last, m.UID)
		}
		_, _, err = l.UIDs(ctx, f.ID, f.UIDValidity)
		note(err)
		if _, err = l.Message(ctx, f.ID, 1); !errors.Is(err, fs.ErrNotExist) {
			note(err)
		}
		_, err = l.SetFlags(ctx, run, &f.Folder, []mailhaul.UIDFlags{{UID: 1, Flags: "x"}, {UID: 2, Flags: "y"}})
		note(err)
		_, err = l.FlagChanges(ctx, &f.Folder, []mailhaul.UIDFlags{{UID: 1, Flags: "z"}})
		note(err)
		note(l.PutHeld(ctx, &f.Folder))
		note(l.SetPlaces(ctx, &f.Folder, map[mailhaul.UID]string{2: "two"}))
		_, err = l.MarkGone(ctx, run, &f.Folder, mailhaul.UIDSetOf(1, 2, 5))
		note(err)
		_, err = l.Revive(ctx, run, &f.Folder, mailhaul.UIDSetOf(1, 2))
		note(err)
		note(l.PutFailures(ctx, run, &f.Folder, []checkpoint.Failure{{UID: 7}}))
		note(l.DropFailures(ctx, &f.Folder, mailhaul.UIDSet{}))
		if last < 1<<32-2 {
			note(l.Announce(ctx, run, []mailhaul.Intent{intent(&f.Folder, last+1)}))
			note(l.Record(ctx, run, []mailhaul.Receipt{receipt(&f.Folder, last+1)}))
			_, err = l.Forget(ctx, run, &f.Folder, mailhaul.UIDSetOf(last+1))
			note(err)
		}
		note(l.FolderDone(ctx, run, &f.Folder))
	}
	intents, err := l.Intents(ctx)
	note(err)
	for _, i := range intents {
		note(l.DropIntents(ctx, i.FolderID, i.UIDValidity, mailhaul.UIDSetOf(i.UID)))
	}
	note(l.IntegrityCheck(ctx))
	note(l.EndRun(ctx, run, "done", checkpoint.Counts{}, time.Unix(0, 0)))
	return errors.Join(errs...)
}

// tryLedger writes a ledger and its log, opens and uses it. It returns the
// errors; that it returns at all is what tests of damage are about first.
func tryLedger(t testing.TB, file, log []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if log != nil {
		if err := os.WriteFile(path+"-wal", log, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if r, err := checkpoint.OpenReadOnly(ctx, path); err == nil {
		_, _ = r.Folders(ctx)
		if err := r.Close(); err != nil {
			return err
		}
	}
	l, err := checkpoint.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(useAll(ctx, l), l.Close())
}

func sound(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filled(t, filepath.Join(t.TempDir(), "mailhaul.db")))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDamage(t *testing.T) {
	whole := sound(t)
	if err := tryLedger(t, whole, nil); err != nil {
		t.Fatal("a sound ledger:", err)
	}
	page := func(i int, with byte) []byte {
		b := bytes.Clone(whole)
		copy(b[i*4096:], bytes.Repeat([]byte{with}, 4096))
		return b
	}
	replaced := func(old, with string) []byte {
		if !bytes.Contains(whole, []byte(old)) || len(old) != len(with) {
			t.Fatalf("%q cannot be replaced", old)
		}
		return bytes.ReplaceAll(whole, []byte(old), []byte(with))
	}
	digest := receipt(&mailhaul.Folder{Name: "INBOX"}, 50).Digest
	tests := []struct {
		name string
		file []byte
	}{
		{"one octet", []byte("x")},
		{"text", bytes.Repeat([]byte("This is not a ledger.\n"), 1000)},
		{"garbage behind a right header", append(bytes.Clone(whole[:100]), bytes.Repeat([]byte{0xa5}, 20000)...)},
		{"half", whole[:len(whole)/2]},
		{"last page missing", whole[:len(whole)-4096]},
		{"first page only", whole[:4096]},
		{"header only", whole[:100]},
		{"zeros", make([]byte, len(whole))},
		{"last page zero", page(len(whole)/4096-1, 0)},
		{"page 3 all ones", page(3, 0xff)},
		{"a table renamed", replaced("CREATE TABLE folder (", "CREATE TABLE folded (")},
		{"a column renamed", replaced("fingerprint BLOB", "fangerprint BLOB")},
		{"octets of a digest that end in a row of another length", bytes.Replace(whole, digest[:], nil, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tryLedger(t, tt.file, nil); !errors.Is(err, mailhaul.ErrDamaged) {
				t.Errorf("error %v, want %v", err, mailhaul.ErrDamaged)
			}
		})
	}
}

// Any damage is told as damage or does no harm, and never ends the process.
func TestRandomDamage(t *testing.T) {
	whole := sound(t)
	random := rand.New(rand.NewPCG(1, 2))
	told := 0
	const rounds = 40
	for range rounds {
		b := bytes.Clone(whole)
		for range 1 + random.IntN(8) {
			b[random.IntN(len(b))] ^= byte(1 << random.IntN(8))
		}
		err := tryLedger(t, b, nil)
		if err == nil {
			continue // an octet that nothing uses, or a value that could be one
		}
		if !errors.Is(err, mailhaul.ErrDamaged) && !errors.Is(err, mailhaul.ErrNewer) {
			t.Errorf("damage is told as %v", err)
		}
		told++
	}
	if told < rounds/4 {
		t.Errorf("only %d of %d damages were told", told, rounds)
	}
}

// A log that is damaged loses what was in it, as a cut-off one does, and no more.
func TestDamagedLog(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2, 3)
	read := func(name string) []byte {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	file, log := read(b.path), read(b.path+"-wal")
	for end := 0; end <= len(log); end += 4000 {
		if err := tryLedger(t, file, log[:end]); err != nil {
			t.Errorf("log cut off at %d: %v", end, err)
		}
	}
	flipped := bytes.Clone(log)
	flipped[len(flipped)/2] ^= 1
	if err := tryLedger(t, file, flipped); err != nil {
		t.Errorf("log with an octet flipped: %v", err)
	}
	if err := tryLedger(t, file, bytes.Repeat([]byte("not a log "), 1000)); err != nil {
		t.Errorf("log of garbage: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	whole := sound(f)
	f.Add(whole, []byte(nil))
	f.Add(whole[:8192], []byte("log"))
	f.Add([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{0x37}, 5000))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, file, log []byte) {
		if len(file) > 1<<20 || len(log) > 1<<20 {
			return
		}
		_ = tryLedger(t, file, log) // must come back
	})
}
