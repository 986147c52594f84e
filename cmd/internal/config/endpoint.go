package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Security says how a connection is protected.
type Security uint8

const (
	// TLS from the first octet (RFC 8314, 3.2).
	TLS Security = iota
	// StartTLS is required before anything else is said (RFC 9051, 6.2.1).
	StartTLS
	// PlainText is no protection at all.
	PlainText
)

// Endpoint is an IMAP account as an endpoint URL names it.
type Endpoint struct {
	// Role is what the endpoint is called in usage and in messages: SOURCE.
	Role string
	Host string
	Port int // 0: the usual one
	User string
	// Authzid is the user whose mail is asked for, where User acts for another
	// (RFC 4616); "" where it is User's own.
	Authzid   string
	Mechanism string // "" for the best one that the server has
	Security  Security
	CAFile    string
	// Password, PasswordFile and PasswordCommand are where the URL says that
	// the password is; at most one is set.
	Password, PasswordFile, PasswordCommand string
}

// Account names whose mail it is, whatever the way to it: the user that owns it
// and the host. An archive remembers it. Of a user OWNER*MASTER, as Dovecot spells a
// master user who acts for another one, it is OWNER.
func (e Endpoint) Account() string {
	owner := e.User
	if before, master, found := strings.Cut(e.User, "*"); found && before != "" && master != "" {
		owner = before
	}
	if e.Authzid != "" {
		owner = e.Authzid
	}
	return owner + "@" + e.Host
}

// Address is host:port with the usual port filled in.
func (e Endpoint) Address() string {
	port := e.Port
	if port == 0 {
		port = 143
		if e.Security == TLS {
			port = 993
		}
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(port))
}

// Loopback tells whether the host is this machine.
func (e Endpoint) Loopback() bool {
	if strings.EqualFold(e.Host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(e.Host)
	return err == nil && ip.IsLoopback()
}

// IsURL tells whether text looks like a URL rather than a path. A single letter
// before the colon is a Windows drive.
func IsURL(text string) bool {
	i := strings.Index(text, "://")
	return i > 1 && !strings.ContainsAny(text[:i], `/\`)
}

// Redact returns text that the user wrote, fit to be repeated in a message: of a
// URL, which may hold a password, only what comes before it.
func Redact(text string) string {
	if !IsURL(text) {
		return text
	}
	scheme, _, _ := strings.Cut(text, "://")
	return scheme + "://..."
}

// ParseEndpoint reads the endpoint URL of a role: imaps://user@host[:port] or
// imap://user@host[:port], with the options tls, ca, auth, authzid,
// password-file and password-command. Mistakes go to p; no message repeats a
// password. The URL's last @ ends the user, so user names may hold one.
func ParseEndpoint(role, text string, p *Problems) Endpoint {
	e := Endpoint{Role: role}
	authority, query, ok := e.parseScheme(text, p)
	if !ok {
		return e
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		scheme, _, _ := strings.Cut(text, "://")
		p.Addf("%s: no user in the URL; write %s://USER@HOST", e.Role, scheme)
	} else {
		e.parseUser(authority[:at], p)
	}
	e.parseHost(authority[at+1:], p)
	e.parseQuery(query, p)
	return e
}

// parseScheme takes what stands before :// off and splits the rest at the ?.
func (e *Endpoint) parseScheme(text string, p *Problems) (authority, query string, ok bool) {
	scheme, rest, _ := strings.Cut(text, "://")
	switch strings.ToLower(scheme) {
	case "imaps":
		e.Security = TLS
	case "imap":
		e.Security = StartTLS
	default:
		if IsURL(text) {
			p.Addf("%s: %q is not a kind of account that mailhaul knows; it knows imaps:// and imap://", e.Role, scheme+"://")
		} else {
			p.Addf("%s is not a URL; write imaps://USER@HOST", e.Role)
		}
		return "", "", false
	}
	authority, query, _ = strings.Cut(rest, "?")
	return authority, query, true
}

// parseUser reads user[:password], both percent-encoded where needed.
func (e *Endpoint) parseUser(text string, p *Problems) {
	user, password, hasPassword := strings.Cut(text, ":")
	var err error
	if e.User, err = url.PathUnescape(user); err != nil {
		p.Addf("%s: user %q: a %% must be followed by two hexadecimal digits (%%25 stands for %% itself)", e.Role, user)
	}
	if user == "" {
		p.Addf("%s: the user before @ is empty", e.Role)
	}
	if !hasPassword {
		return
	}
	if e.Password, err = url.PathUnescape(password); err != nil {
		p.Addf("%s: password: a %% must be followed by two hexadecimal digits (%%25 stands for %% itself)", e.Role)
	}
	if password == "" {
		p.Addf("%s: the password after : is empty; leave the : out to be asked for it", e.Role)
	}
}

// parseHost reads host[:port], [IPv6] or [IPv6]:port, and a slash behind it.
func (e *Endpoint) parseHost(text string, p *Problems) {
	text = strings.TrimSuffix(text, "/")
	host, port := text, ""
	switch {
	case strings.HasPrefix(text, "["):
		end := strings.IndexByte(text, ']')
		if end < 0 {
			p.Addf("%s: host %q: a ] is missing", e.Role, text)
			return
		}
		host, port = text[1:end], text[end+1:]
		if _, err := netip.ParseAddr(host); err != nil {
			p.Addf("%s: host %q is not an IPv6 address", e.Role, host)
		}
		if port != "" && port[0] != ':' {
			p.Addf("%s: %q behind the host is not a port", e.Role, port)
			return
		}
		port = strings.TrimPrefix(port, ":")
	case strings.Count(text, ":") > 1:
		p.Addf("%s: host %q: an IPv6 address stands in brackets, as in [::1]:993", e.Role, text)
		return
	default:
		host, port, _ = strings.Cut(text, ":")
	}
	e.Host = strings.ToLower(host)
	switch {
	case host == "":
		p.Addf("%s: no host in the URL", e.Role)
	case strings.ContainsAny(host, "/\\ \t#%,;") && !strings.HasPrefix(text, "["):
		p.Addf("%s: %q is not a host name (a folder is chosen with --folder)", e.Role, host)
	}
	if port == "" {
		return
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		p.Addf("%s: port %q is not a number from 1 to 65535", e.Role, port)
		return
	}
	e.Port = int(n)
}
