package app

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

func logoutCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "logout", Usage: "forget the login of an account, and end it at the provider",
		ArgsUsage: "ACCOUNT", HideHelp: true, Flags: flags("logout"),
		Description: "The token is forgotten, and the provider is asked to let it end. The account itself, and\nthe application that was registered for it, stay as they are.",
		Action: func(c *cli.Context) error {
			var p config.Problems
			account := parseAccount(c, "ACCOUNT", arguments(c, &p, "ACCOUNT")[0], &p)
			if err := p.Err(); err != nil {
				return badLine{"logout", err}
			}
			return runLogout(c.Context, env, account)
		},
	}
}

func runLogout(ctx context.Context, env Env, account accountOptions) error {
	return withUI(ctx, env, outputOptions{}, "logout", func(u *ui.UI) error {
		store, err := account.loginStore(env)
		if err != nil {
			return err
		}
		kept, err := store.Load(ctx)
		if err == nil && kept == nil {
			return config.Usagef("nobody has logged in to %s", account.argument())
		}
		if err == nil {
			settings := kept.Settings
			if account.named != nil && account.named.OAuth != nil {
				settings = oauth.Settings(*account.named.OAuth) // the client's secret is there alone
			}
			err = revoke(ctx, settings, account.oauthOptions(env, u), kept.Token)
		}
		if err != nil {
			u.Warn(err.Error() + "; the login may still be good at the provider: end it in its settings")
		}
		if err := store.Delete(ctx); err != nil {
			return err
		}
		u.Say("the login of " + account.argument() + " is forgotten")
		return nil
	})
}

// revoke ends a login at its provider, where that can be done.
func revoke(ctx context.Context, s oauth.Settings, o oauth.Options, t oauth.Token) error {
	client, err := oauth.New(s, o)
	if err != nil {
		return err
	}
	return client.Revoke(ctx, t)
}
