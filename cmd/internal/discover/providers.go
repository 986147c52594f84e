package discover

import "slices"

// provider is what a large provider publishes about its servers.
type provider struct {
	name    string
	domains []string // of addresses
	// exchangers are domains of the mail exchangers of domains that it hosts.
	exchangers []string
	server     Server
	oauth      string
	hint       string
}

func (p provider) finding(way Way) Finding {
	return Finding{Server: p.server, Way: way, Provider: p.name, Hint: p.hint, OAuth: p.oauth}
}

// providerOf returns the provider of a domain of addresses.
func providerOf(domain string) (provider, bool) {
	for _, p := range providers() {
		if slices.Contains(p.domains, domain) {
			return p, true
		}
	}
	return provider{}, false
}

// HintFor returns what the provider that listens at host:port wants for a login,
// "" where nothing is known.
func HintFor(address string) string {
	for _, p := range providers() {
		if p.server.Address() == address {
			return p.hint
		}
	}
	return ""
}

func implicit(host string) Server { return Server{Host: host, Port: 993} }

// providers is the table, as their help pages have it.
func providers() []provider {
	return []provider{
		{name: "Gmail", domains: []string{"gmail.com", "googlemail.com"}, exchangers: []string{"google.com", "googlemail.com"},
			server: implicit("imap.gmail.com"), oauth: "google",
			hint: "Google takes no account password here: log in by OAuth, or make an app password (myaccount.google.com/apppasswords, needs two-step verification)"},
		{name: "Microsoft", domains: []string{"outlook.com", "outlook.de", "outlook.fr", "outlook.es", "outlook.it", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr",
			"hotmail.es", "hotmail.it", "live.com", "live.co.uk", "live.de", "live.fr", "live.nl", "live.it", "msn.com", "passport.com"},
			exchangers: []string{"mail.protection.outlook.com", "mx.microsoft", "olc.protection.outlook.com"},
			server:     implicit("outlook.office365.com"), oauth: "microsoft",
			hint: "Microsoft takes no password here, only OAuth; IMAP must be switched on (settings of Outlook.com: Mail, Forwarding and IMAP; else by the administrator)"},
		{name: "Yahoo", domains: []string{"yahoo.com", "yahoo.de", "yahoo.it", "yahoo.fr", "yahoo.es", "yahoo.se", "yahoo.ca", "yahoo.in", "yahoo.co.uk", "yahoo.co.nz", "yahoo.co.in",
			"yahoo.com.au", "yahoo.com.ar", "yahoo.com.br", "yahoo.com.mx", "ymail.com", "rocketmail.com"},
			server: implicit("imap.mail.yahoo.com"),
			hint:   "Yahoo wants an app password: account security, \"Generate app password\""},
		{name: "AOL", domains: []string{"aol.com", "aol.de", "aol.co.uk", "aim.com"}, server: implicit("imap.aol.com"),
			hint: "AOL wants an app password: account security, \"Manage app passwords\""},
		{name: "iCloud", domains: []string{"icloud.com", "me.com", "mac.com"}, exchangers: []string{"mail.icloud.com"}, server: implicit("imap.mail.me.com"),
			hint: "Apple wants an app-specific password (account.apple.com); where the whole address is refused as user, the part before @ is right (--user)"},
		{name: "Fastmail", domains: []string{"fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.org", "fastmail.de", "fastmail.co.uk", "fastmail.us", "fastmail.in",
			"messagingengine.com", "sent.com", "eml.cc", "mailbolt.com"},
			exchangers: []string{"messagingengine.com"}, server: implicit("imap.fastmail.com"),
			hint: "Fastmail wants an app password: Settings, Privacy & Security; for an address of a domain of your own the user is your Fastmail address (--user)"},
		{name: "GMX", domains: []string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.info", "gmx.biz", "gmx.org"}, server: implicit("imap.gmx.net"),
			hint: "IMAP must be switched on in GMX's settings (POP3/IMAP); with two-factor login an app password is needed"},
		{name: "GMX", domains: []string{"gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr"}, server: implicit("imap.gmx.com"),
			hint: "IMAP must be switched on in GMX's settings (POP3 & IMAP); with two-factor login an app password is needed"},
		{name: "WEB.DE", domains: []string{"web.de", "email.de"}, server: implicit("imap.web.de"),
			hint: "IMAP must be switched on in WEB.DE's settings (POP3/IMAP); where the whole address is refused as user, the part before @ is right (--user)"},
		{name: "T-Online", domains: []string{"t-online.de", "magenta.de"}, server: implicit("secureimap.t-online.de"),
			hint: "Telekom wants the password for mail programs, which is set in its e-mail settings, not that of the account"},
		{name: "Zoho", domains: []string{"zoho.com", "zohomail.com"}, server: implicit("imap.zoho.com"), hint: zohoHint},
		{name: "Zoho", domains: []string{"zoho.eu", "zohomail.eu"}, server: implicit("imap.zoho.eu"), hint: zohoHint},
		{name: "Zoho", domains: []string{"zoho.in", "zohomail.in"}, server: implicit("imap.zoho.in"), hint: zohoHint},
		{name: "Zoho", exchangers: []string{"zoho.com"}, server: implicit("imappro.zoho.com"), hint: zohoHint},
		{name: "Zoho", exchangers: []string{"zoho.eu"}, server: implicit("imappro.zoho.eu"), hint: zohoHint},
		{name: "Zoho", exchangers: []string{"zoho.in"}, server: implicit("imappro.zoho.in"), hint: zohoHint},
		{name: "mailbox.org", domains: []string{"mailbox.org", "secure.mailbox.org"}, exchangers: []string{"mailbox.org"}, server: implicit("imap.mailbox.org"),
			hint: "with two-factor login mailbox.org wants an application password: All settings, Security"},
		{name: "Posteo", domains: []string{"posteo.de", "posteo.net", "posteo.org", "posteo.at", "posteo.ch", "posteo.eu", "posteo.us", "posteo.uk", "posteo.nl", "posteo.me"},
			exchangers: []string{"posteo.de"}, server: implicit("posteo.de"),
			hint: "Posteo may want an app password: posteo.de/en/help/app-passwords"},
		{name: "Proton Mail", domains: []string{"proton.me", "protonmail.com", "protonmail.ch", "pm.me"}, exchangers: []string{"protonmail.ch"},
			server: Server{Host: "127.0.0.1", Port: 1143, StartTLS: true},
			hint:   "Proton Mail Bridge must run on this machine; the password is the one that Bridge shows, its certificate is exported from Bridge's settings and given as ca"},
	}
}

const zohoHint = "IMAP must be switched on in Zoho Mail's settings; with two-factor login an application-specific password is needed"
