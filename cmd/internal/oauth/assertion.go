package oauth

import (
	"context"
	"encoding/json"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// serviceKey is the part of a service account's key file that is used.
type serviceKey struct {
	Type         string `json:"type"`
	ClientEmail  string `json:"client_email"`
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	TokenURI     string `json:"token_uri"`
}

// assertion gets a token with the key of a service account, for the user whose
// mail is wanted (RFC 7523, 2.1).
func (c *Client) assertion(ctx context.Context) (*oauth2.Token, error) {
	name := config.ExpandHome(c.settings.KeyFile, c.options.Home)
	text, err := config.ReadPrivate("key file", name, 64<<10)
	if err != nil {
		return nil, err
	}
	var key serviceKey
	if json.Unmarshal(text, &key) != nil || key.ClientEmail == "" || key.PrivateKey == "" {
		return nil, config.Usagef("key file: %s is not the JSON key of a service account", name)
	}
	tokenURL := c.settings.TokenURL
	if tokenURL == "" {
		tokenURL = key.TokenURI
	}
	if !safe(tokenURL) {
		return nil, config.Usagef("key file: its token_uri %q is no https:// URL", tokenURL)
	}
	j := jwt.Config{
		Email: key.ClientEmail, PrivateKey: []byte(key.PrivateKey), PrivateKeyID: key.PrivateKeyID,
		Subject: c.settings.User, Scopes: c.settings.Scopes, TokenURL: tokenURL,
	}
	return j.TokenSource(c.context(ctx)).Token()
}
