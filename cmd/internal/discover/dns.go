package discover

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// records asks for the domain's SRV records (RFC 6186, 3.2; RFC 8314, 5.1): TLS
// from the first octet on before STARTTLS, among each in the order of priority
// and, by chance, weight. No record is no error; ErrNone is that all there are
// say that there is no such service.
func (f Finder) records(ctx context.Context, domain string) ([]Server, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	var servers []Server
	denied := false
	for _, service := range []string{"imaps", "imap"} {
		// The dot at the end keeps the system's search domains out.
		// Where the DNS fails, and not only has no answer, guesses are left, too.
		_, answers, _ := f.resolver().LookupSRV(ctx, service, "tcp", domain+".")
		for _, a := range answers {
			host := strings.TrimSuffix(strings.ToLower(a.Target), ".")
			if host == "" {
				denied = true
				continue
			}
			servers = append(servers, Server{Host: host, Port: int(a.Port), StartTLS: service == "imap"})
		}
	}
	if denied && len(servers) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNone, domain)
	}
	return servers, nil
}

// hosted returns the provider that takes the domain's mail, if it is one of the
// table.
func (f Finder) hosted(ctx context.Context, domain string) (provider, bool) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	exchangers, err := f.resolver().LookupMX(ctx, domain+".")
	if err != nil {
		return provider{}, false // guesses are left
	}
	for _, x := range exchangers {
		host := strings.TrimSuffix(strings.ToLower(x.Host), ".")
		for _, p := range providers() {
			for _, m := range p.exchangers {
				if within(host, m) {
					return p, true
				}
			}
		}
	}
	return provider{}, false
}

func (f Finder) resolver() *net.Resolver {
	if f.Resolver != nil {
		return f.Resolver
	}
	return net.DefaultResolver
}
