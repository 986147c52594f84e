package imaptest_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// serve listens and handles each connection, until the test ends.
func serve(t *testing.T, handle func(*net.TCPConn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn.(*net.TCPConn))
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// dialLine opens a connection that gives up by itself.
func dialLine(t *testing.T, l *imaptest.Line) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// echo sends everything back.
func echo(conn *net.TCPConn) { _, _ = io.Copy(conn, conn) }

// answers tells whether a new connection is of any use.
func answers(l *imaptest.Line) bool {
	conn, err := net.Dial("tcp", l.Addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(10*time.Second)) != nil {
		return false
	}
	_, _ = conn.Write([]byte("?")) // fails or not, the answer decides
	n, _ := conn.Read(make([]byte, 1))
	return n == 1
}

func TestLineFaults(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 10000)
	timeout := func(err error) bool {
		var e net.Error
		return errors.As(err, &e) && e.Timeout()
	}
	isReset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
	isEnd := func(err error) bool { return err == nil } // io.ReadAll takes EOF as success
	for _, test := range []struct {
		name  string
		fault imaptest.Fault
		want  int
		err   func(error) bool
	}{
		{"reset down", imaptest.Fault{Kind: imaptest.Reset, After: 12345}, 12345, isReset},
		{"reset at once", imaptest.Fault{Kind: imaptest.Reset}, 0, isReset},
		{"reset up", imaptest.Fault{Kind: imaptest.Reset, Way: imaptest.Up, After: 54321}, -1, isReset},
		{"end down", imaptest.Fault{Kind: imaptest.End, After: 12345}, 12345, isEnd},
		{"end up", imaptest.Fault{Kind: imaptest.End, Way: imaptest.Up, After: 54321}, -1, isEnd},
		{"stall down", imaptest.Fault{Kind: imaptest.Stall, After: 12345}, 12345, timeout},
		{"stall up", imaptest.Fault{Kind: imaptest.Stall, Way: imaptest.Up, After: 54321}, 54321, timeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.fault.First = 1
			l := imaptest.NewLine(t, serve(t, echo), imaptest.LineOptions{Faults: []imaptest.Fault{test.fault}})
			conn := dialLine(t, l)
			go func() { _, _ = conn.Write(text) }()
			if test.fault.Kind == imaptest.Stall {
				if _, err := io.ReadFull(conn, make([]byte, test.want)); err != nil {
					t.Fatal(err)
				}
				if err := conn.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				if n, err := conn.Read(make([]byte, 1)); n != 0 || !test.err(err) {
					t.Errorf("after the stall: %d octets, %v", n, err)
				}
			} else if got, err := io.ReadAll(conn); !test.err(err) || (test.want >= 0 && len(got) != test.want) || !bytes.HasPrefix(text, got) {
				t.Errorf("got %d octets, want %d; error %v", len(got), test.want, err)
			}
			up, down := l.Octets()
			if passed := map[imaptest.Way]int64{imaptest.Up: up, imaptest.Down: down}[test.fault.Way]; passed != test.fault.After {
				t.Errorf("%d octets passed, want %d", passed, test.fault.After)
			}

			second := dialLine(t, l) // the fault was for the first connection only
			go func() { _, _ = second.Write(text); _ = second.CloseWrite() }()
			if got, err := io.ReadAll(second); err != nil || !bytes.Equal(got, text) {
				t.Errorf("second connection: %d octets, %v", len(got), err)
			}
		})
	}
}

func TestLineRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		options imaptest.LineOptions
		want    string // of ten connections: x refused
	}{
		{"none", imaptest.LineOptions{}, ".........."},
		{"first three", imaptest.LineOptions{RefuseFirst: 3}, "xxx......."},
		{"every fourth", imaptest.LineOptions{RefuseShare: 0.25}, "...x...x.."},
		{"both", imaptest.LineOptions{RefuseFirst: 2, RefuseShare: 0.5}, "xx.x.x.x.x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := imaptest.NewLine(t, serve(t, echo), test.options)
			var got strings.Builder
			for range 10 {
				if answers(l) {
					got.WriteByte('.')
				} else {
					got.WriteByte('x')
				}
			}
			if got.String() != test.want {
				t.Errorf("got %s, want %s", &got, test.want)
			}
			passed, refused := l.Connections()
			if passed != strings.Count(test.want, ".") || refused != strings.Count(test.want, "x") {
				t.Errorf("counted %d passed, %d refused", passed, refused)
			}
		})
	}
}

func TestLineIsSlow(t *testing.T) {
	for _, test := range []struct {
		name    string
		options imaptest.LineOptions
		least   time.Duration
	}{
		{"delay", imaptest.LineOptions{Delay: 20 * time.Millisecond}, 80 * time.Millisecond}, // opening and one round trip
		{"rate", imaptest.LineOptions{Rate: 1e6}, 100 * time.Millisecond},
		{"chopped", imaptest.LineOptions{Chop: true}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := bytes.Repeat([]byte("0123456789"), 10000)
			l := imaptest.NewLine(t, serve(t, echo), test.options)
			start := time.Now()
			conn := dialLine(t, l)
			go func() { _, _ = conn.Write(text); _ = conn.CloseWrite() }()
			got, err := io.ReadAll(conn)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("got %d octets, %v", len(got), err)
			}
			if took := time.Since(start); took < test.least {
				t.Errorf("took %v, no line as this is that fast: want %v at least", took, test.least)
			}
		})
	}
}

func TestLineRecordsCommands(t *testing.T) {
	sent := "a1 LOGIN me secret\r\n" +
		"a2 uid FETCH 1:* (FLAGS)\r\n" +
		"a3 APPEND INBOX (\\Seen) {21+}\r\nb9 LOGOUT\r\nnot this\r\n (\\Draft) {3}\r\nxyz\r\n" +
		"a4 NOOP\r\n"
	want := []string{
		"a1|LOGIN|me secret", "a2|UID FETCH|1:* (FLAGS)", `a3|APPEND|INBOX (\Seen) {21+} (\Draft) {3}`, "a4|NOOP|",
	}
	for _, chop := range []bool{false, true} {
		t.Run(map[bool]string{false: "whole", true: "chopped"}[chop], func(t *testing.T) {
			l := imaptest.NewLine(t, serve(t, echo), imaptest.LineOptions{Chop: chop})
			conn := dialLine(t, l)
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, make([]byte, len(sent))); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range l.Commands() {
				got = append(got, c.Tag+"|"+c.Name+"|"+c.Args)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if n := l.Count("UID FETCH", "NOOP"); n != 2 {
				t.Errorf("counted %d", n)
			}
			l.Forget()
			if up, down := l.Octets(); up != 0 || down != 0 || len(l.Commands()) != 0 {
				t.Error("forgot nothing")
			}
		})
	}
}

func TestLineCut(t *testing.T) {
	l := imaptest.NewLine(t, serve(t, echo), imaptest.LineOptions{})
	conn := dialLine(t, l)
	if _, err := conn.Write([]byte("?")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	l.Cut()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after the cut: %v", err)
	}
	l.Change(imaptest.LineOptions{RefuseFirst: 1})
	if answers(l) {
		t.Error("the first connection after the change was not refused")
	}
}
