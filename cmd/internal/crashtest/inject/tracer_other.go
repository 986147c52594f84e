//go:build !(linux && amd64)

package inject

import (
	"fmt"
	"os"
	"runtime"
)

// Main tells that nothing can be injected on this system.
func (f Fault) Main([]string) int {
	fmt.Fprintf(os.Stderr, "inject: not known how to on %s/%s\n", runtime.GOOS, runtime.GOARCH)
	return 125
}
