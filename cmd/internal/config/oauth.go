package config

import "strings"

// OAuth is the oauth table of an account: how a token is got in place of a
// password (RFC 6749).
type OAuth struct {
	// Provider is google or microsoft, whose URLs are known, or "".
	Provider string
	// Flow is browser, device, service-account or client-credentials, "" for
	// what the provider has.
	Flow                                     string
	ClientID, ClientSecret, ClientSecretFile string
	AuthURL, TokenURL, DeviceURL, RevokeURL  string
	Scopes                                   []string
	// Tenant is the directory of an organisation at Microsoft.
	Tenant string
	// KeyFile holds the key of a service account.
	KeyFile string
	// User is whose mail the token opens.
	User string
}

// makeOAuth makes the table's keys a struct and holds them against each other.
func (r *reader) makeOAuth(a *Account, n *node) *OAuth {
	get := func(key string) string { return a.oauth[key].Text() }
	o := &OAuth{
		Provider: strings.ToLower(get("provider")), Flow: strings.ToLower(get("flow")),
		ClientID: get("client-id"), ClientSecret: get("client-secret"), ClientSecretFile: get("client-secret-file"),
		AuthURL: get("auth-url"), TokenURL: get("token-url"), DeviceURL: get("device-url"), RevokeURL: get("revoke-url"),
		Scopes: a.oauth["scopes"].Texts, Tenant: get("tenant"), KeyFile: get("key-file"), User: get("user"),
	}
	if o.User == "" {
		o.User = a.endpoint.User
	}
	if secret := n.child("client-secret"); secret != nil && n.child("client-secret-file") != nil {
		r.addf(secret.line, "client-secret and client-secret-file exclude each other")
	}
	return o
}
