package migrate_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// world is an account on a server and an archive of it.
type world struct {
	address, user, password string
	dir                     string
	format                  archive.Format
	options                 migrate.Options
	timeout                 time.Duration // without an octet, 0 for ten seconds
	retries                 int           // 0: 2
}

// backup runs one backup and closes everything.
func (w *world) backup(t *testing.T) (migrate.Summary, error) {
	t.Helper()
	return w.backupUntil(t, t.Context())
}

// backupUntil is backup with a context that may end before.
func (w *world) backupUntil(t *testing.T, ctx context.Context) (migrate.Summary, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(w.address)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	src, err := imapaccount.Open(t.Context(), imapaccount.Config{Host: host, Port: number, User: w.user, Password: w.password,
		Security: imapaccount.PlainText, Timeout: cmp.Or(w.timeout, 10*time.Second), RetryPause: time.Millisecond, Retries: cmp.Or(w.retries, 2)})
	if err != nil {
		return migrate.Summary{}, err
	}
	defer src.Close()
	a, err := archive.Open(t.Context(), w.dir, archive.Options{Account: w.user, Format: w.format})
	if err != nil {
		return migrate.Summary{}, err
	}
	s, err := migrate.Haul(ctx, src, a, a.Ledger(), w.options)
	if err := a.Close(); err != nil {
		t.Errorf("close archive: %v", err)
	}
	return s, err
}

// must is a backup that succeeds without failures.
func (w *world) must(t *testing.T) migrate.Summary {
	t.Helper()
	s, err := w.backup(t)
	if err != nil || len(s.Failures) > 0 {
		t.Fatalf("backup: %v, failures %v", err, s.Failures)
	}
	w.verify(t)
	return s
}

// verify reads the archive back and checks the ledger.
func (w *world) verify(t *testing.T) {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	report, err := a.Verify(t.Context(), func(int64, int64) {}, func(d archive.Damage) { t.Errorf("damage: %+v", d) })
	if err != nil || report.Damaged > 0 {
		t.Errorf("verify: %v, %+v", err, report)
	}
}

// seen is a message as the server gave it to another client, and as the archive
// has it.
type seen struct {
	Folder       string
	UID          uint32
	Flags        []string
	InternalDate string
	SHA256       string
}

func (s seen) String() string {
	return fmt.Sprintf("%q %d %v %s %.12s", s.Folder, s.UID, s.Flags, s.InternalDate, s.SHA256)
}

// seen reads the account with another client.
func (w *world) seen(t *testing.T) []seen {
	t.Helper()
	var list []seen
	for _, m := range imaptest.Reference(t, w.address, w.user, w.password) {
		s := seen{m.Folder, m.UID, slices.Sorted(slices.Values(m.Flags)), strings.Replace(m.InternalDate, " ", "0", 1), m.SHA256}
		if m.InternalDate == "" || m.InternalDate[0] != ' ' {
			s.InternalDate = m.InternalDate
		}
		if strings.EqualFold(s.Folder, "INBOX") {
			s.Folder = "INBOX"
		}
		list = append(list, s)
	}
	return list
}

// reference is seen, for comparison with archived.
func (w *world) reference(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, s := range w.seen(t) {
		list = append(list, s.String())
	}
	slices.Sort(list)
	return list
}

// catalogue is a ledger, as it stands or as it stood.
type catalogue interface {
	Folders(context.Context) ([]checkpoint.Folder, error)
	Messages(context.Context, int64) iter.Seq2[checkpoint.Message, error]
}

// archived lists what the archive holds of what is on the server: octets as
// they are read back, the rest from the ledger.
func (w *world) archived(t *testing.T) []string {
	t.Helper()
	return w.archivedAt(t, 0)
}

// archivedAt is archived as of a run, 0 for now.
func (w *world) archivedAt(t *testing.T, run checkpoint.RunID) []string {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var ledger catalogue = a.Ledger()
	if run != 0 {
		ledger = a.Ledger().AsOf(run)
	}
	folders, err := ledger.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range folders {
		for m, err := range ledger.Messages(t.Context(), f.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if m.GoneRun != 0 {
				continue
			}
			r, err := a.Message(t.Context(), f, m)
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			if _, err := io.Copy(h, r); err != nil {
				t.Fatal(err)
			}
			r.Close()
			// Encoded again, since the other client does not enable UTF8=ACCEPT.
			s := seen{Folder: imaptest.EncodeName(f.Name), UID: uint32(m.UID), Flags: m.Flags.List(), SHA256: fmt.Sprintf("%x", h.Sum(nil))}
			if !m.InternalDate.IsZero() {
				s.InternalDate = m.InternalDate.Format("02-Jan-2006 15:04:05 -0700")
			}
			if s.Flags == nil {
				s.Flags = []string{}
			}
			slices.Sort(s.Flags)
			list = append(list, s.String())
		}
	}
	slices.Sort(list)
	return list
}

// same compares what the other client sees with what the archive has.
func (w *world) same(t *testing.T) {
	t.Helper()
	compareSeen(t, w.reference(t), w.archived(t))
}

func compareSeen(t *testing.T, want, got []string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	t.Errorf("%d messages on the server, %d in the archive, or they differ", len(want), len(got))
	shown := 0
	for _, s := range want {
		if _, found := slices.BinarySearch(got, s); !found && shown < 5 {
			shown++
			t.Logf("server:  %s", s)
		}
	}
	shown = 0
	for _, s := range got {
		if _, found := slices.BinarySearch(want, s); !found && shown < 5 {
			shown++
			t.Logf("archive: %s", s)
		}
	}
}

// formats runs a test with each format, side by side: servers are mostly waited for.
func formats(t *testing.T, f func(t *testing.T, format archive.Format)) {
	for _, format := range []archive.Format{archive.Maildir, archive.Mbox} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			f(t, format)
		})
	}
}
