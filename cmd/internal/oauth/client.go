package oauth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// requestLimit bounds one request to a provider.
const requestLimit = 30 * time.Second

// Options are what a Client needs of the world outside.
type Options struct {
	// Again is the command that logs in anew, for hints: "mailhaul login work".
	Again string
	// Home is what ~ stands for in names of files.
	Home string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Notice is told what a person may want to know; nil for nobody.
	Notice func(text string)
}

// Client speaks with a provider.
type Client struct {
	settings Settings
	options  Options
	config   oauth2.Config
	http     *http.Client
}

// New returns a client. What the settings lack is a mailhaul.ErrUsage that tells
// all of it.
func New(s Settings, o Options) (*Client, error) {
	s, err := s.complete()
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if s.ClientSecretFile != "" {
		text, err := config.ReadPrivate("client secret file", config.ExpandHome(s.ClientSecretFile, o.Home), 64<<10)
		if err != nil {
			return nil, err
		}
		secret, _, _ := strings.Cut(string(text), "\n")
		s.ClientSecret = strings.TrimSpace(secret)
	}
	c := &Client{settings: s, options: o, http: &http.Client{
		Timeout: requestLimit,
		// A redirect would carry codes and secrets to where nobody sent them.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.config = oauth2.Config{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret, Scopes: s.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: s.AuthURL, TokenURL: s.TokenURL, DeviceAuthURL: s.DeviceURL, AuthStyle: s.authStyle()},
	}
	return c, nil
}

// authStyle is how the client says who it is. Without a secret it must stand in
// the parameters; else only servers that are not known are tried for it.
func (s Settings) authStyle() oauth2.AuthStyle {
	if s.ClientSecret == "" || s.Provider != "" {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleAutoDetect
}

// Settings returns the settings with what the provider's name fills in.
func (c *Client) Settings() Settings { return c.settings }

// context gives the library our HTTP client.
func (c *Client) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http)
}

// refresh gets a new token for a login (RFC 6749, 6). The refresh token may be
// another one afterwards; the old one is worth nothing then.
func (c *Client) refresh(ctx context.Context, old Token) (Token, error) {
	t, err := c.config.TokenSource(c.context(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
	if err != nil {
		return Token{}, c.failure("refresh the access token", err)
	}
	return c.token(t), nil
}

// grant gets a token without a person.
func (c *Client) grant(ctx context.Context) (Token, error) {
	var t *oauth2.Token
	var err error
	if c.settings.Flow == ServiceAccount {
		t, err = c.assertion(ctx)
	} else {
		cc := clientcredentials.Config{
			ClientID: c.config.ClientID, ClientSecret: c.config.ClientSecret, TokenURL: c.config.Endpoint.TokenURL,
			Scopes: c.config.Scopes, AuthStyle: c.config.Endpoint.AuthStyle,
		}
		t, err = cc.Token(c.context(ctx))
	}
	if err != nil {
		return Token{}, c.failure("get an access token", err)
	}
	return c.token(t), nil
}

// token takes over what the provider gave.
func (c *Client) token(t *oauth2.Token) Token {
	out := Token{Access: t.AccessToken, Refresh: t.RefreshToken, Obtained: c.options.Now()}
	if !t.Expiry.IsZero() {
		out.Expiry = out.Obtained.Add(time.Until(t.Expiry))
	}
	return out
}

// Revoke gives a login back to the provider, where that is possible (RFC 7009).
func (c *Client) Revoke(ctx context.Context, t Token) error {
	to := c.settings.RevokeURL
	if to == "" || t.Refresh == "" {
		return nil
	}
	form := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}, "client_id": {c.settings.ClientID}}
	if c.settings.ClientSecret != "" {
		form.Set("client_secret", c.settings.ClientSecret)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.http.Do(request)
	if err != nil {
		return c.failure("revoke the login", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.failure("revoke the login", &oauth2.RetrieveError{Response: response})
	}
	return nil
}

// Token is an access token and what renews it.
type Token struct {
	Access string `json:"access_token"`
	// Refresh is "" where the login cannot be renewed.
	Refresh string `json:"refresh_token,omitempty"`
	// Expiry is zero for a token without an end. Obtained is by the same clock.
	Expiry   time.Time `json:"expiry,omitzero"`
	Obtained time.Time `json:"obtained,omitzero"`
}

// mostLeeway is how long before its end a token is not used any more.
const mostLeeway = time.Minute

// fresh tells whether the token will still be good when a server looks at it.
func (t Token) fresh(now time.Time) bool {
	if t.Access == "" || t.Expiry.IsZero() {
		return t.Access != ""
	}
	leeway := min(mostLeeway, t.Expiry.Sub(t.Obtained)/4)
	return now.Before(t.Expiry.Add(-leeway))
}
