//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// callSamples is how many system calls of each command fail, one run for each, and
// lastingSamples how many fail with all of their kind that follow, unless it is each
// one.
const callSamples, lastingSamples = 8, 4

// TestCallFails lets system calls on the files of a command fail: each once, and some
// from then on. The program says so with path and reason or has done all the same what
// it had to, what was safe is safe, and the next run makes good.
func TestCallFails(t *testing.T) {
	for _, k := range trials() {
		t.Run(k.name(), func(t *testing.T) {
			t.Parallel()
			s, r := k.subject(t), chance(t)
			_, calls, err := s.run(t, inject.Fault{})
			if err == nil {
				err = s.complete(t.Context())
			}
			if err != nil || len(calls) == 0 {
				t.Fatalf("a run that is not disturbed, %d calls: %v", len(calls), err)
			}
			errnos := []syscall.Errno{syscall.EIO, syscall.ENOSPC}
			for _, n := range sampleOf(r, callSamples, len(calls)) {
				e := errnos[r.IntN(2)]
				k.fails(t, s, inject.Fault{At: n + 1, Errno: e})
				if torture() && n%2 == 0 {
					k.fails(t, s, inject.Fault{At: n + 1, Errno: errnos[0] ^ errnos[1] ^ e})
				}
			}
			for _, n := range lastingPlaces(r, len(calls)) {
				k.fails(t, s, inject.Fault{At: n + 1, Errno: errnos[r.IntN(2)], On: true})
			}
			t.Logf("%d calls", len(calls))
		})
	}
}

// TestPlaceFails lets calls fail that once were not minded: the last write to the
// ledger that rebuild makes is that of the log into the file, and nobody looks at
// the log again; and a file that cannot be opened may be there by another name.
func TestPlaceFails(t *testing.T) {
	rebuilt := inject.Call{Kind: inject.Write, Path: "mailhaul.db.new"}
	places := map[string]inject.Call{
		"rebuild, ledger lost/maildir": rebuilt, "rebuild, ledger damaged/mbox": rebuilt,
		"rebuild, ledger lost/mbox": {Kind: inject.Unlink, Path: "mailhaul.db.new-shm"},
		"repair/maildir":            {Kind: inject.Open, Path: "mail/INBOX/cur/" + firstMail + ":2,S"},
	}
	for _, k := range trials() {
		place, chosen := places[k.name()]
		if !chosen {
			continue
		}
		t.Run(k.name(), func(t *testing.T) {
			t.Parallel()
			s := k.subject(t)
			_, calls, err := s.run(t, inject.Fault{})
			if err != nil {
				t.Fatal(err)
			}
			at := slices.Index(calls, place)
			for n, c := range calls {
				if c == rebuilt {
					at = n // the last one
				}
			}
			if at < 0 {
				t.Fatalf("no call %v", place)
			}
			for _, on := range []bool{false, true} {
				k.fails(t, s, inject.Fault{At: at + 1, Errno: syscall.EIO, On: on})
			}
		})
	}
}

// lastingPlaces are the calls from which on all of their kind fail: of many each
// fourth is enough.
func lastingPlaces(r *rand.Rand, all int) (places []int) {
	if !torture() {
		return sampleOf(r, lastingSamples, all)
	}
	for n := r.IntN(4); n < all; n += 4 {
		places = append(places, n)
	}
	return places
}

// fails runs a command with a fault, and looks what came of it.
func (k trial) fails(t *testing.T, s *subject, f inject.Fault) {
	t.Helper()
	o, calls, err := s.run(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) < f.At {
		return // this run was done before
	}
	hit := calls[f.At-1]
	err = errors.Join(s.told(t.Context(), o, calls, f.Errno), s.makesGood(t.Context(), o))
	how := "fails once with "
	if f.On {
		how = "fails from then on with "
	}
	how += unix.ErrnoName(f.Errno)
	count("system call "+how, k.command, k.format, err)
	byCall.count(row{string(hit.Kind) + " " + how, "all", "both"}, err)
	if err != nil {
		t.Errorf("%s of %s, call %d, %v, on %t: %v\nit ended with %d: %s", hit.Kind, hit.Path, f.At, f.Errno, f.On, err, o.code, o.stderr)
	}
}

// tidyLog lets the log of an archive's ledger be moved into its file.
func tidyLog(ctx context.Context, dir string) error {
	l, err := checkpoint.Open(ctx, filepath.Join(dir, "mailhaul.db"))
	if err != nil {
		return err
	}
	return l.Close()
}

// told holds what the program said against what happened: an exit code of 0 is only
// for who has done all, and any other comes with path and reason.
func (s *subject) told(ctx context.Context, o outcome, calls []inject.Call, errno syscall.Errno) error {
	if o.code == 0 {
		err := s.complete(ctx)
		if errors.Is(err, errLogLeft) {
			err = errors.Join(tidyLog(ctx, s.dir), s.complete(ctx))
		}
		if err != nil {
			return fmt.Errorf("it said that all was done: %w", err)
		}
		return nil
	}
	text := strings.ToLower(o.stderr + string(o.stdout)) // where single messages are told
	says := func(any ...string) bool {
		for _, s := range any {
			if strings.Contains(text, strings.ToLower(s)) {
				return true
			}
		}
		return false
	}
	// SQLite has its own words for both, and tries to open for reading what it cannot
	// for writing.
	if !says(errno.Error(), "disk i/o error", "disk is full", "unable to open database file", "readonly database") {
		return fmt.Errorf("it does not say %q", errno.Error())
	}
	for _, c := range calls {
		if c.Failed && says(path.Base(c.Path), path.Dir(c.Path), s.dir, "ledger", "database") {
			return nil
		}
	}
	return errors.New("it does not say where")
}
