package config

import (
	"net/url"
	"slices"
	"strings"
)

// Mechanisms are the SASL mechanisms that ?auth= can ask for.
func Mechanisms() []string {
	return append([]string{"SCRAM-SHA-256", "PLAIN", "LOGIN"}, TokenMechanisms()...)
}

// TokenMechanisms are those that take a token in place of a password.
func TokenMechanisms() []string { return []string{"OAUTHBEARER", "XOAUTH2"} }

// queryKeys are the options that an endpoint URL takes.
func queryKeys() []string {
	return []string{"auth", "authzid", "ca", "password-command", "password-file", "tls"}
}

// parseQuery reads the options behind the ?. Values are percent-decoded; a +
// is a +, since it is common in paths and commands.
func (e *Endpoint) parseQuery(query string, p *Problems) {
	seen := map[string]string{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		key, raw, _ := strings.Cut(part, "=")
		value, err := url.PathUnescape(raw)
		switch _, twice := seen[key]; {
		case !slices.Contains(queryKeys(), key):
			p.Addf("%s: unknown option ?%s=%s", e.Role, key, DidYouMean(key, queryKeys()))
			continue
		case err != nil:
			p.Addf("%s: ?%s=: a %% must be followed by two hexadecimal digits (%%25 stands for %% itself)", e.Role, key)
			continue
		case twice:
			p.Addf("%s: ?%s= is given twice", e.Role, key)
			continue
		case value == "":
			p.Addf("%s: ?%s= has no value", e.Role, key)
			continue
		}
		seen[key] = value
	}
	e.Authzid = seen["authzid"]
	e.CAFile = seen["ca"]
	e.PasswordFile = seen["password-file"]
	e.PasswordCommand = seen["password-command"]
	e.applyAuth(seen["auth"], p)
	e.applyTLS(seen["tls"], p)
	e.checkPasswordWays(p)
}

func (e *Endpoint) applyAuth(value string, p *Problems) {
	if value == "" {
		return
	}
	e.Mechanism = strings.ToUpper(value)
	if !slices.Contains(Mechanisms(), e.Mechanism) {
		p.Addf("%s: ?auth=%s: mailhaul knows %s", e.Role, value, strings.Join(Mechanisms(), ", "))
	}
	if e.Mechanism == "LOGIN" && e.Authzid != "" {
		p.Addf("%s: ?auth=LOGIN cannot carry ?authzid=; use PLAIN", e.Role)
	}
}

func (e *Endpoint) applyTLS(value string, p *Problems) {
	switch {
	case value == "":
		return
	case value != "off":
		p.Addf("%s: ?tls=%s: the only value is off; without it the connection is always encrypted", e.Role, value)
		return
	case e.Security == TLS:
		p.Addf("%s: tls=off contradicts imaps://; plain text goes with imap://", e.Role)
	case e.CAFile != "":
		p.Addf("%s: ?ca= makes no sense with ?tls=off", e.Role)
	}
	e.Security = PlainText
}

func (e *Endpoint) checkPasswordWays(p *Problems) {
	var ways []string
	for _, w := range []struct{ name, value string }{
		{"a password in the URL", e.Password},
		{"?password-file=", e.PasswordFile},
		{"?password-command=", e.PasswordCommand},
	} {
		if w.value != "" {
			ways = append(ways, w.name)
		}
	}
	if len(ways) > 1 {
		p.Addf("%s: %s exclude each other", e.Role, strings.Join(ways, " and "))
	}
}
