package memory

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// Options configure a server. The zero value is a server that takes passwords
// without TLS.
type Options struct {
	// Certificate lets the server offer STARTTLS, and TLS from the first octet
	// on when ImplicitTLS is set. Then it takes no password without TLS.
	Certificate *tls.Certificate
	ImplicitTLS bool
	// Capabilities are announced beside IMAP4rev1; nil is all that the server
	// knows.
	Capabilities []string
}

// Server is a running server.
type Server struct {
	// Addr is host:port where the server listens.
	Addr string

	imap *imapserver.Server
	mem  *imapmemserver.Server
	done chan struct{}
}

// New starts a server on a free port of 127.0.0.1. It runs until Close.
func New(o Options) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start memory server: %w", err)
	}
	s := &Server{Addr: l.Addr().String(), mem: imapmemserver.New(), done: make(chan struct{})}
	caps := imap.CapSet{imap.CapIMAP4rev1: {}}
	if o.Capabilities == nil {
		for _, c := range []imap.Cap{
			imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch, imap.CapListExtended, imap.CapListStatus,
			imap.CapMove, imap.CapStatusSize, imap.CapSpecialUse, imap.CapCreateSpecialUse, imap.CapLiteralPlus,
		} {
			caps[c] = struct{}{}
		}
	}
	for _, c := range o.Capabilities {
		caps[imap.Cap(c)] = struct{}{}
	}
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return s.mem.NewSession(), nil, nil
		},
		Caps:         caps,
		InsecureAuth: o.Certificate == nil,
		Logger:       log.New(io.Discard, "", 0), // it would tell of every lost connection
	}
	if o.Certificate != nil {
		options.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*o.Certificate}}
		if o.ImplicitTLS {
			l = tls.NewListener(l, options.TLSConfig)
		}
	}
	s.imap = imapserver.New(options)
	go func() {
		defer close(s.done)
		_ = s.imap.Serve(l) // ends with Close, and with nothing else
	}()
	return s, nil
}

// Close ends the server and all its connections.
func (s *Server) Close() error {
	err := s.imap.Close()
	<-s.done
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// User is an account of the server.
type User struct{ mem *imapmemserver.User }

// AddUser makes an account with the folders INBOX, Drafts, Sent, Trash and Junk,
// all but the first special uses (RFC 6154) and all subscribed.
func (s *Server) AddUser(name, password string) (*User, error) {
	u := &User{imapmemserver.NewUser(name, password)}
	for _, f := range []struct {
		name string
		use  imap.MailboxAttr
	}{
		{"INBOX", ""}, {"Drafts", imap.MailboxAttrDrafts}, {"Sent", imap.MailboxAttrSent},
		{"Trash", imap.MailboxAttrTrash}, {"Junk", imap.MailboxAttrJunk},
	} {
		options := &imap.CreateOptions{}
		if f.use != "" {
			options.SpecialUse = []imap.MailboxAttr{f.use}
		}
		if err := u.create(f.name, options); err != nil {
			return nil, err
		}
	}
	s.mem.AddUser(u.mem)
	return u, nil
}

// Create makes a folder, with "/" between the levels of its name, and
// subscribes to it.
func (u *User) Create(folder string) error { return u.create(folder, &imap.CreateOptions{}) }

func (u *User) create(folder string, options *imap.CreateOptions) error {
	if err := u.mem.Create(folder, options); err != nil {
		return fmt.Errorf("create folder %q: %w", folder, err)
	}
	if err := u.mem.Subscribe(folder); err != nil {
		return fmt.Errorf("subscribe to folder %q: %w", folder, err)
	}
	return nil
}

// Delete removes a folder with its messages.
func (u *User) Delete(folder string) error {
	if err := u.mem.Delete(folder); err != nil {
		return fmt.Errorf("delete folder %q: %w", folder, err)
	}
	return nil
}

// Append puts messages into a folder, which must be there.
func (u *User) Append(folder string, mails ...sample.Mail) error {
	for _, m := range mails {
		options := &imap.AppendOptions{}
		for _, f := range m.Flags {
			options.Flags = append(options.Flags, imap.Flag(f))
		}
		if m.InternalDate != "" {
			var err error
			if options.Time, err = time.Parse("_2-Jan-2006 15:04:05 -0700", strings.TrimSpace(m.InternalDate)); err != nil {
				return fmt.Errorf("append message: %w", err)
			}
		}
		if _, err := u.mem.Append(folder, literal{bytes.NewReader(m.Body)}, options); err != nil {
			return fmt.Errorf("append message to folder %q: %w", folder, err)
		}
	}
	return nil
}

// Fill makes the folders given that are not there yet and puts a set of mail
// into them.
func (u *User) Fill(set sample.Set, folders []string) error {
	for _, f := range folders {
		if err := u.Create(f); err != nil && !exists(err) {
			return err
		}
	}
	for folder, m := range set.All(folders) {
		if err := u.Append(folder, m); err != nil {
			return err
		}
	}
	return nil
}

// exists tells whether an error says that a folder is there already.
func exists(err error) bool {
	var e *imap.Error
	return errors.As(err, &e) && e.Code == imap.ResponseCodeAlreadyExists
}

// literal is a message as the memory server takes it.
type literal struct{ *bytes.Reader }

// Size returns the message's size in octets.
func (l literal) Size() int64 { return l.Reader.Size() }
