package imapaccount

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// dial connects and protects the line as the configuration demands. The
// connection that it returns has its greeting still to come, or one of ours.
func (a *Account) dial(ctx context.Context) (*wire.Conn, error) {
	address := net.JoinHostPort(a.config.Host, strconv.Itoa(a.config.Port))
	a.probe.begin()
	d := net.Dialer{Timeout: a.config.Timeout, Resolver: a.config.Resolver}
	tcp, err := d.DialContext(ctx, "tcp", address)
	a.probe.resolved(err)
	if err != nil {
		return nil, a.connectError("connect to "+address, err)
	}
	a.probe.passed(StageConnect, tcp.RemoteAddr().String())
	c := wire.NewConn(tcp, wire.Options{Timeout: a.config.Timeout, Limiter: a.limiter, Trace: a.newTrace()})
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	config := &tls.Config{ServerName: a.config.Host, RootCAs: a.config.RootCAs, MinVersion: tls.VersionTLS12}
	switch a.config.Security {
	case TLS:
		err = c.StartTLS(config)
	case StartTLS:
		if err = a.askTLS(c); err == nil {
			err = c.StartTLS(config)
			c.Greet()
		}
	}
	if err == nil {
		a.probe.protected(c.TLS())
	}
	if err != nil {
		c.Close()
		return nil, a.connectError("protect the line to "+address, err)
	}
	return c, nil
}

var errNoTLS = errors.New("the server does not start TLS")

// askTLS reads the greeting and negotiates STARTTLS. Nothing that the server
// says here is believed later.
func (a *Account) askTLS(c *wire.Conn) error {
	greeting, err := c.ReadLine(maxLine)
	if err != nil {
		return err
	}
	switch word := strings.ToUpper(string(greeting)); {
	case strings.HasPrefix(word, "* OK"):
	case strings.HasPrefix(word, "* PREAUTH"):
		return fmt.Errorf("%w: it greets with PREAUTH, as if we had logged in", errNoTLS)
	default:
		return fmt.Errorf("%w: it greets with %q", errNoTLS, greeting)
	}
	a.probe.greeted(c)
	if err := c.Send("s1 STARTTLS\r\n"); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	for range 20 {
		line, err := c.ReadLine(maxLine)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(line), "* ") {
			continue
		}
		if len(line) >= 5 && strings.EqualFold(string(line[:5]), "s1 OK") {
			a.probe.passed(StageStartTLS, "")
			return nil
		}
		return fmt.Errorf("%w: it answers %q", errNoTLS, line)
	}
	return fmt.Errorf("%w: it does not come to an answer", errNoTLS)
}

// connectError says what failed and what the user can do.
func (a *Account) connectError(op string, err error) error {
	e := &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: op, Err: &connectFailure{err}}
	var (
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		notTLS   tls.RecordHeaderError
		netError net.Error
	)
	switch {
	case errors.As(err, &dns):
		e.Hint = "check the spelling of the host name " + strconv.Quote(a.config.Host) + " and the network"
		e.Temporary = dns.IsTemporary || dns.IsTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Hint = "nothing listens on that port: check host and port (imaps:// uses 993, imap:// 143)"
	case errors.As(err, &unknown):
		e.Hint = "the certificate is signed by nobody this machine trusts: if you trust its issuer, give the issuer's certificate with ?ca=FILE"
	case errors.As(err, &host):
		e.Hint = "the certificate is for another name: use the host name that stands in it"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Hint = "the certificate is expired or not yet valid: check this machine's clock, else the server's administrator must renew it"
	case errors.As(err, &notTLS):
		e.Hint = "the server does not speak TLS on this port: imaps:// is for port 993, imap:// (STARTTLS) for port 143"
	case errors.Is(err, errNoTLS):
		e.Hint = "the password is not sent without TLS: use imaps:// if the server has port 993"
	case errors.As(err, &netError) && netError.Timeout():
		e.Hint = "the server did not answer in time: check host, port and firewall"
		e.Temporary = true
	default:
		e.Temporary = true
	}
	return e
}

// connectFailure is an error that is also mailhaul.ErrConnect.
type connectFailure struct{ err error }

func (f *connectFailure) Error() string        { return f.err.Error() }
func (f *connectFailure) Unwrap() error        { return f.err }
func (f *connectFailure) Is(target error) bool { return target == mailhaul.ErrConnect }

// Reach tells whether an IMAP server is where config says: it connects, protects
// the line, reads the greeting, and leaves. It never logs in. The error is one
// of Open.
func Reach(ctx context.Context, config Config) error {
	a := newAccount(config)
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if a.config.Security == StartTLS {
		return nil // its greeting was read before
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	greeting, err := c.ReadLine(maxLine)
	word := strings.ToUpper(string(greeting))
	if err == nil && !strings.HasPrefix(word, "* OK") && !strings.HasPrefix(word, "* PREAUTH") {
		err = fmt.Errorf("it greets with %q", greeting)
	}
	if err != nil {
		return a.connectError("greet "+a.config.Host, err)
	}
	return nil
}
