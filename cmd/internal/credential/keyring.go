package credential

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// service is the name under which the keyring of the system (Secret Service,
// Keychain, Credential Manager) holds the program's passwords.
const service = "mailhaul"

// What the keyring says of an entry: it has none, or has no room for it.
var (
	ErrNotInKeyring     = keyring.ErrNotFound
	ErrTooBigForKeyring = keyring.ErrSetDataTooBig
)

// fromKeyring asks the keyring for the password of an entry.
func fromKeyring(ctx context.Context, entry string) (string, error) {
	password, err := Recall(ctx, entry)
	if errors.Is(err, ErrNotInKeyring) {
		return "", config.Usagef("the keyring has no password for %s; 'mailhaul config password ACCOUNT' puts it there", entry)
	}
	return password, err
}

// Recall asks the keyring of the system for an entry. The error wraps
// ErrNotInKeyring if there is none.
func Recall(ctx context.Context, entry string) (secret string, err error) {
	err = waiting(ctx, func() (err error) {
		secret, err = keyring.Get(service, entry)
		return err
	})
	if err != nil {
		return "", keyringError("ask keyring", err)
	}
	return secret, nil
}

// Store puts the password of an entry into the keyring of the system. The error
// wraps ErrTooBigForKeyring if it has no room for that much.
func Store(ctx context.Context, entry, password string) error {
	if err := waiting(ctx, func() error { return keyring.Set(service, entry, password) }); err != nil {
		return keyringError("store in keyring", err)
	}
	return nil
}

// Forget takes the password of an entry out of the keyring. It is a
// mailhaul.ErrUsage if there is none.
func Forget(ctx context.Context, entry string) error {
	err := waiting(ctx, func() error { return keyring.Delete(service, entry) })
	if errors.Is(err, keyring.ErrNotFound) {
		return config.Usagef("the keyring has no password for %s", entry)
	}
	if err != nil {
		return keyringError("remove from keyring", err)
	}
	return nil
}

// keyringError says what can be done when the keyring does not answer.
func keyringError(op string, err error) error {
	hint := "is a keyring running and unlocked? Where nobody is logged in, as in cron, there is none: use password-file or systemd-credential"
	if errors.Is(err, ErrNotInKeyring) || errors.Is(err, ErrTooBigForKeyring) || errors.Is(err, context.Canceled) {
		hint = ""
	}
	return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: op, Hint: hint, Err: err}
}

// waiting does what may wait for a person who has to unlock the keyring. The
// library knows no context: when ctx is done the call is left to itself.
func waiting(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
