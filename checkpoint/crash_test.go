package checkpoint_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// childLedger names the variable that makes the test binary a child which
// writes the ledger it names until it is killed.
const childLedger = "MAILHAUL_TEST_LEDGER"

func TestMain(m *testing.M) {
	if path := os.Getenv(childLedger); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(context.Background(), path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const maxGroup = 40 // messages that the child records at once

// writeUntilKilled records ever more messages and says each time, after the
// ledger said it, up to which UID they are recorded. Every few groups it closes
// and opens the ledger, so that a kill falls into that, too.
func writeUntilKilled(ctx context.Context, path string) error {
	for {
		l, err := checkpoint.Open(ctx, path)
		if err != nil {
			return err
		}
		run, err := l.BeginRun(ctx, "backup", time.Unix(0, 0))
		if err != nil {
			return err
		}
		f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
		if err := l.PutFolders(ctx, run, []*mailhaul.Folder{f}); err != nil {
			return err
		}
		live, _, err := l.UIDs(ctx, f.ID, f.UIDValidity)
		if err != nil {
			return err
		}
		// The flags of the group that the kill fell into are still those of before.
		var flags []mailhaul.UIDFlags
		for u := range live.All() {
			flags = append(flags, mailhaul.UIDFlags{UID: u, Flags: `\Flagged`})
		}
		if _, err := l.SetFlags(ctx, run, f, flags); err != nil {
			return err
		}
		f.UIDNext = mailhaul.UID(live.Len()) + 1
		for range 4 {
			if err := writeGroup(ctx, l, run, f); err != nil {
				return err
			}
			fmt.Println("ACK", f.UIDNext-1)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
}

// writeGroup announces and records a group of messages from UIDNEXT on, changes
// their flags, remembers the counters, and announces one message more.
func writeGroup(ctx context.Context, l *checkpoint.Ledger, run checkpoint.RunID, f *mailhaul.Folder) error {
	var is []mailhaul.Intent
	var rs []mailhaul.Receipt
	var flags []mailhaul.UIDFlags
	for range 1 + rand.IntN(maxGroup) {
		is = append(is, intent(f, f.UIDNext))
		rs = append(rs, receipt(f, f.UIDNext))
		flags = append(flags, mailhaul.UIDFlags{UID: f.UIDNext, Flags: `\Flagged`})
		f.UIDNext++
	}
	if err := l.Announce(ctx, run, is); err != nil {
		return err
	}
	if err := l.Journal(ctx, run, []mailhaul.Intent{intent(f, f.UIDNext)}, rs); err != nil {
		return err
	}
	if _, err := l.SetFlags(ctx, run, f, flags); err != nil {
		return err
	}
	return l.FolderDone(ctx, run, f)
}

// A kill at any moment loses nothing that was acknowledged and leaves no
// transaction in half.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailhaul.db")
	acked := mailhaul.UID(0)
	for round := range 20 {
		// Some rounds are killed while the ledger is made, the others after
		// some acknowledgements.
		acks := 0
		if round >= 4 {
			acks = rand.IntN(12)
		}
		acked = max(acked, runAndKill(t, path, acks))
		checkAcknowledged(t, path, acked)
	}
	if acked == 0 {
		t.Error("nothing was ever acknowledged")
	}
}

// runAndKill starts the child, kills it at some moment after so many
// acknowledgements, and returns the last one.
func runAndKill(t *testing.T, path string, acks int) (last mailhaul.UID) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childLedger+"="+path)
	var stderr strings.Builder
	child.Stderr = &stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		time.AfterFunc(time.Duration(rand.IntN(15))*time.Millisecond, func() { child.Process.Kill() })
	}
	if acks == 0 {
		kill()
	}
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n') // a line that was cut off is no acknowledgement
		if err != nil {
			break
		}
		uid, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(line), "ACK "), 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		last = mailhaul.UID(uid)
		if acks--; acks == 0 {
			kill()
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child ended by itself: %v, %s", err, &stderr)
	}
	return last
}

func checkAcknowledged(t *testing.T, path string, acked mailhaul.UID) {
	t.Helper()
	l, err := checkpoint.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := l.IntegrityCheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	folders, err := l.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		if acked > 0 {
			t.Fatalf("all %d acknowledged messages are lost", acked)
		}
		return
	}
	f := folders[0]
	last := mailhaul.UID(f.Live)
	if last < acked || f.UIDNext < acked || f.UIDNext > last+1 {
		t.Errorf("%d messages, UIDNEXT %d; acknowledged %d", last, f.UIDNext, acked)
	}
	uid := mailhaul.UID(0)
	for m, err := range l.Messages(t.Context(), f.ID) {
		if err != nil {
			t.Fatal(err)
		}
		uid++
		want := receipt(&f.Folder, uid)
		if m.UID != uid || m.Digest != want.Digest || m.Place != want.Place {
			t.Fatalf("message %d is %+v", uid, m)
		}
		if uid <= acked && m.Flags != `\Flagged` {
			t.Errorf("UID %d: acknowledged flags are lost", uid)
		}
	}
	if uid != last {
		t.Errorf("%d rows, the folder says %d", uid, last)
	}
	intents, err := l.Intents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if acked > 0 && len(intents) == 0 {
		t.Error("the message that is announced after each acknowledged group is lost")
	}
	for n, i := range intents {
		if i.UID != last+1+mailhaul.UID(n) || i.Digest != intent(&f.Folder, i.UID).Digest {
			t.Errorf("intent %d after %d rows is %+v", n, last, i)
		}
	}
}
