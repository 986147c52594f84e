//go:build linux

package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// checkRecorded looks into an archive whose writer was cut off, before anything
// is mended: the ledger is sound, what it has is there octet for octet, and it
// has at least as many messages as were said to be safe. It returns the octets
// of the messages that it has.
func checkRecorded(ctx context.Context, dir string, known map[key]mail, safe int) (octets int64, err error) {
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		// Cut off in its first moments it is not an archive yet.
		if safe == 0 && (errors.Is(err, mailhaul.ErrUsage) || errors.Is(err, fs.ErrNotExist)) {
			return 0, nil
		}
		return 0, fmt.Errorf("open cut-off archive (%d safe): %w", safe, err)
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.Ledger().IntegrityCheck(ctx); err != nil {
		return 0, err
	}
	have, err := readAll(ctx, a, known)
	if err == nil && len(have) < safe {
		err = fmt.Errorf("%w: %d messages were said to be safe, %d are there", errLost, safe, len(have))
	}
	for _, m := range have {
		octets += m.Size
	}
	return octets, err
}

// readAll reads back all messages of an archive, those gone from the server
// included, and compares them with what is known of them.
func readAll(ctx context.Context, a *archive.Archive, known map[key]mail) (map[key]checkpoint.Message, error) {
	have := map[key]checkpoint.Message{}
	folders, err := a.Ledger().Folders(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		for m, err := range a.Ledger().Messages(ctx, f.ID) {
			if err != nil {
				return nil, err
			}
			k := key{f.Name, m.UID}
			want, found := known[k]
			if _, twice := have[k]; twice {
				return nil, fmt.Errorf("%w: the ledger has %v as %+v, too", errDoubled, k, m)
			}
			if !found || m.Digest != want.digest || m.Size != want.size {
				return nil, fmt.Errorf("the ledger has %v as %+v, want %+v", k, m, want)
			}
			have[k] = m
			if err := drain(ctx, a, f, m); err != nil {
				return nil, fmt.Errorf("%w: %v: %w", errLost, k, err)
			}
		}
	}
	return have, nil
}

// drain reads a message to its end, where its digest is compared.
func drain(ctx context.Context, a *archive.Archive, f checkpoint.Folder, m checkpoint.Message) error {
	r, err := a.Message(ctx, f, m)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// errPartial is the error of a run that could not haul some messages.
var errPartial = errors.New("done in part")

// backup is a run within this process, which waits no longer than timeout for
// the server.
func backup(ctx context.Context, dir, addr string, format archive.Format, timeout time.Duration) (s migrate.Summary, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return s, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return s, err
	}
	source, err := imapaccount.Open(ctx, imapaccount.Config{
		Host: host, Port: number, User: user, Password: password, Security: imapaccount.PlainText,
		Version: "test", Timeout: timeout, RetryPause: time.Millisecond,
	})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	a, err := archive.Open(ctx, dir, archive.Options{Account: user + "@" + host, Format: format})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	s, err = migrate.Haul(ctx, source, a, a.Ledger(), migrate.Options{Command: "backup"})
	if err == nil && len(s.Failures) > 0 {
		err = fmt.Errorf("%w: %v", errPartial, s.Failures)
	}
	return s, err
}

// makeGood lets a run bring an archive up to date, whatever was left of it, and
// looks whether it did.
func makeGood(ctx context.Context, dir string, a *account, format archive.Format) error {
	if _, err := backup(ctx, dir, a.server.Addr, format, time.Minute); err != nil {
		return fmt.Errorf("next run: %w", err)
	}
	return checkComplete(ctx, dir, a.mails(), a.gone)
}

// checkComplete looks into an archive after a run that came to its end: all
// messages that the server has are there, once, octet for octet, with their
// flags; those that it had once may be; and nothing else is.
func checkComplete(ctx context.Context, dir string, live, gone map[key]mail) (err error) {
	if err := checkFiles(dir); err != nil { // first: who opens a ledger tidies it up
		return err
	}
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	known := maps.Clone(live)
	maps.Copy(known, gone)
	have, err := readAll(ctx, a, known)
	if err != nil {
		return err
	}
	for k, want := range live {
		m, found := have[k]
		switch {
		case !found:
			return fmt.Errorf("%w: %v is missing", errLost, k)
		case m.GoneRun != 0:
			return fmt.Errorf("%v is said to be gone", k)
		case m.Flags != want.flags:
			return fmt.Errorf("%v has the flags %q, want %q: %+v", k, m.Flags, want.flags, m)
		}
		delete(have, k)
	}
	for k, m := range have {
		if m.GoneRun == 0 {
			return fmt.Errorf("%v is gone, and is said to be there", k)
		}
	}
	var damage []error
	_, err = a.Verify(ctx, func(int64, int64) {}, func(d archive.Damage) {
		damage = append(damage, fmt.Errorf("verify: %+v", d))
	})
	return errors.Join(append(damage, err)...)
}

// errLogLeft is the error of a ledger whose log was not moved into its file: no
// harm, but a run that is not disturbed leaves none.
var errLogLeft = errors.New("the ledger's log is left over")

// checkFiles looks for what an archive in order does not hold: half-made files,
// files that the ledger does not count, the log of the ledger. It knows the
// layout by itself, and nothing of the archive's own code.
func checkFiles(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case rel == "lock":
			if text, err := os.ReadFile(name); err != nil || len(text) > 0 {
				return fmt.Errorf("the lock file has %q: %w", text, err)
			}
		case rel == "mailhaul.db-wal" || rel == "mailhaul.db-shm":
			return fmt.Errorf("%w: %s", errLogLeft, rel)
		case rel == "mailhaul.db" || rel == "README.txt" || rel == "folders.txt":
		case strings.HasPrefix(rel, "quarantine/"): // what repair and rebuild put aside
		case strings.HasPrefix(rel, "mail/") && (strings.HasSuffix(rel, ".mbox") || strings.Contains(rel, "/cur/")):
		default:
			return fmt.Errorf("left over: %s", rel)
		}
		return nil
	})
}
