package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/memory"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// world is what a script has to work with.
type world struct {
	user     *memory.User
	addr     string
	line, to *imaptest.Line
	well     *atomic.Bool // the sick server gives all its messages
	tokens   *tokens
}

type worldKey struct{}

// mailOf makes a message out of lines.
func mailOf(date string, flags []string, lines ...string) sample.Mail {
	return sample.Mail{Flags: flags, InternalDate: date, Body: []byte(strings.Join(lines, "\r\n") + "\r\n")}
}

// fill puts the mail into an account that all scripts begin with.
func fill(user *memory.User) error {
	for _, folder := range []string{"Work", "Work/日本"} {
		if err := user.Create(folder); err != nil {
			return err
		}
	}
	return errors.Join(
		user.Append("INBOX",
			mailOf("17-Jul-1996 02:44:25 -0700", []string{`\Seen`},
				"From: Ann <ann@example.org>", "Subject: first", "", "Hello."),
			mailOf("01-Feb-2024 10:00:00 +0100", []string{`\Flagged`, "$forwarded"},
				"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>", "Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "", "Second.")),
		user.Append("Work/日本",
			mailOf("02-Feb-2024 10:00:00 +0000", nil, "Subject: \x1b[2Jevil\u202e", "", "From here.")))
}

// setup gives a script its servers.
func setup(t *testing.T, env *testscript.Env) error {
	certs := imaptest.Certs(t)
	plain, err := startServer(env, memory.Options{})
	if err != nil {
		return err
	}
	user, err := plain.AddUser("me", "secret")
	if err != nil {
		return err
	}
	if err := fill(user); err != nil {
		return err
	}
	empty, err := startServer(env, memory.Options{})
	if err != nil {
		return err
	}
	if _, err := empty.AddUser("you", "secret"); err != nil {
		return err
	}
	w := &world{
		user: user, addr: plain.Addr, well: new(atomic.Bool),
		line: imaptest.NewLine(t, plain.Addr, imaptest.LineOptions{}), to: imaptest.NewLine(t, empty.Addr, imaptest.LineOptions{}),
	}
	env.Values[worldKey{}] = w
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("TO", w.to.Addr)
	env.Setenv("PICKY", picky(t))
	env.Setenv("SMALL", imaptest.NewScript(t, imaptest.Script{Quota: 100, Capability: "IMAP4rev1 LITERAL+ QUOTA AUTH=PLAIN", Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7}}}).Addr)
	env.Setenv("SICK", sick(t, w.well))
	w.tokens = newTokens(t, env)
	env.Setenv("ADDR", plain.Addr)
	env.Setenv("LINE", w.line.Addr)
	env.Setenv("CA", certs.CAFile)
	env.Setenv("ESC", "\x1b")
	for name, o := range map[string]memory.Options{
		"TLS":      {Certificate: &certs.Server, ImplicitTLS: true},
		"STARTTLS": {Certificate: &certs.Server},
		"WRONG":    {Certificate: &certs.WrongHost, ImplicitTLS: true},
		"EXPIRED":  {Certificate: &certs.Expired, ImplicitTLS: true},
	} {
		s, err := startServer(env, o)
		if err != nil {
			return err
		}
		if _, err := s.AddUser("me", "secret"); err != nil {
			return err
		}
		env.Setenv(name, s.Addr)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("CLOSED", closed.Addr().String())
	return closed.Close()
}

// sick starts a server that cannot give the message with UID 2 until it is well.
func sick(t *testing.T, well *atomic.Bool) string {
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := range uint32(3) {
		inbox.Messages = append(inbox.Messages, imaptest.ScriptMessage{UID: uid + 1, Body: []byte("Subject: x\r\n\r\nx\r\n")})
	}
	return imaptest.NewScript(t, imaptest.Script{
		Folders: []*imaptest.ScriptFolder{inbox},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			set, _, _ := strings.Cut(command.Args, " ")
			uids, err := mailhaul.ParseUIDSet(set)
			if well.Load() || command.Name != "UID FETCH" || err != nil || !uids.Contains(2) || !strings.Contains(command.Args, "BODY") {
				return false
			}
			c.Say(command.Tag + " NO System Error (Failure)")
			return true
		},
	}).Addr
}

// picky starts a server that refuses some messages.
func picky(t *testing.T) string {
	return imaptest.NewScript(t, imaptest.Script{
		Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 7}},
		Quirks: []imaptest.Quirk{imaptest.RefusesMessages("Message contains a virus", func(m imaptest.ScriptMessage) bool {
			return strings.Contains(string(m.Body), "Subject: first")
		})},
	}).Addr
}

// heal makes the sick server well.
func heal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Value(worldKey{}).(*world).well.Store(true)
}

func startServer(env *testscript.Env, o memory.Options) (*memory.Server, error) {
	s, err := memory.New(o)
	if err != nil {
		return nil, err
	}
	env.Defer(func() { _ = s.Close() })
	return s, nil
}

// status CODE PROGRAM ARGS... runs a program that must end with the code; wrong
// usage must leave standard output empty.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE PROGRAM [ARGS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
	if out := ts.ReadFile("stdout"); code == 2 && out != "" {
		ts.Fatalf("wrong usage wrote to standard output: %q", out)
	}
}

// flip PATTERN changes one octet in the middle of the one file that matches.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%d files match %s", len(names), args[0])
	}
	text, err := os.ReadFile(names[0])
	ts.Check(err)
	text[len(text)/2] ^= 1
	ts.Check(os.WriteFile(names[0], text, 0o600))
}

// hold ARCHIVE ACCOUNT is another run that holds the archive until the script
// ends.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	a, err := archive.Open(context.Background(), ts.MkAbs(args[0]), archive.Options{Account: args[1], Now: time.Now})
	ts.Check(err)
	ts.Defer(func() { ts.Check(a.Close()) })
}

// holdLedger PATTERN is another run that holds the ledger in the one directory
// that matches until the script ends.
func holdLedger(ts *testscript.TestScript, _ bool, args []string) {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%d directories match %s", len(names), args[0])
	}
	root, err := os.OpenRoot(names[0])
	ts.Check(err)
	ts.Defer(func() { _ = root.Close() })
	lock, err := lockfile.Acquire(root, "lock")
	ts.Check(err)
	ts.Check(lock.Sign("mailhaul (process 1)"))
	ts.Defer(func() { ts.Check(lock.Release(true)) })
}

// deliver FOLDER FILE... puts messages into a folder of the account.
func deliver(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(worldKey{}).(*world)
	for _, file := range args[1:] {
		body := strings.ReplaceAll(ts.ReadFile(file), "\n", "\r\n")
		ts.Check(w.user.Append(args[0], sample.Mail{Body: []byte(body)}))
	}
}

// imap [-to] COMMAND... is another mail program at the account, with -to at the
// one that was empty.
func imap(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(worldKey{}).(*world)
	addr, login := w.addr, "LOGIN me secret"
	if args[0] == "-to" {
		addr, login, args = w.to.Addr, "LOGIN you secret", args[1:]
	}
	conn, err := net.Dial("tcp", addr)
	ts.Check(err)
	defer conn.Close()
	ts.Check(conn.SetDeadline(time.Now().Add(10 * time.Second)))
	in := bufio.NewReader(conn)
	for i, command := range append([]string{login}, args...) {
		_, err := fmt.Fprintf(conn, "t%d %s\r\n", i, command)
		ts.Check(err)
		for {
			line, err := in.ReadString('\n')
			ts.Check(err)
			if rest, tagged := strings.CutPrefix(line, fmt.Sprintf("t%d ", i)); tagged {
				if !strings.HasPrefix(rest, "OK") {
					ts.Fatalf("%s: %s", command, rest)
				}
				break
			}
		}
	}
}

// line [-to] forget begins to count commands anew; line [-to] count NAMES N holds
// their number, names separated by commas.
func line(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(worldKey{}).(*world)
	l := w.line
	if args[0] == "-to" {
		l, args = w.to, args[1:]
	}
	switch args[0] {
	case "forget":
		l.Forget()
	case "count":
		want, err := strconv.Atoi(args[2])
		ts.Check(err)
		if got := l.Count(strings.Split(args[1], ",")...); got != want {
			ts.Fatalf("%d commands %s, want %d: %v", got, args[1], want, l.Commands())
		}
	default:
		ts.Fatalf("unknown: line %s", args[0])
	}
}

// expand FILE... puts the values of variables such as $ADDR into files, which are
// their owner's alone then.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		text := os.Expand(ts.ReadFile(file), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
		ts.Check(os.Chmod(ts.MkAbs(file), 0o600))
	}
}
