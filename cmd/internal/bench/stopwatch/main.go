// Command stopwatch runs another command and tells what it took: how it ended,
// the time on the clock, processor time, and peak memory.
//
//	stopwatch RESULT COMMAND [ARGUMENTS]
//
// It writes one JSON object to the file RESULT and leaves input and output to
// the command. It is a process of its own because Linux counts the memory of
// the process that starts a command into the command's own peak: a benchmark
// that has just made a gigabyte of mail would measure itself.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// measured is what is told; durations in nanoseconds, memory in octets.
type measured struct {
	Exit       int           `json:"exit"`
	Wall       time.Duration `json:"wall"`
	CPU        time.Duration `json:"cpu"`
	PeakMemory int64         `json:"peak_memory"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stopwatch:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: stopwatch RESULT COMMAND [ARGUMENTS]")
	}
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	if cmd.ProcessState == nil {
		return fmt.Errorf("run command: %w", err)
	}
	result, err := json.Marshal(measured{
		Exit:       cmd.ProcessState.ExitCode(),
		Wall:       wall,
		CPU:        cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		PeakMemory: peak(cmd.ProcessState),
	})
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return os.WriteFile(args[0], result, 0o600)
}
