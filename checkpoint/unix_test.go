//go:build unix

package checkpoint_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// The umask belongs to the process: this test runs beside no other.
func TestModes(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o277} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			dir := t.TempDir()
			defer syscall.Umask(syscall.Umask(umask))
			l, err := checkpoint.Open(t.Context(), filepath.Join(dir, "mailhaul.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 3 {
				t.Fatalf("%d files, %v; want ledger, log and index", len(entries), err)
			}
			for _, e := range entries {
				if info, err := e.Info(); err != nil || info.Mode() != 0o600 {
					t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
				}
			}
		})
	}
}

// After a write that the disk refused nothing more is written, whatever the
// disk says then: what the kernel dropped would be missing in between.
func TestWriteErrorStays(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1)
	info, err := os.Stat(b.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = uint64(info.Size())
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	failed := b.Record(b.ctx, b.run, []mailhaul.Receipt{receipt(f, 2)})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if failed == nil {
		t.Fatal("a write beyond the limit succeeded")
	}
	if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{receipt(f, 3)}); !errors.Is(err, errors.Unwrap(failed)) {
		t.Errorf("the next write says %v, want %v", err, failed)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, b.path)
	again.wantUIDs(f, "1", "")
	again.record(f, 2, 3)
}
