package imapaccount_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestLineBreaks breaks the first connection at a spread of octets in each way:
// the haul is complete all the same, each message there once.
func TestLineBreaks(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
	line := imaptest.NewLine(t, server.Addr, imaptest.LineOptions{})
	c := config(t, line.Addr, "me", "x", imapaccount.PlainText)
	if _, _, err := haul(t.Context(), open(t, c)); err != nil {
		t.Fatal(err)
	}
	_, all := line.Octets()
	kinds := map[string]imaptest.Kind{"reset": imaptest.Reset, "end": imaptest.End, "stall": imaptest.Stall}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			step := int64(1)
			if kind == imaptest.Stall {
				step = 97 // each waits for the time limit
				c.Timeout = 50 * time.Millisecond
			}
			for after := int64(1); after < all; after += step {
				line.Change(imaptest.LineOptions{Faults: []imaptest.Fault{{Kind: kind, After: after, First: 1}}})
				a, err := imapaccount.Open(t.Context(), c)
				if err != nil {
					if !errors.Is(err, mailhaul.ErrConnect) {
						t.Fatalf("after %d octets: %v", after, err)
					}
					continue // broken before the login was over: nothing was begun
				}
				got, failures, err := haul(t.Context(), a)
				a.Close()
				if err != nil || len(failures) > 0 || len(got) != 3 {
					t.Fatalf("after %d octets: %d messages, %v, %v", after, len(got), err, failures)
				}
				for m, n := range got {
					if n != 1 || m.digest != digestOf(m.uid) {
						t.Fatalf("after %d octets: UID %d %d times, or not its octets", after, m.uid, n)
					}
				}
			}
		})
	}
}

func TestSlowLine(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
	line := imaptest.NewLine(t, server.Addr, imaptest.LineOptions{Chop: true})
	got, failures, err := haul(t.Context(), open(t, config(t, line.Addr, "me", "x", imapaccount.PlainText)))
	if err != nil || len(failures) > 0 || len(got) != 3 {
		t.Fatalf("octet by octet: %d messages, %v, %v", len(got), err, failures)
	}
}

// TestFewerConnections: a server that lets in two is hauled over two. (Dovecot
// does not count connections from its own address.)
func TestFewerConnections(t *testing.T) {
	folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := uint32(1); uid <= 600; uid++ {
		folder.Messages = append(folder.Messages, imaptest.ScriptMessage{UID: uid, Body: fmt.Appendf(nil, "Subject: %d\r\n\r\nbody\r\n", uid)})
	}
	var refused sync.WaitGroup
	refused.Add(4)
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}, Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		switch {
		case command.Name == "AUTHENTICATE" && c.Number > 2:
			c.Say(command.Tag + " NO [LIMIT] Maximum number of connections from user+IP exceeded")
			refused.Done()
			return true
		}
		return false
	}})
	c := config(t, server.Addr, "me", "x", imapaccount.PlainText)
	c.Connections = 6
	var told atomic.Int64
	c.Notice = func(text string) {
		if strings.Contains(text, "fewer connections") {
			told.Add(1)
		}
	}
	got, failures, err := haul(t.Context(), open(t, c))
	if err != nil || len(failures) > 0 || len(got) != 600 {
		t.Fatalf("%d messages, %v, %v", len(got), err, failures)
	}
	refused.Wait()
	if told.Load() != 4 {
		t.Errorf("told %d times of fewer connections, want 4", told.Load())
	}
}

// TestRate: the limit holds over all connections together. The bound is a wide
// one: the test is about the limit being there, not about the clock.
func TestRate(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	imaptest.Seed(t, imaptest.Dial(t, server, user, password), sample.Set{Messages: 250, Octets: 1 << 20})
	c := config(t, server.Addr, user, password, imapaccount.PlainText)
	c.LimitRate = 2 << 20
	start := time.Now()
	if _, failures, err := haul(t.Context(), open(t, c)); err != nil || len(failures) > 0 {
		t.Fatal(err, failures)
	}
	if took := time.Since(start); took < 400*time.Millisecond {
		t.Errorf("1 MiB at 2 MiB/s took %v", took)
	}
}

// TestSourceIsNotChanged: a haul sends no command that could change anything.
func TestSourceIsNotChanged(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
	if _, _, err := haul(t.Context(), open(t, config(t, server.Addr, "me", "x", imapaccount.PlainText))); err != nil {
		t.Fatal(err)
	}
	harmless := map[string]bool{"CAPABILITY": true, "AUTHENTICATE": true, "LOGIN": true, "ID": true, "NAMESPACE": true, "LIST": true, "LSUB": true,
		"STATUS": true, "EXAMINE": true, "UID FETCH": true, "UID SEARCH": true, "FETCH": true, "LOGOUT": true}
	for _, c := range server.Commands() {
		if !harmless[c.Name] || strings.Contains(c.Args, "BODY[") || strings.Contains(c.Args, "RFC822 ") {
			t.Errorf("sent %s %s", c.Name, c.Args)
		}
	}
}

// TestCourierKeepsUIDs: on Courier the UIDs that a haul sees are those that the
// next one sees, also when mail that sorts before arrives between them.
func TestCourierKeepsUIDs(t *testing.T) {
	server := imaptest.Courier(t)
	user, password := server.User(t)
	imaptest.Dial(t, server, user, password).Close()
	cur := filepath.Join(server.Home(user), "Maildir", "cur")
	deliver := func(name string) {
		if err := os.WriteFile(filepath.Join(cur, name), []byte("Subject: "+name+"\n\nbody\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	deliver("2000000000.1.test:2,S")
	a := open(t, config(t, server.Addr, user, password, imapaccount.PlainText))
	before, _, err := haul(t.Context(), a)
	if err != nil || len(before) != 1 {
		t.Fatalf("%d messages, %v", len(before), err)
	}
	deliver("1000000000.1.test:2,S")
	after, _, err := haul(t.Context(), open(t, config(t, server.Addr, user, password, imapaccount.StartTLS)))
	if err != nil || len(after) != 2 {
		t.Fatalf("%d messages, %v", len(after), err)
	}
	for m := range before {
		if after[m] != 1 {
			t.Errorf("UID %d is another message now", m.uid)
		}
	}
}
