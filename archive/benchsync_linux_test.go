package archive_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// syncFloor makes a group's files durable the fastest way that there is.
func syncFloor(b *testing.B, dir string) {
	d, err := os.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		b.Fatal(err)
	}
}
