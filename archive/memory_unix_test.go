//go:build unix && !linux

package archive_test

import "syscall"

// maxMemory returns the most memory that this process had, in octets.
func maxMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Maxrss
}
