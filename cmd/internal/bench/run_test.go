package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// measured is what one run took, as package stopwatch tells it.
type measured struct {
	Exit       int           `json:"exit"`
	Wall       time.Duration `json:"wall"`
	CPU        time.Duration `json:"cpu"`
	PeakMemory int64         `json:"peak_memory"`
}

// run runs an entry once as a process of its own and returns its output.
func (e entry) run(ctx context.Context, dir string, durable bool) (m measured, stdout string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, "", err
	}
	line, err := e.command(dir)
	if err != nil {
		return m, "", fmt.Errorf("make ready: %w", err)
	}
	if durable {
		syscall.Sync() // what earlier runs left to the system must not be written in this one's time
	}
	return timed(ctx, filepath.Join(dir, "measured.json"), line)
}

// timed runs a command line under the stopwatch, which writes to the file
// result.
func timed(ctx context.Context, result string, line commandLine) (m measured, stdout string, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, program("stopwatch"), append([]string{result}, line.args...)...)
	cmd.Env = append(append(os.Environ(), "MAILHAUL_CONFIG="+os.DevNull), line.env...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	// A process group, so that at the limit the command ends with the stopwatch.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Run(); err != nil {
		return m, "", fmt.Errorf("run %s: %w\n%s", line.args[0], err, errOut.Bytes())
	}
	text, err := os.ReadFile(result)
	if err != nil {
		return m, "", err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, "", fmt.Errorf("read result: %w", err)
	}
	if m.Exit != 0 {
		return m, "", fmt.Errorf("run %s: exit code %d\n%s", line.args[0], m.Exit, errOut.Bytes())
	}
	return m, out.String(), nil
}
