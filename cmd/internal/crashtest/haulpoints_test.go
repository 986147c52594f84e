//go:build linux

package crashtest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// haulCalls are the system calls before which a copy is killed, and at each
// so-manieth of them when tests do not look closely: those by which the ledger is
// written and made durable, and those by which the program speaks with the
// servers. Before one is behind the one before.
func haulCalls() map[string]int {
	return map[string]int{"fsync,fdatasync": 1, "pwrite64": 5, "write": 7, "read": 9}
}

// mostPoints bounds the points of one kind, should the program never end.
const mostPoints = 500

// leastHaulPoints is what the points are together at the least.
const leastHaulPoints = 40

// TestHaulKillPoints kills a copy before its system calls, one run for each, and
// lets the next run finish.
func TestHaulKillPoints(t *testing.T) {
	var points atomic.Int64
	c := newCrowd(t)
	for name, capability := range map[string]string{"rich": richTarget, "poor": poorTarget} {
		for calls, step := range haulCalls() {
			c.run(name+"/"+calls, func(t *testing.T) {
				h, target := newScriptHaul(t, capability)
				n := h.killAtCalls(t, target, calls, step)
				t.Logf("%d points", n)
				points.Add(int64(n))
			})
		}
	}
	c.wait.Wait()
	if n := points.Load(); n < leastHaulPoints {
		t.Errorf("killed at %d points, want at least %d", n, leastHaulPoints)
	}
}

// killAtCalls returns at how many calls the program was killed.
func (h *haul) killAtCalls(t *testing.T, target *imaptest.ScriptServer, calls string, step int) (points int) {
	t.Helper()
	if torture() {
		step = 1
	}
	for n := 1 + chance(t).IntN(step); n <= mostPoints; n += step {
		if err := os.RemoveAll(filepath.Join(h.state, "mailhaul")); err != nil {
			t.Fatal(err)
		}
		target.Change(func([]*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			return []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7}}
		})
		h.via.set(trap{})
		// strace counts the calls of each thread: the fewer there are the better.
		o := executeWith(t, append(h.env(), "GOMAXPROCS=1"), append([]string{
			"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls,
			"-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n),
		}, h.args()...))
		if !o.killed {
			if _, err := summaryOf(o); err != nil {
				t.Fatalf("not killed at call %d: %v", n, err)
			}
			return points
		}
		points++
		_, err := h.recorded(t.Context(), o.acked)
		err = errors.Join(err, h.finish(t))
		count("kill before a system call, the line's too", "migrate", "", err)
		if err != nil {
			t.Errorf("killed at call %d: %v", n, err)
		}
	}
	t.Fatalf("still killed at call %d", mostPoints)
	return 0
}
