package bench_test

import (
	"os"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// targets are the accounts that runs put mail into: each run, which is to say
// each directory, has one of its own, empty at first.
type targets struct {
	tb     testing.TB
	server *imaptest.Server
	addr   string // how they are reached
	byDir  map[string]account
}

func newTargets(tb testing.TB, server *imaptest.Server, addr string) *targets {
	return &targets{tb: tb, server: server, addr: addr, byDir: map[string]account{}}
}

// of returns the account of the run in a directory.
func (t *targets) of(dir string) account {
	t.tb.Helper()
	a, ok := t.byDir[dir]
	if !ok {
		a = account{addr: t.addr}
		a.user, a.password = t.server.User(t.tb)
		t.byDir[dir] = a
	}
	return a
}

// drop removes the mail of a run, if it had an account, so that rounds do not
// fill the memory. The server may not yet have let go of it: it is moved away
// first.
func (t *targets) drop(dir string) {
	t.tb.Helper()
	a, ok := t.byDir[dir]
	if !ok {
		return
	}
	delete(t.byDir, dir)
	home := t.server.Home(a.user)
	gone := home + ".gone"
	if err := os.Rename(home, gone); err != nil {
		t.tb.Fatalf("remove account: %v", err)
	}
	if err := os.RemoveAll(gone); err != nil {
		t.tb.Fatalf("remove account: %v", err)
	}
}
