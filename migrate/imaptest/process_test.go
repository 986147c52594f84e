package imaptest_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// dieEnv tells a copy of this test which server to start and how to die.
const dieEnv = "IMAPTEST_DIE"

// TestServersEndWithTheProcess runs a copy of the test that starts a server and
// does not come to its end.
func TestServersEndWithTheProcess(t *testing.T) {
	if how := os.Getenv(dieEnv); how != "" {
		die(t, how)
	}
	for _, how := range []string{"dovecot returns", "dovecot panics", "dovecot is killed", "cyrus is killed", "courier is killed"} {
		t.Run(how, func(t *testing.T) {
			alive, held, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServersEndWithTheProcess$", "-test.count=1")
			cmd.Env = append(os.Environ(), dieEnv+"="+how)
			// The supervisor inherits the pipe, so that reading comes to an end
			// when there is no process left. The shell takes the first for its own.
			cmd.ExtraFiles = []*os.File{held, held}
			out, err := cmd.CombinedOutput()
			if (err == nil) != strings.HasSuffix(how, "returns") {
				t.Errorf("the copy ended with %v:\n%s", err, out)
			}
			held.Close()
			if _, err := io.Copy(io.Discard, alive); err != nil {
				t.Fatal(err)
			}
			var addr, file string
			_, rest, _ := strings.Cut(string(out), "started ")
			if n, _ := fmt.Sscan(rest, &addr, &file); n != 2 {
				t.Fatalf("the copy started nothing:\n%s", out)
			}
			if listens(addr) {
				t.Errorf("something still listens on %s", addr)
			}
			if _, err := os.Stat(file); !os.IsNotExist(err) {
				t.Errorf("stat %s: %v, want it gone", file, err)
			}
		})
	}
}

// listens tells whether something listens on addr and does not stop to within
// seconds: couriertcpd does not inherit the pipe, and may end a moment later.
func listens(addr string) bool {
	for range 500 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
	return true
}

// die starts a server and ends the process in the way asked for.
func die(t *testing.T, how string) {
	var s *imaptest.Server
	switch name, _, _ := strings.Cut(how, " "); name {
	case "dovecot":
		s = imaptest.Dovecot(t)
	case "cyrus":
		s = imaptest.Cyrus(t)
	case "courier":
		s = imaptest.Courier(t)
	}
	fmt.Printf("started %s %s\n", s.Addr, s.CAFile)
	switch {
	case strings.HasSuffix(how, "panics"):
		panic("as asked")
	case strings.HasSuffix(how, "killed"):
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	default:
		os.Exit(0)
	}
}
