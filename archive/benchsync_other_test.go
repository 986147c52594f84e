//go:build !linux

package archive_test

import (
	"os"
	"path/filepath"
	"testing"
)

// syncFloor makes a group's files durable the fastest way that there is.
func syncFloor(b *testing.B, dir string) {
	names, err := filepath.Glob(dir + "/tmp/*")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
