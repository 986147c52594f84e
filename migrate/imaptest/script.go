package imaptest

import (
	"cmp"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Script tells what a scripted server says. The zero value is a well-behaved
// server with one empty folder, INBOX. The extensions that it announces decide
// what it answers: UIDPLUS, MULTIAPPEND, LITERAL+, LITERAL-, BINARY, CONDSTORE,
// CREATE-SPECIAL-USE, QUOTA and APPENDLIMIT=n are those that it knows.
type Script struct {
	// Greeting is the first line, without CRLF; "" is an ordinary one.
	Greeting string
	// Capability is the list announced; "" is "IMAP4rev1 LITERAL+ AUTH=PLAIN".
	Capability string
	// User and Password are what LOGIN and AUTHENTICATE PLAIN must give; an
	// empty User takes anyone.
	User, Password string
	// Folders is what the default answers are about. The server does not copy
	// the folders: change them in Answer or by [ScriptServer.Change]. Folders that
	// clients make are only known to [ScriptServer.Folder].
	Folders []*ScriptFolder
	// Quota is how many octets all messages may have together, 0 for any number.
	// It is enforced always and told of where QUOTA is announced.
	Quota int64
	// PermanentFlags are told by SELECT; "" is all flags and any keyword.
	PermanentFlags string
	// FoldCase makes names that differ by case only the same folder: so do
	// Exchange, and Dovecot and Courier on file systems of that kind.
	FoldCase bool
	// Quirks are ways in which the server differs from a well-behaved one.
	Quirks []Quirk
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

	turn     sync.Mutex // held while a command is answered
	validity uint32     // the largest UIDVALIDITY of a folder that was made or removed

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
	script.Folders = slices.Clone(script.Folders) // clients add to it
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

// Change changes folders while no command is answered: what another client has
// done, or what has happened between two runs. A folder that change does not
// return is gone.
func (s *ScriptServer) Change(change func(folders []*ScriptFolder) []*ScriptFolder) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.script.Folders = change(slices.Clone(s.script.Folders))
}

// Folder returns a copy of a folder as it is now, nil when it is not there. It
// must not be called within Answer.
func (s *ScriptServer) Folder(name string) *ScriptFolder {
	s.turn.Lock()
	defer s.turn.Unlock()
	f := s.find(name)
	if f == nil {
		return nil
	}
	out := *f
	out.Attributes, out.Messages = slices.Clone(f.Attributes), slices.Clone(f.Messages)
	return &out
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
	for _, q := range s.script.Quirks {
		if q.Greet != nil && q.Greet(c) {
			return
		}
	}
	c.Say(s.greeting(c))
}

// greeting is the first line of a connection, quirks aside.
func (s *ScriptServer) greeting(c *ScriptConn) string {
	return cmp.Or(s.script.Greeting, "* OK [CAPABILITY "+s.capability(c)+"] ready")
}

// capability returns what is announced on a connection.
func (s *ScriptServer) capability(c *ScriptConn) string {
	list := strings.Join(s.announced(), " ")
	if s.script.Certificate != nil && !c.secure {
		list += " STARTTLS"
	}
	return list
}

// announced returns what is announced but for STARTTLS.
func (s *ScriptServer) announced() []string {
	return strings.Fields(cmp.Or(s.script.Capability, "IMAP4rev1 LITERAL+ AUTH=PLAIN"))
}

// has tells whether a capability is announced.
func (s *ScriptServer) has(capability string) bool { return slices.Contains(s.announced(), capability) }
