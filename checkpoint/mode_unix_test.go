//go:build unix

package checkpoint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

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
