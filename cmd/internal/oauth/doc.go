// Package oauth gets access tokens of OAuth 2.0 (RFC 6749) for mail accounts: by
// a person's consent in a browser or on another device, or with the key of a
// whole organisation. It keeps what a login gave, refreshes tokens before they
// end, and lets several processes share one login. No error of it repeats a
// token, a code or a secret.
package oauth
