package oauth

import (
	"context"
	"errors"

	"golang.org/x/oauth2"
)

// device lets a person enter a code at the provider's page, in whatever browser
// (RFC 8628).
func (c *Client) device(ctx context.Context, person Person) (*oauth2.Token, error) {
	limited, cancel := context.WithTimeout(ctx, consentLimit)
	defer cancel()
	codes, err := c.config.DeviceAuth(c.context(limited))
	if err != nil {
		return nil, c.failure("ask for a code", err)
	}
	person.Tell("Log in as " + c.settings.User + " in a browser on any device:")
	person.Tell("")
	person.Tell("  " + codes.VerificationURI)
	person.Tell("  code: " + codes.UserCode)
	if codes.VerificationURIComplete != "" {
		person.Tell("  or at once: " + codes.VerificationURIComplete)
	}
	person.Tell("")
	t, err := c.config.DeviceAccessToken(c.context(limited), codes)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, c.late() // the code's time is over
	case err != nil:
		return nil, c.failure("log in", err)
	}
	return t, nil
}
