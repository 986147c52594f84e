package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// TestPruneDiskFull: an mbox for whose new file there is no room is left as it is,
// and a smaller one is pruned all the same. Only root can mount a small disk, so
// others run this test as the root of a namespace.
func TestPruneDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		asRoot(t)
		return
	}
	mount := t.TempDir()
	if err := syscall.Mount("none", mount, "tmpfs", 0, "size=5m"); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	defer syscall.Unmount(mount, 0)
	dir := filepath.Join(mount, "archive")
	r := begin(t, dir, archive.Mbox)
	inbox, old := r.folder("INBOX"), r.folder("Old")
	for uid := mailhaul.UID(1); uid <= 6; uid++ {
		r.store(inbox, uid, []byte(lines(500_000)))
		r.store(old, uid, numbered(uid))
	}
	r.flush()
	if _, err := r.a.Ledger().FolderGone(t.Context(), r.id, old.ID); err != nil {
		t.Fatal(err)
	}
	r.end()
	gone(t, dir, 1)
	report := prune(t, dir, archive.PruneOptions{Before: time.Now()})
	if len(report.Folders) != 2 || !errors.Is(report.Folders[0].Err, syscall.ENOSPC) ||
		!strings.Contains(report.Folders[0].Err.Error(), "no room for the file that is to replace it, of 2456440 octets") {
		t.Errorf("%+v", report)
	}
	if report.Left != 1 || report.Messages != 6 || report.Folders[1].Err != nil {
		t.Errorf("%+v", report)
	}
	wantClean(t, dir, 6)
	if left, err := filepath.Glob(filepath.Join(dir, "mail", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	if err := syscall.Mount("none", mount, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if report := prune(t, dir, archive.PruneOptions{Before: time.Now()}); report.Left != 0 || report.Messages != 1 {
		t.Errorf("%+v", report)
	}
	wantClean(t, dir, 5)
}
