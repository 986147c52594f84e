//go:build linux

package limittest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program is the program as it is run in a test.
type program struct {
	state  string   // the directory of the ledgers of pairs
	before []string // the command that runs it, such as one that takes rights away
}

func newProgram(t *testing.T) *program { return &program{state: t.TempDir()} }

// outcome is how a run ended.
type outcome struct {
	code           int
	stdout, stderr string
	peak           int64 // octets of memory that were resident
}

// run runs the program with an account's password at hand. The memory is counted
// by a process between: Linux counts that of the process which starts another.
func (p *program) run(t *testing.T, args ...string) outcome {
	t.Helper()
	result := filepath.Join(t.TempDir(), "measured.json")
	line := append([]string{filepath.Join(binaries, "stopwatch"), result}, p.before...)
	line = append(append(line, filepath.Join(binaries, "mailhaul")), args...)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "MAILHAUL_PASSWORD=secret", "XDG_STATE_HOME="+p.state, "XDG_CONFIG_HOME="+p.state, "HOME="+p.state)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	text, readErr := os.ReadFile(result)
	if err := errors.Join(err, readErr); err != nil {
		t.Fatalf("run %q: %v\n%s", line, err, &stderr)
	}
	var m struct {
		Exit       int           `json:"exit"`
		Wall       time.Duration `json:"wall"`
		PeakMemory int64         `json:"peak_memory"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	t.Logf("%4d MiB %8.3f s  exit code %d  %.100q", m.PeakMemory>>20, m.Wall.Seconds(), m.Exit, args)
	return outcome{m.Exit, stdout.String(), stderr.String(), m.PeakMemory}
}

// do runs the program and ends the test unless all was done.
func (p *program) do(t *testing.T, args ...string) outcome {
	t.Helper()
	got := p.run(t, args...)
	if got.code != 0 {
		t.Fatalf("%q: exit code %d\n%s%s", args, got.code, got.stdout, got.stderr)
	}
	return got
}
