//go:build linux

package crashtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// runLimit bounds one run of the program: one that takes longer hangs.
const runLimit = 2 * time.Minute

// outcome is how a run of the program ended.
type outcome struct {
	code   int  // exit code, -1 when killed
	killed bool // by SIGKILL
	acked  int  // messages that the run has said are safe
	stdout []byte
	stderr string
}

// object is a line of JSON that the program writes.
type object struct {
	Event    string `json:"event"`
	Messages int    `json:"messages"`
	New      int    `json:"new"`
	Text     string `json:"text"`
}

// acked returns how many messages one run said are safe, from its output.
func acked(stdout []byte) int {
	n := 0
	for _, line := range lines(stdout) {
		var o object
		if json.Unmarshal(line, &o) != nil {
			continue
		}
		switch o.Event {
		case "progress":
			n = max(n, o.Messages)
		case "summary":
			n = max(n, o.New)
		}
	}
	return n
}

// backupArgs is the command line that backs up an account into dir.
func backupArgs(source, dir, format string, more ...string) []string {
	return append([]string{binary, "backup", "--json", "--format", format, source, dir}, more...)
}

// start makes ready to run a command line, which is killed with all its
// children when ctx ends.
func start(ctx context.Context, line []string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "MAILHAUL_CONFIG="+os.DevNull, "MAILHAUL_PASSWORD="+password)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd, &stdout, &stderr
}

// execute runs a command line to its end.
func execute(t *testing.T, line []string) outcome {
	t.Helper()
	return executeWith(t, nil, line)
}

// executeWith is execute with more in the environment.
func executeWith(t *testing.T, env, line []string) outcome {
	t.Helper()
	o, err := perform(t.Context(), env, line)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// perform runs a command line to its end. The error is that of a run that had none.
func perform(ctx context.Context, env, line []string) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	cmd, stdout, stderr := start(ctx, line)
	cmd.Env = append(cmd.Env, env...)
	err := cmd.Run()
	if ctx.Err() != nil {
		return outcome{}, fmt.Errorf("run %q: still going after %s", line, runLimit)
	}
	return endOf(cmd, err, stdout, stderr)
}

// done is an error unless all was done.
func (o outcome) done() error {
	if o.code != 0 {
		return fmt.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	return nil
}

func ended(t *testing.T, cmd *exec.Cmd, err error, stdout, stderr *bytes.Buffer) outcome {
	t.Helper()
	o, err := endOf(cmd, err, stdout, stderr)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func endOf(cmd *exec.Cmd, err error, stdout, stderr *bytes.Buffer) (outcome, error) {
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && exit == nil {
		return outcome{}, fmt.Errorf("run %q: %w", cmd.Args, err)
	}
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return outcome{
		code:   cmd.ProcessState.ExitCode(),
		killed: status.Signaled() && status.Signal() == syscall.SIGKILL,
		acked:  acked(stdout.Bytes()),
		stdout: stdout.Bytes(), stderr: stderr.String(),
	}, nil
}
