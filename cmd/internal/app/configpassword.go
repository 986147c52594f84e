package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const configPasswordHelp = `
ACCOUNT is an account of the config file with keyring = true. The password is asked
for at the terminal, or is the first line of standard input where that is none. It
goes into the keyring of the system: Secret Service (GNOME, KDE), Keychain (macOS),
Credential Manager (Windows).
`

func configPasswordCommand(env Env) *cli.Command {
	return configCommand("password", "put an account's password into the keyring", "ACCOUNT", configPasswordHelp, func(c *cli.Context, s *settings, args []string) error {
		a := s.account(args[0])
		if a == nil {
			return config.Usagef("there is no account %q in the config file%s", config.Redact(args[0]), config.DidYouMean(args[0], s.file.AccountNames()))
		}
		return keepPassword(c.Context, env, a, c.Bool("forget"))
	}, "ACCOUNT")
}

// keepPassword puts the password of an account into the keyring, or takes it out.
func keepPassword(ctx context.Context, env Env, a *config.Account, forget bool) error {
	entry := entryOf(a.Endpoint(""))
	if forget {
		if err := credential.Forget(ctx, entry); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.Stdout, "the keyring has no password for %s any more\n", ui.Escape(entry))
		return err
	}
	password, err := newPassword(ctx, env, entry)
	if err != nil {
		return err
	}
	if err := credential.Store(ctx, entry, password); err != nil {
		return err
	}
	text := "the password for %s is in the keyring\n"
	if !a.Values["keyring"].On() {
		text += "put keyring = true into [accounts." + ui.Escape(a.Name) + "], and it is used\n"
	}
	_, err = fmt.Fprintf(env.Stdout, text, ui.Escape(entry))
	return err
}

// newPassword asks for a password, or reads the first line of standard input.
func newPassword(ctx context.Context, env Env, entry string) (string, error) {
	var password string
	var err error
	if env.Terminal.Prompt != nil {
		password, err = env.Terminal.Prompt(ctx, "Password for "+entry+": ")
	} else {
		password, err = bufio.NewReader(env.Stdin).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return "", config.Usagef("no password given for %s", entry)
	}
	return password, nil
}
