//go:build unix

package archive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// job tells the test binary to be a process that stores mail with few
// descriptors: how much memory a process took is known when it has ended.
const job = "ARCHIVE_TEST_JOB"

type limited struct {
	Dir     string
	Format  archive.Format
	Folders int
	Small   int
	Large   int64 // octets of one more message
}

func TestMain(m *testing.M) {
	if text := os.Getenv(job); text != "" {
		if err := storeLimited(context.Background(), text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(maxMemory())
		return
	}
	os.Exit(m.Run())
}

func storeLimited(ctx context.Context, text string) error {
	var l limited
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		return err
	}
	a, err := archive.Open(ctx, l.Dir, archive.Options{Format: l.Format})
	if err != nil {
		return err
	}
	defer a.Close()
	id, err := a.Ledger().BeginRun(ctx, "test", time.Now())
	if err != nil {
		return err
	}
	a.Receipts(func(rs []mailhaul.Receipt) error { return a.Ledger().Record(ctx, id, rs) })
	folders := make([]*mailhaul.Folder, l.Folders)
	for i := range folders {
		folders[i] = &mailhaul.Folder{Name: fmt.Sprintf("Folder %d/Below", i), Delimiter: "/", UIDValidity: 7}
	}
	if err := a.Prepare(ctx, folders); err != nil {
		return err
	}
	if err := a.Ledger().PutFolders(ctx, id, folders); err != nil {
		return err
	}
	if err := storeAll(ctx, a, folders, l); err != nil {
		return err
	}
	if err := a.Flush(ctx); err != nil {
		return err
	}
	return a.Ledger().EndRun(ctx, id, "done", checkpoint.Counts{}, time.Now())
}

// storeAll stores from more goroutines than there may be descriptors.
func storeAll(ctx context.Context, a *archive.Archive, folders []*mailhaul.Folder, l limited) error {
	const goroutines = 70
	errs := make(chan error, goroutines+1)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < l.Small; i += goroutines {
				m := message(folders[i%len(folders)], mailhaul.UID(i+1), []byte(lines(20_000)))
				if err := a.Store(ctx, m); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Go(func() {
		if l.Large > 0 {
			m := message(folders[0], mailhaul.UID(l.Small+1), nil)
			m.Size, m.Body = l.Large, &endless{left: l.Large}
			if err := a.Store(ctx, m); err != nil {
				errs <- err
			}
		}
	})
	wg.Wait()
	close(errs)
	return <-errs
}

// runLimited runs a job in a process of its own and returns the most memory that
// it had, in octets.
func runLimited(t *testing.T, l limited) int64 {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), job+"="+string(text))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	max, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return max
}

// TestFewDescriptors also bounds memory: one large message and many small ones
// at once.
func TestFewDescriptors(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			l := limited{Dir: filepath.Join(t.TempDir(), "archive"), Format: format, Folders: 80, Small: 1000, Large: 200 << 20}
			if max := runLimited(t, l); max > memoryLimit {
				t.Errorf("it took %d MiB of memory", max>>20)
			}
			wantClean(t, l.Dir, 1001)
		})
	}
}

func TestManyFolders(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			l := limited{Dir: filepath.Join(t.TempDir(), "archive"), Format: format, Folders: 700, Small: 700}
			runLimited(t, l)
			wantClean(t, l.Dir, 700)
		})
	}
}
