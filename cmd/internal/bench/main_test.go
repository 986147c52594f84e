package bench_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// settings are what flags and the build give to the benchmark.
type settings struct {
	binaries string // the directory with mailhaul, floor and stopwatch
	sets     string // names of sets, separated by commas
	rounds   int
	tmpfs    string // where the runs in memory write, "" for none
	disk     string // where those on disk write, "" for none
	profiles string // where mailhaul writes CPU profiles, "" for nowhere
}

// setup is a global, since functions that go test calls take no arguments.
// TestMain sets it once.
var setup settings

func TestMain(m *testing.M) {
	flag.StringVar(&setup.sets, "sets", "S,M,L,1G", "sets of mail: S, M, L, 1G")
	flag.IntVar(&setup.rounds, "rounds", 5, "runs that count of each program")
	flag.StringVar(&setup.tmpfs, "tmpfs", "/dev/shm", "`directory` in memory; empty for none")
	flag.StringVar(&setup.disk, "disk", os.TempDir(), "`directory` on a disk; empty for none")
	flag.StringVar(&setup.profiles, "profiles", "", "`directory` that is there, for CPU profiles of mailhaul")
	flag.Parse()
	os.Exit(run(m))
}

// run builds the programs, then runs what was asked for.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	setup.binaries = dir
	const module = "github.com/mailhaul/mailhaul/cmd/"
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir+string(filepath.Separator),
		module+"mailhaul", module+"internal/bench/floor", module+"internal/bench/stopwatch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the released binary
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// program is the path of one of the built programs.
func program(name string) string { return filepath.Join(setup.binaries, name) }
