package credential_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
)

// TestKeyring goes through the life of a password in a keyring: one in memory, or
// that of this machine where the one who runs the tests says so, since it may ask
// for a password.
func TestKeyring(t *testing.T) {
	if os.Getenv("MAILHAUL_TEST_KEYRING") == "" {
		keyring.MockInit()
	}
	const entry = "mailhaul-test@mail.example.org"
	find := func() (string, error) {
		return credential.Find(t.Context(), credential.Request{Keyring: entry}, credential.Env{})
	}
	if _, err := find(); !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), "mailhaul config password") {
		t.Errorf("before: %v", err)
	}
	for _, password := range []string{"first", "second ü"} {
		if err := credential.Store(t.Context(), entry, password); err != nil {
			t.Fatal(err)
		}
		if got, err := find(); got != password || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, password)
		}
	}
	if err := credential.Forget(t.Context(), entry); err != nil {
		t.Error(err)
	}
	if err := credential.Forget(t.Context(), entry); !errors.Is(err, mailhaul.ErrUsage) {
		t.Errorf("forgotten twice: %v", err)
	}
	if _, err := find(); !errors.Is(err, mailhaul.ErrUsage) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestKeyringFails(t *testing.T) {
	if os.Getenv("MAILHAUL_TEST_KEYRING") != "" {
		t.Skip("the keyring of this machine does not fail at will")
	}
	locked := errors.New("the collection is locked")
	keyring.MockInitWithError(locked)
	_, err := credential.Find(t.Context(), credential.Request{Keyring: "x"}, credential.Env{})
	if !errors.Is(err, locked) || !errors.Is(credential.Store(t.Context(), "x", "p"), locked) || !errors.Is(credential.Forget(t.Context(), "x"), locked) {
		t.Errorf("got %v", err)
	}
}

// TestKeyringIsNotAwaited: a run that is interrupted does not wait for somebody to
// unlock the keyring.
func TestKeyringIsNotAwaited(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	unlocked := make(chan struct{})
	defer close(unlocked)
	if err := credential.Waiting(ctx, func() error { <-unlocked; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
