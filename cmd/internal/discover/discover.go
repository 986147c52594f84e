package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is where an IMAP server listens.
type Server struct {
	Host string
	Port int
	// StartTLS: TLS begins by STARTTLS, which is required, else from the first
	// octet on.
	StartTLS bool
}

// Address is host:port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Way is how a server was found.
type Way string

// The ways, in the order in which they are tried.
const (
	Published     Way = "the provider publishes it"
	Record        Way = "the domain says so (SRV record)"
	MailExchanger Way = "the domain's mail is hosted there (MX record)"
	Guess         Way = "a usual name, tried"
)

// Finding is the server of an address.
type Finding struct {
	Server
	Way Way
	// Provider is its name where it is known, Hint what it wants for a login.
	Provider, Hint string
	// OAuth names the provider whose tokens the server takes, where mailhaul knows
	// how to get them: "google" or "microsoft".
	OAuth string
	// Foreign: DNS alone says that the server, which lies in another domain, is
	// the address's. The user must confirm it.
	Foreign bool
}

// Attempt is a server that was tried in vain.
type Attempt struct {
	Server
	Err error
}

// What callers test for.
var (
	// ErrAddress: that is no mail address.
	ErrAddress = errors.New("not a mail address")
	// ErrNone: the domain says that it has no IMAP (RFC 6186, 3.4).
	ErrNone = errors.New("the domain says that it offers no IMAP")
	// ErrUnknown: nothing was found.
	ErrUnknown = errors.New("no IMAP server found")
)

// lookUpTime bounds all questions to the DNS.
const lookUpTime = 15 * time.Second

// Finder finds servers.
type Finder struct {
	// Resolver asks the DNS, nil for the system's.
	Resolver *net.Resolver
	// Reach tells whether an IMAP server answers there, with TLS and a good
	// certificate. It is called from several goroutines at once.
	Reach func(context.Context, Server) error
}

// Find returns the server of a mail address, and those that were tried in vain.
func (f Finder) Find(ctx context.Context, address string) (Finding, []Attempt, error) {
	domain, err := domainOf(address)
	if err != nil {
		return Finding{}, nil, err
	}
	if p, known := providerOf(domain); known {
		return p.finding(Published), nil, nil
	}
	records, err := f.records(ctx, domain)
	if err != nil {
		return Finding{}, nil, err
	}
	var failed []Attempt
	for _, s := range records {
		err := f.Reach(ctx, s)
		if err == nil {
			return Finding{Server: s, Way: Record, Foreign: !within(s.Host, domain)}, failed, nil
		}
		failed = append(failed, Attempt{s, err})
	}
	if p, known := f.hosted(ctx, domain); known {
		found := p.finding(MailExchanger)
		found.Foreign = true
		return found, failed, nil
	}
	found, tried := f.guess(ctx, domain)
	if failed = append(failed, tried...); found == nil {
		if ctx.Err() != nil {
			return Finding{}, failed, ctx.Err()
		}
		return Finding{}, failed, fmt.Errorf("%w for %s", ErrUnknown, domain)
	}
	return Finding{Server: *found, Way: Guess, Foreign: !within(found.Host, domain)}, failed, nil
}

// domainOf returns the domain of an address, in lower case.
func domainOf(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "", fmt.Errorf("%w: %q", ErrAddress, address)
	}
	domain := strings.TrimSuffix(strings.ToLower(address[at+1:]), ".")
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) {
			return "", fmt.Errorf("%w: %q (a domain in other letters is written as xn--...)", ErrAddress, address)
		}
	}
	if len(domain) > 253 || !strings.Contains(domain, ".") {
		return "", fmt.Errorf("%w: %q", ErrAddress, address)
	}
	return domain, nil
}

// within tells whether a host lies in a domain.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// guess tries the usual names, all at once, and returns the best that answers.
func (f Finder) guess(ctx context.Context, domain string) (*Server, []Attempt) {
	var guesses []Server
	for _, port := range []int{993, 143} {
		for _, prefix := range []string{"imap.", "mail.", ""} {
			guesses = append(guesses, Server{Host: prefix + domain, Port: port, StartTLS: port == 143})
		}
	}
	errs := make([]error, len(guesses))
	var wait sync.WaitGroup
	for i, g := range guesses {
		wait.Go(func() { errs[i] = f.Reach(ctx, g) })
	}
	wait.Wait()
	var failed []Attempt
	for i, g := range guesses {
		if errs[i] == nil {
			return &g, failed
		}
		failed = append(failed, Attempt{g, errs[i]})
	}
	return nil, failed
}
