package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// pairLedger is the ledger of what went from one end into an account. It lies
// in the user's state directory, a directory for each pair, so that an archive
// may be read-only, and is not locked while mail is put back.
type pairLedger struct {
	*checkpoint.Ledger
	root *os.Root
	lock *lockfile.Lock
}

// ledgerFile is the ledger in the directory of a pair.
const ledgerFile = "ledger.db"

// pairNames name the two ends of a pair.
type pairNames struct{ source, target string }

// stateDir is where ledgers of pairs are kept (XDG Base Directory).
func stateDir(env Env) (string, error) {
	if dir := env.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "mailhaul"), nil
	}
	if runtime.GOOS == "windows" {
		if dir := env.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "mailhaul", "state"), nil
		}
	}
	if home := env.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "mailhaul"), nil
	}
	return "", config.Usagef("neither XDG_STATE_HOME nor HOME says where to keep the ledger of what was copied")
}

// pairDir is the directory of one pair: readable, and not another pair's.
func pairDir(env Env, pair pairNames) (string, error) {
	dir, err := stateDir(env)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(pair.source + "\x00" + pair.target))
	return filepath.Join(dir, fmt.Sprintf("%s--%s-%x", readable(pair.source), readable(pair.target), sum[:6])), nil
}

// readable makes a name fit for a directory.
func readable(name string) string {
	name, _, _ = strings.Cut(name, " ")
	name = strings.Map(func(r rune) rune {
		if r == '@' || r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, strings.Trim(name, "/."))
	return name[max(0, len(name)-60):]
}

// openPairLedger opens the ledger of a pair and keeps other runs from it.
func openPairLedger(ctx context.Context, env Env, pair pairNames) (_ *pairLedger, err error) {
	dir, err := pairDir(env, pair)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, ledgerFile)); errors.Is(err, fs.ErrNotExist) {
		if err := checkpoint.MakeDir(dir); err != nil {
			return nil, fmt.Errorf("make state directory: %w", err)
		}
	}
	p := &pairLedger{}
	if p.root, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("open state directory: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.lock, err = lockfile.Acquire(p.root, "lock"); err != nil {
		return nil, err
	}
	if err := p.lock.Sign(fmt.Sprintf("mailhaul (process %d since %s)", os.Getpid(), env.Now().Format(time.RFC3339))); err != nil {
		return nil, err
	}
	if p.Ledger, err = checkpoint.Open(ctx, filepath.Join(dir, ledgerFile)); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", dir, err)
	}
	return p, p.SetIdentity(ctx, checkpoint.Identity{Account: pair.target, Format: pair.source})
}

// readPairLedger opens the ledger of a pair for reading; nil when there is none.
func readPairLedger(ctx context.Context, env Env, pair pairNames) (*checkpoint.Ledger, error) {
	dir, err := pairDir(env, pair)
	if err != nil {
		return nil, err
	}
	l, err := checkpoint.OpenReadOnly(ctx, filepath.Join(dir, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return l, err
}

// Close closes the ledger and lets other runs have it.
func (p *pairLedger) Close() error {
	var errs []error
	if p.Ledger != nil {
		errs = append(errs, p.Ledger.Close())
	}
	if p.lock != nil {
		errs = append(errs, p.lock.Release(errors.Join(errs...) == nil))
	}
	return errors.Join(append(errs, p.root.Close())...)
}
