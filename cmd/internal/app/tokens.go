package app

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// findTokens returns where the access tokens of an account come from, nil for an
// account with a password: its table in the config file says so, or somebody has
// logged in to it. A password that is named for the account comes before a login.
func (o accountOptions) findTokens(ctx context.Context, env Env, u *ui.UI) (*imapaccount.OAuth, error) {
	wanted := slices.Contains(config.TokenMechanisms(), o.endpoint.Mechanism)
	configured := o.named != nil && o.named.OAuth != nil
	if !configured && !wanted && (o.endpoint.Mechanism != "" || o.request().Named()) {
		return nil, nil
	}
	store, err := o.loginStore(env)
	if err != nil {
		if configured || wanted {
			return nil, err
		}
		return nil, nil
	}
	var settings oauth.Settings
	if configured {
		settings = oauth.Settings(*o.named.OAuth)
	} else {
		kept, err := store.Load(ctx)
		switch {
		case err != nil:
			return nil, err
		case kept != nil:
			settings = kept.Settings
		case wanted:
			return nil, oauth.NotLoggedIn(store, o.loginCommand())
		default:
			return nil, nil
		}
	}
	client, err := oauth.New(settings, o.oauthOptions(env, u))
	if err != nil {
		return nil, err
	}
	return &imapaccount.OAuth{Token: oauth.NewSource(client, store).Token, Again: o.loginCommand()}, nil
}

func (o accountOptions) oauthOptions(env Env, u *ui.UI) oauth.Options {
	return oauth.Options{Again: o.loginCommand(), Home: env.Getenv("HOME"), Now: env.Now, Notice: u.Warn}
}

// loginStore is where the login of the account is kept. Another name or way to the
// same account finds the same login.
func (o accountOptions) loginStore(env Env) (*oauth.Store, error) {
	dir, err := stateDir(env)
	if err != nil {
		return nil, err
	}
	return oauth.NewStore(filepath.Join(dir, "tokens"), entryOf(o.endpoint)), nil
}

// loginCommand is the command that logs in to the account.
func (o accountOptions) loginCommand() string { return "mailhaul login " + o.argument() }

// argument names the account as a user would: by its name, else by its URL, where
// no password is repeated.
func (o accountOptions) argument() string {
	if o.named != nil {
		return o.named.Name
	}
	e := o.endpoint
	text, host := "imaps://", e.Host
	if e.Security != config.TLS {
		text = "imap://"
	}
	if e.Port != 0 {
		host = net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
	}
	text += url.PathEscape(e.User) + "@" + host
	switch {
	case e.Security == config.PlainText:
		text += "?tls=off"
	case e.CAFile != "":
		text += "?ca=" + url.PathEscape(e.CAFile)
	}
	return config.ShellQuote(text)
}
