//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// minFiles is how many files the process must be able to open: what is left of a
// limit of 64 beside standard input, output and error, and what the runtime has.
const minFiles = 56

// checkFiles refuses a process that can open too few files. It would meet the limit
// anywhere, and if that is where the Go runtime first waits for a connection, the
// runtime ends the process.
func checkFiles() error {
	var opened []int
	defer func() {
		for _, fd := range opened {
			unix.Close(fd)
		}
	}()
	for len(opened) < minFiles {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
			return fmt.Errorf("only %d files can be opened at once, %d are needed; nothing was done\n"+
				"  raise the limit: ulimit -n 1024, or LimitNOFILE=1024 in a systemd unit", len(opened), minFiles)
		}
		if err != nil {
			return nil // what there is to say of it, is said where it matters
		}
		opened = append(opened, fd)
	}
	return nil
}
