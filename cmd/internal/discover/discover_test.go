package discover_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/discover"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

var errRefused = errors.New("refused")

// reach lets some addresses be reached and remembers what was tried.
type reach struct {
	mu    sync.Mutex
	good  []string
	tried []string
}

func (r *reach) reach(_ context.Context, s discover.Server) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = append(r.tried, s.Address())
	if slices.Contains(r.good, s.Address()) {
		return nil
	}
	return errRefused
}

func TestFind(t *testing.T) {
	const imaps, imap = "_imaps._tcp.example.org", "_imap._tcp.example.org"
	for _, c := range []struct {
		name    string
		address string // me@example.org
		zone    imaptest.Zone
		good    []string // what can be reached
		want    string   // host:port
		start   bool     // by STARTTLS
		way     discover.Way
		foreign bool
		tried   []string // nil: whatever
		err     error
	}{
		{name: "published", address: "Me@GMAIL.com", zone: imaptest.Zone{}.SRV("_imaps._tcp.gmail.com", 1, 1, 993, "evil.example"),
			want: "imap.gmail.com:993", way: discover.Published, tried: []string{}},
		{name: "Proton Bridge", address: "me@proton.me", want: "127.0.0.1:1143", start: true, way: discover.Published},
		{name: "SRV", zone: imaptest.Zone{}.SRV(imaps, 0, 0, 1993, "mail.example.org"), good: []string{"mail.example.org:1993"},
			want: "mail.example.org:1993", way: discover.Record},
		{name: "SRV in another domain", zone: imaptest.Zone{}.SRV(imaps, 0, 0, 993, "imap.hoster.example"), good: []string{"imap.hoster.example:993"},
			want: "imap.hoster.example:993", way: discover.Record, foreign: true},
		{name: "SRV in a domain that only ends alike", zone: imaptest.Zone{}.SRV(imaps, 0, 0, 993, "notexample.org"), good: []string{"notexample.org:993"},
			want: "notexample.org:993", way: discover.Record, foreign: true},
		{name: "SRV by priority, the first one down", good: []string{"b.example.org:993", "c.example.org:993"},
			zone: imaptest.Zone{}.SRV(imaps, 30, 0, 993, "c.example.org").SRV(imaps, 10, 0, 993, "a.example.org").SRV(imaps, 20, 0, 993, "b.example.org"),
			want: "b.example.org:993", way: discover.Record, tried: []string{"a.example.org:993", "b.example.org:993"}},
		{name: "TLS before STARTTLS", zone: imaptest.Zone{}.SRV(imap, 0, 0, 143, "a.example.org").SRV(imaps, 9, 0, 993, "b.example.org"),
			good: []string{"a.example.org:143", "b.example.org:993"}, want: "b.example.org:993", way: discover.Record},
		{name: "STARTTLS", zone: imaptest.Zone{}.SRV(imap, 0, 0, 143, "a.example.org").SRV(imaps, 0, 0, 0, "."),
			good: []string{"a.example.org:143"}, want: "a.example.org:143", start: true, way: discover.Record},
		{name: "SRV says there is none", zone: imaptest.Zone{}.SRV(imap, 0, 0, 0, ".").SRV(imaps, 0, 0, 0, "."),
			good: []string{"imap.example.org:993"}, err: discover.ErrNone, tried: []string{}},
		{name: "hosted by Microsoft", zone: imaptest.Zone{}.MX("example.org", 0, "example-org.mail.protection.outlook.com"),
			want: "outlook.office365.com:993", way: discover.MailExchanger, foreign: true},
		{name: "hosted by Google", zone: imaptest.Zone{}.MX("example.org", 1, "aspmx.l.google.com"), want: "imap.gmail.com:993", way: discover.MailExchanger, foreign: true},
		{name: "hosted by Zoho", zone: imaptest.Zone{}.MX("example.org", 1, "mx.zoho.eu"), want: "imappro.zoho.eu:993", way: discover.MailExchanger, foreign: true},
		{name: "an exchanger that only ends alike", zone: imaptest.Zone{}.MX("example.org", 1, "evilgoogle.com"), err: discover.ErrUnknown},
		{name: "guess", good: []string{"mail.example.org:993", "imap.example.org:143"}, want: "mail.example.org:993", way: discover.Guess},
		{name: "guess with STARTTLS", good: []string{"example.org:143", "mail.example.org:143"}, want: "mail.example.org:143", start: true, way: discover.Guess},
		{name: "SRV down, a guess answers", zone: imaptest.Zone{}.SRV(imaps, 0, 0, 993, "a.example.org"), good: []string{"imap.example.org:993"},
			want: "imap.example.org:993", way: discover.Guess},
		{name: "nothing", err: discover.ErrUnknown},
		{name: "no address", address: "example.org", err: discover.ErrAddress},
		{name: "no domain", address: "me@localhost", err: discover.ErrAddress},
		{name: "a domain in other letters", address: "me@bücher.example", err: discover.ErrAddress},
		{name: "a label that is empty", address: "me@a..example", err: discover.ErrAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &reach{good: c.good, tried: []string{}}
			f := discover.Finder{Resolver: imaptest.NewResolver(t, c.zone), Reach: r.reach}
			address := c.address
			if address == "" {
				address = "me@example.org"
			}
			got, failed, err := f.Find(t.Context(), address)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if c.tried != nil && !slices.Equal(r.tried, c.tried) {
				t.Errorf("tried %q, want %q", r.tried, c.tried)
			}
			if c.err != nil {
				if errors.Is(err, discover.ErrUnknown) && len(failed) < 6 {
					t.Errorf("tells %d attempts", len(failed))
				}
				return
			}
			if got.Address() != c.want || got.StartTLS != c.start || got.Way != c.way || got.Foreign != c.foreign {
				t.Errorf("found %+v", got)
			}
		})
	}
}

// TestInterrupted: who cancels does not hear that there is no server.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := discover.Finder{Resolver: imaptest.NewResolver(t, nil), Reach: func(ctx context.Context, _ discover.Server) error {
		cancel()
		return ctx.Err()
	}}
	if _, _, err := f.Find(ctx, "me@example.org"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestProviders: each entry of the table is whole, no domain is in two of them,
// and a hint is found by the server's address.
func TestProviders(t *testing.T) {
	seen := map[string]string{}
	f := discover.Finder{Resolver: imaptest.NewResolver(t, nil), Reach: new(reach).reach}
	for _, domain := range []string{"gmail.com", "outlook.com", "yahoo.com", "aol.com", "icloud.com", "fastmail.com", "gmx.net", "gmx.com", "web.de", "t-online.de",
		"zohomail.com", "zohomail.eu", "zohomail.in", "mailbox.org", "posteo.de", "proton.me"} {
		found, _, err := f.Find(t.Context(), "me@"+domain)
		if err != nil || found.Way != discover.Published || found.Provider == "" || found.Hint == "" || found.Foreign {
			t.Errorf("%s: %+v, %v", domain, found, err)
		}
		if other, twice := seen[found.Address()]; twice {
			t.Errorf("%s and %s have the same server", domain, other)
		}
		seen[found.Address()] = domain
		if discover.HintFor(found.Address()) == "" {
			t.Errorf("%s: no hint by its server", domain)
		}
	}
	if got := discover.HintFor("127.0.0.1:993"); got != "" {
		t.Errorf("a hint for any server of this machine: %q", got)
	}
}
