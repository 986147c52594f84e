package endpointtest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
)

// Target holds a target against its contract. open gives a new, empty one each
// time, and read what a receipt speaks of.
func Target(t *testing.T, open func(t *testing.T) (target mailhaul.Target, read func(mailhaul.Receipt) ([]byte, error))) {
	t.Helper()
	t.Run("stores", func(t *testing.T) {
		target, read := open(t)
		stores(t, target, read)
	})
	t.Run("bad bodies", func(t *testing.T) {
		target, _ := open(t)
		badBodies(t, target)
	})
	t.Run("receipts refused", func(t *testing.T) {
		target, _ := open(t)
		receiptsRefused(t, target)
	})
}

// book collects receipts.
type book struct {
	mu       sync.Mutex
	receipts map[mailhaul.UID]mailhaul.Receipt
	doubled  bool
}

func (b *book) record(rs []mailhaul.Receipt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range rs {
		if _, twice := b.receipts[r.UID]; twice {
			b.doubled = true
		}
		b.receipts[r.UID] = r
	}
	return nil
}

func prepared(t *testing.T, target mailhaul.Target, name string) *mailhaul.Folder {
	t.Helper()
	f := &mailhaul.Folder{ID: 1, Name: name, Delimiter: "/", UIDValidity: 7}
	if err := target.Prepare(t.Context(), []*mailhaul.Folder{f}); err != nil {
		t.Fatal(err)
	}
	return f
}

func message(f *mailhaul.Folder, uid mailhaul.UID, octets string) *mailhaul.Message {
	return &mailhaul.Message{Folder: f, UID: uid, Flags: `\Seen`, InternalDate: time.Unix(1e9, 0).In(time.FixedZone("", 3600)),
		Size: int64(len(octets)), Body: strings.NewReader(octets)}
}

// stores: what is stored from several goroutines has one receipt each once
// Flush returns, with the digest of its octets, and is read back as it was.
func stores(t *testing.T, target mailhaul.Target, read func(mailhaul.Receipt) ([]byte, error)) {
	b := &book{receipts: map[mailhaul.UID]mailhaul.Receipt{}}
	target.Receipts(b.record)
	f := prepared(t, target, "INBOX")
	octets := func(uid int) string {
		return fmt.Sprintf("Subject: %d\r\n\r\n%s", uid, strings.Repeat("From me\r\n", uid%7))
	}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for uid := w*25 + 1; uid <= w*25+25; uid++ {
				if err := target.Store(t.Context(), message(f, mailhaul.UID(uid), octets(uid))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if err := target.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.receipts) != 100 || b.doubled {
		t.Errorf("%d receipts, doubled: %v", len(b.receipts), b.doubled)
	}
	for uid, r := range b.receipts {
		want := octets(int(uid))
		if r.Size != int64(len(want)) || r.Digest != sha256.Sum256([]byte(want)) || r.Flags != `\Seen` || r.Fingerprint != mailhaul.MakeFingerprint([]byte(want)) {
			t.Errorf("UID %d: receipt %+v", uid, r)
		}
		if got, err := read(r); err != nil || string(got) != want {
			t.Errorf("UID %d: %q, %v, want %q", uid, got, err, want)
		}
	}
}

// Places holds a target that gives folders a Place against its contract: folders
// of different names have different places, and keep them.
func Places(t *testing.T, target mailhaul.Target) {
	t.Helper()
	var folders []*mailhaul.Folder
	for i, name := range []string{"Work", "work", "caf\u00e9", "cafe\u0301", "../up", "/abs", "CON", "a/b", "a%2Fb", "", ".", "cur", strings.Repeat("x", 300)} {
		folders = append(folders, &mailhaul.Folder{ID: int64(i + 1), Name: name, Delimiter: "/", UIDValidity: 1})
	}
	for range 2 {
		if err := target.Prepare(t.Context(), folders); err != nil {
			t.Fatal(err)
		}
		places := map[string]string{}
		for _, f := range folders {
			if other, taken := places[strings.ToLower(f.Place)]; taken {
				t.Errorf("%q and %q have one place, %q", other, f.Name, f.Place)
			}
			places[strings.ToLower(f.Place)] = f.Name
		}
	}
}

// badBodies: of a body that is short, long or broken nothing remains, and the
// target goes on.
func badBodies(t *testing.T, target mailhaul.Target) {
	b := &book{receipts: map[mailhaul.UID]mailhaul.Receipt{}}
	target.Receipts(b.record)
	f := prepared(t, target, "INBOX")
	broken := errors.New("line lost")
	for uid, body := range []io.Reader{strings.NewReader("short"), strings.NewReader(strings.Repeat("long", 100)), io.MultiReader(strings.NewReader("half"), failing{broken})} {
		m := message(f, mailhaul.UID(uid+1), "")
		m.Size, m.Body = 20, body
		if err := target.Store(t.Context(), m); err == nil || uid == 2 && !errors.Is(err, broken) {
			t.Errorf("body %d: %v", uid, err)
		}
	}
	if err := target.Store(t.Context(), message(f, 9, "Subject: good\r\n\r\n")); err != nil {
		t.Error(err)
	}
	if err := target.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if _, ok := b.receipts[9]; !ok || len(b.receipts) != 1 {
		t.Errorf("receipts for %d messages", len(b.receipts))
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// receiptsRefused: when receipts cannot be recorded the target stops.
func receiptsRefused(t *testing.T, target mailhaul.Target) {
	full := errors.New("ledger is full")
	target.Receipts(func([]mailhaul.Receipt) error { return full })
	f := prepared(t, target, "INBOX")
	if err := target.Store(t.Context(), message(f, 1, "Subject: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := target.Flush(t.Context()); !errors.Is(err, full) {
		t.Errorf("Flush: %v", err)
	}
	if err := target.Store(t.Context(), message(f, 2, "Subject: x\r\n\r\n")); !errors.Is(err, full) {
		t.Errorf("Store afterwards: %v", err)
	}
}
