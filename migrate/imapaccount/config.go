package imapaccount

import (
	"crypto/x509"
	"io"
	"net"
	"time"
)

// Security says how the line is protected.
type Security int

const (
	// TLS is implicit TLS (RFC 8314), port 993.
	TLS Security = iota
	// StartTLS requires STARTTLS (RFC 9051, 6.2.1), port 143.
	StartTLS
	// PlainText protects nothing, port 143.
	PlainText
)

// Config says which account, and how to reach it.
type Config struct {
	Host string
	// Port is 0 for the port of the Security.
	Port     int
	User     string
	Password string
	// OAuth, when not nil, takes the place of Password.
	OAuth *OAuth
	// Authzid is the account to act for, when it is not User's own (RFC 4616).
	Authzid string
	// Mechanism is PLAIN, SCRAM-SHA-256 or LOGIN, with OAuth OAUTHBEARER or
	// XOAUTH2; "" takes the best that the server has.
	Mechanism string
	Security  Security
	// RootCAs are the certificate authorities to trust, nil for the system's.
	RootCAs *x509.CertPool

	// Resolver finds the host's addresses, nil for the system's.
	Resolver *net.Resolver

	// Timeout is the longest wait without one octet of progress, 0 for 60 s.
	Timeout time.Duration
	// Connections is the most connections at once, 0 for 4.
	Connections int
	// LimitRate bounds the octets per second of all connections, 0 for none.
	LimitRate int64
	// Retries is how often in a row a lost or refused connection is made again
	// without one message in between, 0 for 6. RetryPause is the first pause
	// before it, doubled each time up to a minute, 0 for one second.
	Retries    int
	RetryPause time.Duration

	// Trace gets the conversation, secrets and literals left out; nil for none.
	Trace io.Writer
	// Notice is told what a person may want to know: retries, fewer
	// connections. It may be called from several goroutines; nil for nobody.
	Notice func(text string)
	// Version is what the server is told of this program (RFC 2971).
	Version string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = 143
		if c.Security == TLS {
			c.Port = 993
		}
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Connections == 0 {
		c.Connections = 4
	}
	if c.Retries == 0 {
		c.Retries = 6
	}
	if c.RetryPause == 0 {
		c.RetryPause = time.Second
	}
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
