package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
)

// recordVersion is the form of what is kept.
const recordVersion = 1

// Record is what a login keeps of an account.
type Record struct {
	Version int    `json:"version"`
	Account string `json:"account"`
	// Settings are those of the login, for accounts that stand in no config file.
	Settings Settings `json:"settings"`
	// Keyring tells that the token lies in the system's keyring, not here.
	Keyring bool  `json:"keyring,omitempty"`
	Token   Token `json:"token,omitzero"`
}

// Store keeps the login of one account: a file for its owner's eyes, the token
// in it or in the system's keyring.
type Store struct{ dir, account, name string }

// NewStore returns the store of an account (user@host) in a directory. Nothing
// is read or made before it is used.
func NewStore(dir, account string) *Store {
	readable := strings.Map(func(r rune) rune {
		if strings.ContainsRune("@.-_", r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, account)
	sum := sha256.Sum256([]byte(account))
	return &Store{dir, account, fmt.Sprintf("%.60s-%x", strings.TrimLeft(readable, "."), sum[:6])}
}

// Path returns the file in which the login lies.
func (s *Store) Path() string { return filepath.Join(s.dir, s.name+".json") }

// Load returns what is kept, nil when nothing is.
func (s *Store) Load(ctx context.Context) (*Record, error) {
	r, err := s.read()
	if err != nil || r == nil || !r.Keyring {
		return r, err
	}
	secret, err := credential.Recall(ctx, s.entry())
	if err != nil {
		return nil, fmt.Errorf("read login of %s: %w", s.account, err)
	}
	if err := json.Unmarshal([]byte(secret), &r.Token); err != nil {
		return nil, config.Usagef("login: what the keyring holds of %s is damaged; log in anew", s.account)
	}
	return r, nil
}

// read reads the file, nil when there is none.
func (s *Store) read() (*Record, error) {
	text, err := config.ReadPrivate("login", s.Path(), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, config.Usagef("login: %s is damaged; remove it and log in anew", s.Path())
	}
	if r.Version > recordVersion {
		return nil, fmt.Errorf("read login %s: %w", s.Path(), mailhaul.ErrNewer)
	}
	return &r, nil
}

// Save keeps a record in place of the old one, all of it or nothing.
func (s *Store) Save(ctx context.Context, r Record) error {
	return s.locked(ctx, func() error { return s.save(ctx, r) })
}

func (s *Store) save(ctx context.Context, r Record) error {
	r.Version, r.Account = recordVersion, s.account
	if r.Keyring {
		if err := s.saveToKeyring(ctx, r.Token); err != nil {
			return err
		}
		r.Token = Token{}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := config.WritePrivate(s.Path(), append(text, '\n')); err != nil {
		return fmt.Errorf("keep login of %s: %w", s.account, err)
	}
	return nil
}

// saveToKeyring keeps the token; some keyrings have no room for an access token,
// which can be got again.
func (s *Store) saveToKeyring(ctx context.Context, t Token) error {
	var last error
	for _, part := range []Token{t, {Refresh: t.Refresh}} {
		text, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if last = credential.Store(ctx, s.entry(), string(text)); !errors.Is(last, credential.ErrTooBigForKeyring) {
			break
		}
	}
	if last != nil {
		return fmt.Errorf("keep login of %s: %w", s.account, last)
	}
	return nil
}

// TryKeyring tells whether there is a keyring that takes the login: nobody wants to
// hear that there is none after having agreed to everything.
func (s *Store) TryKeyring(ctx context.Context) error {
	trial := s.entry() + " (trial)"
	if err := credential.Store(ctx, trial, "trial"); err != nil {
		return err
	}
	return credential.Forget(ctx, trial)
}

// Delete forgets the login.
func (s *Store) Delete(ctx context.Context) error {
	return s.locked(ctx, func() error { return s.delete(ctx) })
}

func (s *Store) delete(ctx context.Context) error {
	var inKeyring error
	if r, err := s.read(); err == nil && r != nil && r.Keyring {
		inKeyring = credential.Forget(ctx, s.entry())
	}
	if err := os.Remove(s.Path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget login: %w", err)
	}
	return inKeyring
}

// entry is the name of the token in the keyring, beside that of a password.
func (s *Store) entry() string { return "login of " + s.account }

// Waiting for another process that refreshes the same token: it makes one
// request meanwhile.
const (
	lockPause = 20 * time.Millisecond
	lockLimit = 2 * requestLimit
)

// locked runs f while no other process changes this login.
func (s *Store) locked(ctx context.Context, f func() error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make directory of logins: %w", err)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return fmt.Errorf("open directory of logins: %w", err)
	}
	defer root.Close()
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	for {
		lock, err := lockfile.Acquire(root, s.name+".lock")
		if err == nil {
			return errors.Join(f(), lock.Release(true))
		}
		if !errors.Is(err, mailhaul.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the login of %s: %w", s.account, err)
		case <-time.After(lockPause):
		}
	}
}
