package archive_test

import (
	"fmt"
	"os"
	"strings"
)

// maxMemory returns the most memory that this process had, in octets. What
// getrusage says is no use: it counts the process that this one was forked from.
func maxMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		panic(err)
	}
	return kib << 10
}
