//go:build linux

package crashtest_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/inject"
)

// commandPoints is before how many of its system calls each command is killed, unless
// it is each, and commandKills how often at random moments, each time as closely.
const commandPoints, commandKills = 10, 3

// TestKillPointsOfCommands kills each command before system calls on its files, a run
// for each, and lets the next run make good. After the last call is before the end.
func TestKillPointsOfCommands(t *testing.T) {
	for _, k := range trials() {
		t.Run(k.name(), func(t *testing.T) {
			t.Parallel()
			s, r := k.subject(t), chance(t)
			_, calls, err := s.run(t, inject.Fault{})
			if err != nil || len(calls) < commandPoints {
				t.Fatalf("%d calls: %v", len(calls), err)
			}
			for _, n := range sampleOf(r, commandPoints, len(calls)) {
				o, calls, err := s.run(t, inject.Fault{At: n + 1})
				if err != nil {
					t.Fatal(err)
				}
				if !o.killed {
					continue // this run was done before
				}
				err = s.makesGood(t.Context(), o)
				count("kill before a system call", k.command, k.format, err)
				if err != nil {
					t.Errorf("killed before call %d, %s of %s: %v", n+1, calls[n].Kind, calls[n].Path, err)
				}
			}
		})
	}
}

// TestKillCommandsAtRandom kills each command at random moments, again and again.
func TestKillCommandsAtRandom(t *testing.T) {
	for _, k := range trials() {
		t.Run(k.name(), func(t *testing.T) {
			t.Parallel()
			s, r := k.subject(t), chance(t)
			if err := s.reset(); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if o := s.killed(t, runLimit); o.code != 0 {
				t.Fatal(o.done())
			}
			usual := time.Since(begin)
			for kills := 0; kills < commandKills*chances(); {
				if err := s.reset(); err != nil {
					t.Fatal(err)
				}
				var err error
				lived := 0
				for ; err == nil && lived < mostKills; lived++ {
					o := s.killed(t, upTo(r, usual))
					if !o.killed {
						err = o.done()
						break
					}
					err = s.recorded(t.Context(), o)
				}
				if err == nil {
					err = s.finish(t.Context())
				}
				for range lived {
					count("kill at random", k.command, k.format, err)
				}
				if err != nil {
					t.Fatalf("after %d kills: %v", lived, err)
				}
				kills += max(1, lived)
			}
		})
	}
}

// killed runs the command and kills it after some time.
func (s *subject) killed(t *testing.T, after time.Duration) outcome {
	t.Helper()
	cmd, stdout, stderr := start(t.Context(), s.line)
	cmd.Env = append(cmd.Env, s.env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return ended(t, cmd, cmd.Wait(), stdout, stderr)
}
