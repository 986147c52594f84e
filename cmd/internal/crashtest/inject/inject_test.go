//go:build linux && amd64

package inject_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// tellTime makes a process tell what time it is, twice.
const tellTime = "tell-time"

func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{tellTime}) {
		for range 2 {
			fmt.Println(time.Now().Unix())
		}
		os.Exit(0)
	}
	if f, asked := inject.Asked(); asked {
		os.Exit(f.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// script changes files below the directory in $1, and one beside it.
const script = `
	echo beside >"$1.txt"
	mkdir "$1/d" && echo a >"$1/d/a" && ln "$1/d/a" "$1/b" && mv "$1/b" "$1/c" &&
	dd if=/dev/null of="$1/c" conv=notrunc,fsync 2>&1 &&
	truncate -s 1 "$1/c" && rm "$1/d/a"`

// run runs the script and returns what was counted, and its exit code.
func run(t *testing.T, f inject.Fault) (calls []inject.Call, code int, stderr string) {
	t.Helper()
	f.Root = filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(f.Root, 0o700); err != nil {
		t.Fatal(err)
	}
	f.Log = filepath.Join(t.TempDir(), "log")
	cmd := exec.Command(os.Args[0], "sh", "-c", script, "sh", f.Root)
	var text bytes.Buffer
	cmd.Env, cmd.Stderr = append(os.Environ(), f.Env()), &text
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	calls, err = inject.ReadLog(f.Log)
	if err != nil {
		t.Fatal(err)
	}
	return calls, cmd.ProcessState.ExitCode(), text.String()
}

func TestCount(t *testing.T) {
	calls, code, stderr := run(t, inject.Fault{})
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []inject.Call{
		{Kind: inject.Mkdir, Path: "d"}, {Kind: inject.Open, Path: "d/a"}, {Kind: inject.Write, Path: "d/a"}, {Kind: inject.Link, Path: "d/a"},
		{Kind: inject.Rename, Path: "b"}, {Kind: inject.Sync, Path: "c"}, {Kind: inject.Truncate, Path: "c"}, {Kind: inject.Unlink, Path: "d/a"},
	} {
		if !slices.Contains(calls, want) {
			t.Errorf("%v was not counted: %v", want, calls)
		}
	}
}

// TestFault lets each call of a run fail, and each kind from the first on.
func TestFault(t *testing.T) {
	all, _, _ := run(t, inject.Fault{})
	for n, c := range all {
		calls, code, stderr := run(t, inject.Fault{At: n + 1, Errno: syscall.ENOSPC})
		if last := calls[n]; last.Kind != c.Kind || last.Path != c.Path || !last.Failed {
			t.Errorf("call %d is %v, want %v", n+1, last, c)
		}
		if code == 0 {
			t.Errorf("call %d, %v: exit code 0, %s", n+1, c, stderr)
		}
	}
	for _, kind := range inject.Kinds() {
		calls, code, _ := run(t, inject.Fault{Kinds: []inject.Kind{kind}, At: 1, On: true, Errno: syscall.EIO})
		if code == 0 || len(calls) == 0 || slices.ContainsFunc(calls, func(c inject.Call) bool { return c.Kind != kind || !c.Failed }) {
			t.Errorf("%s from the first on: exit code %d, %v", kind, code, calls)
		}
	}
	if calls, code, _ := run(t, inject.Fault{At: 2}); code != -1 || len(calls) != 2 {
		t.Errorf("killed at the second call: exit code %d, %v", code, calls)
	}
}

// TestClock: a program is told another time of day, each time it asks.
func TestClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, shifts := range map[string][]time.Duration{"a year ahead": {year}, "to and fro": {year, -50 * year}} {
		cmd := exec.Command(os.Args[0], os.Args[0], tellTime)
		cmd.Env = append(os.Environ(), inject.Fault{Root: t.TempDir(), Clock: shifts}.Env())
		now := time.Now()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var told []time.Duration
		for _, line := range strings.Fields(string(out)) {
			seconds, err := strconv.ParseInt(line, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, time.Unix(seconds, 0).Sub(now).Round(24*time.Hour))
		}
		want := []time.Duration{shifts[0], shifts[len(shifts)-1]}
		if len(shifts) > 1 && len(told) == 2 && told[0] != want[0] { // the runtime has asked, too
			slices.Reverse(want)
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %v, want %v", name, told, want)
		}
	}
}
