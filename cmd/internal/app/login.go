package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// loginOptions say how a login is made, and where it is kept.
type loginOptions struct {
	account   accountOptions
	settings  oauth.Settings
	keyring   bool
	noBrowser bool
	output    outputOptions
}

const loginHelp = `
ACCOUNT is an account of the config file with an oauth table, or a URL together with
the flags that such a table would hold. The page of the provider asks for consent;
the token is tried at the server and kept, so that all commands use it, for as long
as the provider lets it be renewed. Without an account of the config file:

  mailhaul login imaps://me@gmail.com@imap.gmail.com --provider google \
      --client-id ID --client-secret-file ~/.config/mailhaul/client

A service account of Google and an application of Microsoft need no login; then the
command tries whether they get into the mailbox. docs/oauth.md tells how to register
with both.`

func loginCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "login", Usage: "log in to an account with OAuth 2.0, in place of a password",
		ArgsUsage: "ACCOUNT", HideHelp: true, Description: loginHelp, Flags: flags("login"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := loginOptions{keyring: c.Bool("keyring"), noBrowser: c.Bool("no-browser"), output: parseOutput(c, &p)}
			o.account = parseAccount(c, "ACCOUNT", arguments(c, &p, "ACCOUNT")[0], &p)
			o.parseSettings(env, c, &p)
			if err := p.Err(); err != nil {
				return badLine{"login", err}
			}
			return runLogin(c.Context, env, o)
		},
	}
}

// parseSettings takes the account's oauth table, or the flags in its place.
func (o *loginOptions) parseSettings(env Env, c *cli.Context, p *config.Problems) {
	absolute := func(flag string) string {
		name := config.ExpandHome(c.String(flag), env.Getenv("HOME"))
		if name == "" {
			return ""
		}
		path, err := filepath.Abs(name) // it is looked for from other directories, too
		if err != nil {
			p.Addf("--%s: %v", flag, err)
		}
		return path
	}
	checkChoices(c, "login", p)
	o.settings = oauth.Settings{
		Provider: c.String("provider"), Flow: c.String("flow"),
		ClientID: c.String("client-id"), ClientSecretFile: absolute("client-secret-file"),
		AuthURL: c.String("auth-url"), TokenURL: c.String("token-url"), DeviceURL: c.String("device-url"), RevokeURL: c.String("revoke-url"),
		Scopes: c.StringSlice("scopes"), Tenant: c.String("tenant"), KeyFile: absolute("key-file"),
	}
	if named := o.account.named; named != nil && named.OAuth != nil {
		if !o.settings.Empty() {
			p.Addf("%s has an oauth table in the config file: change it there", named.Name)
		}
		o.settings = oauth.Settings(*named.OAuth)
	} else if o.settings.Empty() {
		p.Addf("ACCOUNT: say how tokens are got: --provider and --client-id, or an oauth table of an account in the config file")
	}
	if o.settings.User == "" {
		o.settings.User = o.account.endpoint.User
	}
	if c.Bool("device") {
		o.settings.Flow = oauth.Device
	}
}

func runLogin(ctx context.Context, env Env, o loginOptions) error {
	return withUI(ctx, env, o.output, "login", func(u *ui.UI) error {
		store, err := o.account.loginStore(env)
		if err != nil {
			return err
		}
		client, err := oauth.New(o.settings, o.account.oauthOptions(env, u))
		if err != nil {
			return err
		}
		if o.keyring {
			if err := store.TryKeyring(ctx); err != nil {
				return fmt.Errorf("%w; without --keyring the login is kept in a file", err)
			}
		}
		person := oauth.Person{Tell: u.Say, Browse: env.Browse}
		if o.noBrowser {
			person.Browse = nil
		}
		token, err := client.Login(ctx, person)
		if err != nil {
			return err
		}
		return o.tryAndKeep(ctx, env, u, store, oauth.Record{Settings: client.Settings(), Keyring: o.keyring, Token: token})
	})
}

// tryAndKeep keeps a login that the server takes. One that it refuses is not kept,
// lest it takes the place of one that works; a server that cannot be reached has
// not refused it.
func (o loginOptions) tryAndKeep(ctx context.Context, env Env, u *ui.UI, store *oauth.Store, r oauth.Record) error {
	tried := o.try(ctx, env, u, r.Token.Access)
	if tried != nil && (ctx.Err() != nil || !errors.Is(tried, mailhaul.ErrConnect)) {
		return tried
	}
	if !r.Settings.ForPeople() {
		r.Token, r.Keyring = oauth.Token{}, false // it is got anew whenever it is wanted
		if named := o.account.named; named != nil && named.OAuth != nil && tried == nil {
			u.Say("the token for " + o.settings.User + " opens the account; nothing needs to be kept")
			return nil
		}
	}
	if err := store.Save(ctx, r); err != nil {
		return err
	}
	where := store.Path()
	if r.Keyring {
		where = "the keyring"
	}
	u.Say(fmt.Sprintf("logged in as %s; the login is kept in %s", o.settings.User, where))
	if r.Settings.ForPeople() && r.Token.Refresh == "" && !r.Token.Expiry.IsZero() {
		u.Warn(fmt.Sprintf("the provider gave no refresh token: the login ends at %s", r.Token.Expiry.Format(time.DateTime)))
	}
	return tried
}

// try logs in to the account with the token.
func (o loginOptions) try(ctx context.Context, env Env, u *ui.UI, token string) error {
	o.account.tokens = &imapaccount.OAuth{Again: o.account.loginCommand(),
		Token: func(context.Context, string) (string, error) { return token, nil }}
	_, closeAccount, err := o.account.open(ctx, env, u)
	if err != nil {
		return err
	}
	return closeAccount()
}
