//go:build linux

package crashtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// killCalls are the system calls before which the program is killed: all by
// which it changes files. SQLite calls some by another name than Go does.
func killCalls() []string {
	return []string{
		"open,openat", "write", "pwrite64", "fsync,fdatasync", "syncfs", "rename,renameat,renameat2",
		"ftruncate", "unlink,unlinkat", "close", "mkdir,mkdirat",
	}
}

// mostPoints bounds the points of one kind, should the program never end.
const mostPoints = 500

// leastPoints is what a run of five messages has at the least, of all kinds
// together. strace counts calls by thread, and a goroutine may change threads:
// so the points are not the same at every time, and not quite all. That no point
// is missed is up to TestPowerLoss, where a kill is the state "all kept".
const leastPoints = 60

// TestKillPoints kills the program before its first, second, third... system
// call of each kind, and lets the next run make good.
func TestKillPoints(t *testing.T) {
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			a := newAccount(t)
			points := make([]int, len(killCalls()))
			t.Cleanup(func() { // after the parallel tests
				sum := 0
				for _, n := range points {
					sum += n
				}
				if t.Logf("%d points: %d", sum, points); sum < leastPoints {
					t.Errorf("killed at %d points, want at least %d", sum, leastPoints)
				}
			})
			for i, calls := range killCalls() {
				t.Run(calls, func(t *testing.T) {
					t.Parallel()
					points[i] = killAtEach(t, a, format, calls)
				})
			}
		})
	}
}

// killAtEach returns at how many calls the program was killed.
func killAtEach(t *testing.T, a *account, format, calls string) int {
	dir := filepath.Join(scratch(t), "archive")
	for n := 1; n <= mostPoints; n++ {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		line := append([]string{
			"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls,
			"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n),
		}, backupArgs(url(user, a.server.Addr), dir, format)...)
		o := execute(t, line)
		if !o.killed {
			if o.code != 0 {
				t.Fatalf("not killed at call %d, exit code %d\n%s%s", n, o.code, o.stdout, o.stderr)
			}
			return n - 1
		}
		if _, err := checkRecorded(t.Context(), dir, a.known(), o.acked); err != nil {
			t.Errorf("killed at call %d: %v", n, err)
		}
		if err := makeGood(t.Context(), dir, a, archive.Format(format)); err != nil {
			t.Errorf("killed at call %d: %v", n, err)
		}
	}
	t.Fatalf("still killed at call %d", mostPoints)
	return 0
}
