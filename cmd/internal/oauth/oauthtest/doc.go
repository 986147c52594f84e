// Package oauthtest is a small OAuth 2.0 server for tests: it gives codes to whom
// it takes for a consenting person, and tokens by each grant that package oauth
// knows. It is as strict as a good provider: codes work once, PKCE is demanded,
// and a refresh token that is used a second time ends the login.
package oauthtest
