package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

func TestParseEndpoint(t *testing.T) {
	tests := []struct {
		name, text       string
		want             config.Endpoint
		address, account string
	}{
		{"implicit TLS", "imaps://me@mail.example.org",
			config.Endpoint{Host: "mail.example.org", User: "me"},
			"mail.example.org:993", "me@mail.example.org"},
		{"STARTTLS", "imap://me@mail.example.org",
			config.Endpoint{Host: "mail.example.org", User: "me", Security: config.StartTLS},
			"mail.example.org:143", "me@mail.example.org"},
		{"port, slash, upper case", "IMAPS://me@Mail.Example.ORG:1993/",
			config.Endpoint{Host: "mail.example.org", Port: 1993, User: "me"},
			"mail.example.org:1993", "me@mail.example.org"},
		{"user with @", "imaps://me@example.org@mail.example.org",
			config.Endpoint{Host: "mail.example.org", User: "me@example.org"},
			"mail.example.org:993", "me@example.org@mail.example.org"},
		{"percent", "imaps://a%3Ab%40c%25:p%40%2F%3A@h",
			config.Endpoint{Host: "h", User: "a:b@c%", Password: "p@/:"}, "h:993", "a:b@c%@h"},
		{"colon and @ in password", "imaps://me:a:b@c@h",
			config.Endpoint{Host: "h", User: "me", Password: "a:b@c"}, "h:993", "me@h"},
		{"IPv6", "imap://me@[::1]:1143?tls=off",
			config.Endpoint{Host: "::1", Port: 1143, User: "me", Security: config.PlainText},
			"[::1]:1143", "me@::1"},
		{"IPv6 without port", "imaps://me@[2001:db8::1]",
			config.Endpoint{Host: "2001:db8::1", User: "me"}, "[2001:db8::1]:993", "me@2001:db8::1"},
		{"options", "imaps://adm@h?ca=/etc/a+b.pem&auth=plain&authzid=me&password-command=pass%20show%20%26",
			config.Endpoint{Host: "h", User: "adm", CAFile: "/etc/a+b.pem", Mechanism: "PLAIN",
				Authzid: "me", PasswordCommand: "pass show &"}, "h:993", "me@h"},
		{"master user of Dovecot", "imaps://me@example.org*adm@h",
			config.Endpoint{Host: "h", User: "me@example.org*adm"}, "h:993", "me@example.org@h"},
		{"stars that are none", "imaps://*adm@h", config.Endpoint{Host: "h", User: "*adm"}, "h:993", "*adm@h"},
		{"password file", "imaps://me@h/?password-file=~/p",
			config.Endpoint{Host: "h", User: "me", PasswordFile: "~/p"}, "h:993", "me@h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p config.Problems
			got := config.ParseEndpoint("SOURCE", tt.text, &p)
			if err := p.Err(); err != nil {
				t.Fatal(err)
			}
			tt.want.Role = "SOURCE"
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if got.Address() != tt.address || got.Account() != tt.account {
				t.Errorf("got %s and %s, want %s and %s", got.Address(), got.Account(), tt.address, tt.account)
			}
		})
	}
}

func TestParseEndpointMistakes(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // a part of each message, all of them
	}{
		{"no URL", "mail.example.org", []string{"SOURCE is not a URL"}},
		{"no URL, with a password", "me:s3cret@h", []string{"SOURCE is not a URL"}},
		{"other scheme", "pop3://me@h", []string{`"pop3://" is not a kind`}},
		{"no user", "imaps://h", []string{"no user"}},
		{"empty user", "imaps://@h", []string{"before @ is empty"}},
		{"empty password", "imaps://me:@h", []string{"the password after : is empty"}},
		{"no host", "imaps://me@", []string{"no host"}},
		{"folder in path", "imaps://me@h/INBOX", []string{"not a host name"}},
		{"bad port", "imaps://me@h:99999", []string{`port "99999"`}},
		{"port 0", "imaps://me@h:0", []string{`port "0"`}},
		{"bare IPv6", "imaps://me@::1", []string{"stands in brackets"}},
		{"open bracket", "imaps://me@[::1", []string{"] is missing"}},
		{"name in brackets", "imaps://me@[h]", []string{"not an IPv6 address"}},
		{"junk behind bracket", "imaps://me@[::1]x", []string{"not a port"}},
		{"unknown option", "imaps://me@h?pasword-file=x", []string{"unknown option ?pasword-file=; did you mean password-file?"}},
		{"option twice", "imaps://me@h?ca=a&ca=b", []string{"?ca= is given twice"}},
		{"option empty", "imaps://me@h?ca=", []string{"?ca= has no value"}},
		{"bad mechanism", "imaps://me@h?auth=NTLM", []string{"mailhaul knows SCRAM-SHA-256, PLAIN, LOGIN"}},
		{"LOGIN for another", "imaps://me@h?auth=login&authzid=x", []string{"cannot carry"}},
		{"tls=off on imaps", "imaps://me@h?tls=off", []string{"contradicts imaps://"}},
		{"tls=on", "imap://me@h?tls=on", []string{"the only value is off"}},
		{"ca without TLS", "imap://me@h?tls=off&ca=x", []string{"makes no sense"}},
		{"two ways to a password", "imaps://me:s3cret@h?password-file=x", []string{"exclude each other"}},
		{"all at once", "imaps://m%zz@h:x?foo=1&auth=%", []string{"user", "port", "?foo", "?auth="}},
		{"bad percent in password", "imaps://me:s3cret%@h", []string{"SOURCE: password: a %"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p config.Problems
			config.ParseEndpoint("SOURCE", tt.text, &p)
			err := p.Err()
			if !errors.Is(err, mailhaul.ErrUsage) {
				t.Fatalf("got %v, want a usage error", err)
			}
			usage, ok := errors.AsType[*config.UsageError](err)
			if !ok || len(usage.Problems) != len(tt.want) {
				t.Fatalf("got %q, want %d messages", err, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.Contains(usage.Problems[i], want) {
					t.Errorf("message %d is %q, want %q in it", i, usage.Problems[i], want)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the message tells the password: %q", err)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"mail.example.org": false, "localhost.example.org": false, "192.0.2.1": false, "::2": false,
	} {
		if got := (config.Endpoint{Host: host}).Loopback(); got != want {
			t.Errorf("%s: got %v, want %v", host, got, want)
		}
	}
}

func TestIsURL(t *testing.T) {
	for text, want := range map[string]bool{
		"imaps://h": true, "x://": false, "./a://b": false, `C:\mail`: false, "mail": false, "pop3://x": true,
	} {
		if got := config.IsURL(text); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{"imaps://me:s3cret@h": "imaps://...", "~/mail": "~/mail"} {
		if got := config.Redact(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// FuzzParseEndpoint: no input may crash the parser, and what it accepts has a
// user and a host.
func FuzzParseEndpoint(f *testing.F) {
	f.Add("imaps://me@example.org@[::1]:993/?ca=x&tls=off")
	f.Add("imap://%zz:@h:1?password-command=a%20b")
	f.Fuzz(func(t *testing.T, text string) {
		var p config.Problems
		e := config.ParseEndpoint("SOURCE", text, &p)
		if p.Err() == nil && (e.Host == "" || e.User == "") {
			t.Errorf("%q was accepted as %+v", text, e)
		}
	})
}
