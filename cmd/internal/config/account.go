package config

import (
	"fmt"
	"strings"
)

// Account is an [accounts.NAME] table.
type Account struct {
	Name string
	// Values are its keys; those of its oauth table are in OAuth.
	Values Values
	// OAuth is its oauth table, nil if it has none.
	OAuth *OAuth
	// oauth are the keys of that table.
	oauth Values
	line  int
	// endpoint is what address, user and the like say together.
	endpoint Endpoint
}

// Endpoint is the account as an endpoint of that role. Where the password is does
// not stand in it, but in the account's Values.
func (a *Account) Endpoint(role string) Endpoint {
	e := a.endpoint
	e.Role = role
	return e
}

// credentialKeys say where the password is; an account has at most one of them.
func credentialKeys() []string {
	return []string{"password-file", "password-command", "password-env", "keyring", "systemd-credential", "oauth"}
}

// readAccount reads [accounts.NAME].
func (r *reader) readAccount(n *node) {
	where := fmt.Sprintf("[accounts.%s]", n.name)
	a := &Account{Name: n.name, line: n.line, Values: r.values(n.children, settingsIn(InAccount), where)}
	r.file.Accounts = append(r.file.Accounts, a)
	r.checkCredentials(n)
	if !n.damaged {
		r.require(n, where, "address")
	}
	a.endpoint = r.endpoint(a, n, where)
	if o := n.child("oauth"); o != nil && o.value == nil {
		a.oauth = r.values(o.children, settingsIn(InOAuth), "oauth of "+where)
		a.OAuth = r.makeOAuth(a, o)
	}
}

// require tells of keys that are missing.
func (r *reader) require(n *node, where string, keys ...string) {
	for _, k := range keys {
		if n.child(k) == nil {
			r.addf(n.line, "%s: %s is missing", where, k)
		}
	}
}

// checkCredentials holds that there is one way to the password at most.
func (r *reader) checkCredentials(n *node) {
	var first *node
	for _, c := range n.children {
		for _, k := range credentialKeys() {
			switch {
			case c.name != k:
			case first == nil:
				first = c
			default:
				r.addf(c.line, "%s and %s (line %d) exclude each other", c.name, first.name, first.line)
			}
		}
	}
}

// endpoint makes the endpoint of an account.
func (r *reader) endpoint(a *Account, n *node, where string) Endpoint {
	e := Endpoint{
		Authzid: a.Values["authzid"].Text(), CAFile: a.Values["ca"].Text(),
		Mechanism: strings.ToUpper(a.Values["auth"].Text()),
	}
	user := a.Values["user"]
	if address, given := a.Values["address"]; given {
		e.Role = "address"
		var p Problems
		e.parseAddress(address.Text(), a.Values["tls"].Text(), &p)
		for _, text := range p.list {
			r.addf(address.Origin.Line, "%s", text)
		}
		switch {
		case e.User != "" && user.Text() != "":
			r.addf(user.Origin.Line, "the user stands in the address, too, on line %d", address.Origin.Line)
		case e.User == "" && n.child("user") == nil && !n.damaged:
			r.addf(n.line, "%s: user is missing", where)
		}
	}
	if user.Text() != "" {
		e.User = user.Text()
	}
	if auth := a.Values["auth"]; e.Mechanism == "LOGIN" && e.Authzid != "" {
		r.addf(auth.Origin.Line, "auth LOGIN cannot carry an authzid; use PLAIN")
	}
	return e
}

// parseAddress reads the address of an account: an endpoint URL whose user may be
// missing and whose options are keys of their own.
func (e *Endpoint) parseAddress(text, tls string, p *Problems) {
	authority, query, ok := e.parseScheme(text, p)
	if !ok {
		return
	}
	if query != "" {
		p.Addf("address: what stands behind the ? are keys of their own here, such as ca, tls, auth and authzid")
	}
	at := strings.LastIndexByte(authority, '@')
	if at >= 0 {
		e.parseUser(authority[:at], p)
	}
	if e.Password != "" {
		p.Addf("address: no password stands here; say where it is: password-file, password-command, password-env, keyring or systemd-credential")
		e.Password = ""
	}
	e.parseHost(authority[at+1:], p)
	e.applyTLS(tls, p)
}
