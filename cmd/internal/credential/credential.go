package credential

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// Request says whose password is wanted and where it may be.
type Request struct {
	// Account is whose it is, in the words of the prompt: "me@mail.example.org".
	Account string
	// At most one of these is set: the password itself, as an endpoint URL may
	// hold it; the file whose first line it is; a command that writes it, as a
	// text or as its words; the variable that holds it; the entry of the keyring;
	// the name of the systemd credential.
	Literal, File, Command     string
	Words                      []string
	Variable, Keyring, Systemd string
	// Environment names the variables that may hold it, the first wins.
	Environment []string
}

// Named tells whether the user has named one place where the password is.
func (r Request) Named() bool {
	return r.Literal != "" || r.File != "" || r.Command != "" || len(r.Words) > 0 || r.Variable != "" || r.Keyring != "" || r.Systemd != ""
}

// Env is what the outside world offers.
type Env struct {
	Getenv func(string) string
	// Environ is the environment that a password command inherits; variables
	// that hold passwords, and those of Secrets, are left out.
	Environ []string
	// Secrets names more variables that hold passwords.
	Secrets []string
	// Stderr takes what a password command writes there.
	Stderr io.Writer
	// Prompt asks at the terminal, without echo; nil when there is none.
	Prompt func(ctx context.Context, text string) (string, error)
	// CommandLimit is how long a password command may take, 0 for a minute.
	CommandLimit time.Duration
}

// Find returns the password. When there is none, or a file that others can read
// or change, the error is a mailhaul.ErrUsage that says what to do.
func Find(ctx context.Context, r Request, env Env) (string, error) {
	switch {
	case r.Literal != "":
		return r.Literal, nil
	case r.File != "":
		return fromFile(r.File, env.Getenv("HOME"))
	case r.Command != "" || len(r.Words) > 0:
		return fromCommand(ctx, r, env)
	case r.Variable != "":
		return fromVariable(r, env)
	case r.Keyring != "":
		return fromKeyring(ctx, r.Keyring)
	case r.Systemd != "":
		return fromSystemd(r.Systemd, env.Getenv("CREDENTIALS_DIRECTORY"))
	}
	for _, name := range r.Environment {
		if v := env.Getenv(name); v != "" {
			return v, nil
		}
	}
	if env.Prompt == nil {
		return "", config.Usagef("no password for %s, and no terminal to ask at; give one of: "+
			"?password-file=FILE or ?password-command=COMMAND in the URL, the same as keys of an account in the config file, or the environment variable %s",
			r.Account, strings.Join(r.Environment, " or "))
	}
	password, err := env.Prompt(ctx, "Password for "+r.Account+": ")
	if err != nil {
		return "", fmt.Errorf("ask for password: %w", err)
	}
	if password == "" {
		return "", config.Usagef("no password given for %s", r.Account)
	}
	return password, nil
}

// fromVariable reads a variable of the environment.
func fromVariable(r Request, env Env) (string, error) {
	password := env.Getenv(r.Variable)
	if password == "" {
		return "", config.Usagef("no password for %s: the environment variable %s is not set", r.Account, r.Variable)
	}
	return password, nil
}
