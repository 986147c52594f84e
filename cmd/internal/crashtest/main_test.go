//go:build linux

package crashtest_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// binary is the built program, for all tests of this package.
var binary string

// TestMain is the program's tracer in a process that was started to be one.
func TestMain(m *testing.M) {
	if f, asked := inject.Asked(); asked {
		os.Exit(f.Main(os.Args[1:]))
	}
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "crashtest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "mailhaul")
	build := exec.Command("go", "build", "-o", binary, "github.com/mailhaul/mailhaul/cmd/mailhaul")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build program: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if torture() {
		fmt.Printf("\nseed %d, chances %d\n\n", *seed, chances())
		byCommand.print(os.Stdout)
		fmt.Println()
		byCall.print(os.Stdout)
	}
	return code
}
