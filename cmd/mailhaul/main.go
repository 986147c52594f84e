// Mailhaul backs up IMAP mail into a local archive, puts it back, and moves mail
// between accounts. See the manual in docs/manual.md, or run "mailhaul help".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
)

// softMemory is what the runtime keeps its memory below as long as what is in use
// allows it, in octets. Without a limit the heap grows to twice what is in use. The
// rest of what a run has resident, some 30 MiB, is the program itself and SQLite's.
const softMemory = 88 << 20

// version is stamped at build time with -ldflags "-X main.version=...".
var version string

func main() { os.Exit(run()) }

func run() int {
	harden()
	limitMemory(os.Getenv("GOMEMLIMIT"))
	if err := checkFiles(); err != nil {
		fmt.Fprintln(os.Stderr, "mailhaul:", err)
		return 1
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		first := app.Interrupted{Signal: <-signals}
		cancel(first)
		// A second signal does not wait: nothing that was reported safe is lost.
		<-signals
		os.Exit(first.ExitCode())
	}()
	return app.Run(ctx, app.System(versionText()), os.Args[1:])
}

// limitMemory has the collector of garbage run more often rather than the heap grow,
// unless the user has said how much memory there is.
func limitMemory(set string) {
	if set == "" {
		debug.SetMemoryLimit(softMemory)
	}
}

// versionText is the stamp, or what the build itself knows.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
