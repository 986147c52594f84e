package imaptest

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
)

// Script tells what a scripted server says. The zero value is a well-behaved
// server with one empty folder, INBOX.
type Script struct {
	// Greeting is the first line, without CRLF; "" is an ordinary one.
	Greeting string
	// Capability is the list announced; "" is "IMAP4rev1 LITERAL+ AUTH=PLAIN".
	Capability string
	// User and Password are what LOGIN and AUTHENTICATE PLAIN must give; an
	// empty User takes anyone.
	User, Password string
	// Folders is what the default answers are about. The server does not copy
	// it: change it while no client is connected, or in Answer.
	Folders []*ScriptFolder
	// Answer is asked first for each command. It says what it wants through c
	// and returns true, or returns false for the default answer; c.Default lets
	// it have both. Calls are made one at a time, over all connections; only
	// while one of them waits for its client to read may another be made.
	Answer func(c *ScriptConn, command Command) bool
	// Accept is asked first for each new connection, before the greeting. It
	// returns false when it has dealt with the connection itself.
	Accept func(c *ScriptConn) bool
	// Certificate makes the server offer STARTTLS, and TLS from the first octet
	// on when ImplicitTLS is set.
	Certificate *tls.Certificate
	ImplicitTLS bool
}

// ScriptServer is a running scripted server.
type ScriptServer struct {
	// Addr is host:port where the server listens.
	Addr string

	script   Script
	listener net.Listener
	wait     sync.WaitGroup

	turn sync.Mutex // held while a command is answered

	mu          sync.Mutex
	closed      bool
	connections int
	live        map[*ScriptConn]bool
	commands    []Command
}

// NewScript starts a scripted server, which ends with the test.
func NewScript(tb testing.TB, script Script) *ScriptServer {
	tb.Helper()
	if script.Folders == nil {
		script.Folders = []*ScriptFolder{{Name: "INBOX", UIDValidity: 1}}
	}
	s := &ScriptServer{script: script, live: map[*ScriptConn]bool{}}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatalf("start scripted server: %v", err)
	}
	s.Addr = s.listener.Addr().String()
	s.wait.Go(s.accept)
	tb.Cleanup(func() {
		s.listener.Close()
		s.mu.Lock()
		s.closed = true
		for c := range s.live {
			c.tcp.Close()
		}
		s.mu.Unlock()
		s.wait.Wait()
	})
	return s
}

// Commands returns the commands of all connections in the order of their coming.
func (s *ScriptServer) Commands() []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Count returns how many of the commands have one of the names.
func (s *ScriptServer) Count(names ...string) int {
	n := 0
	for _, c := range s.Commands() {
		if slices.Contains(names, c.Name) {
			n++
		}
	}
	return n
}

// Connections returns how many connections there were.
func (s *ScriptServer) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *ScriptServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			conn.Close()
			return
		}
		s.connections++
		c := newScriptConn(s, conn.(*net.TCPConn), s.connections)
		s.live[c] = true
		s.mu.Unlock()
		s.wait.Go(func() {
			defer func() {
				c.tcp.Close()
				s.mu.Lock()
				delete(s.live, c)
				s.mu.Unlock()
			}()
			c.run()
		})
	}
}

// greet says the first line of a connection.
func (s *ScriptServer) greet(c *ScriptConn) {
	if s.script.Greeting != "" {
		c.Say(s.script.Greeting)
		return
	}
	c.Say("* OK [CAPABILITY " + s.capability(c) + "] ready")
}

// capability returns what is announced on a connection.
func (s *ScriptServer) capability(c *ScriptConn) string {
	list := s.script.Capability
	if list == "" {
		list = "IMAP4rev1 LITERAL+ AUTH=PLAIN"
	}
	if s.script.Certificate != nil && !c.secure {
		list += " STARTTLS"
	}
	return list
}
