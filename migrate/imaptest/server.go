package imaptest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// Server is a real IMAP server of the test process.
type Server struct {
	// Name tells the server in test names and messages: "dovecot".
	Name string
	// Addr is host:port for plain text and STARTTLS, TLSAddr for implicit TLS.
	Addr, TLSAddr string
	// CAFile is a PEM file with the authority that signed the server's
	// certificate, which is valid for localhost, 127.0.0.1 and ::1.
	CAFile string
	// Master may act for every user by the authorization identity of SASL PLAIN
	// (RFC 4616); empty where the server knows no such thing.
	Master, MasterPassword string

	dir      string
	tokenKey []byte
	stop     string // the signal that ends it, "" for TERM
	home     func(user string) string
	addUser  func(user string) (password string, err error)
	next     atomic.Int64
}

// User makes a fresh, empty account that no one else in the process is given.
func (s *Server) User(tb testing.TB) (user, password string) {
	tb.Helper()
	user = fmt.Sprintf("user%d", s.next.Add(1))
	password, err := s.addUser(user)
	if err != nil {
		tb.Fatalf("%s: add user %s: %v", s.Name, user, err)
	}
	return user, password
}

// Log is the end of what the server has written into its log files.
func (s *Server) Log() string { return logs(s.dir) }

// Home is the directory in which the server keeps the mail of user, "" where
// it has no directory of that kind. It exists once the user has logged in.
func (s *Server) Home(user string) string {
	if s.home == nil {
		return ""
	}
	return s.home(user)
}

// started holds the servers of this process. It is a global, since tests that
// know nothing of each other share a server: starting one for each of them
// would take longer than the tests.
var started = struct {
	sync.Mutex
	servers map[string]*startOnce
}{servers: map[string]*startOnce{}}

type startOnce struct {
	sync.Once
	server *Server
	err    error
}

// shared returns the server known by key and starts it when it is not there.
// An error is remembered, so that every test that needs the server fails.
func shared(tb testing.TB, key string, start func() (*Server, error)) *Server {
	tb.Helper()
	started.Lock()
	entry := started.servers[key]
	if entry == nil {
		entry = &startOnce{}
		started.servers[key] = entry
	}
	started.Unlock()
	entry.Do(func() { entry.server, entry.err = start() })
	if entry.err != nil {
		tb.Fatalf("start server: %v (.ci/install-servers.sh installs what is missing)", entry.err)
	}
	return entry.server
}

// secret returns a new password. It is random, so that a login proves that it
// is our own server that listens on the port.
func secret() string { return "pw-" + rand.Text() }
