package fsys

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// few is up to how many files are synced one by one where the whole file system
// can be synced at once: others' data is not waited for without need.
const few = 8

// workers is how many syncs run at once where each file needs its own: a disk
// takes several in one write of its journal.
const workers = 8

// Syncer makes written files durable.
type Syncer struct {
	root  *os.Root
	whole *os.File // to sync the whole file system, nil where that is not reliable
}

// NewSyncer returns a Syncer for what lies below root. It must be made before
// the first write: errors of writing are told to descriptors that were open
// when they happened.
func NewSyncer(root *os.Root) (*Syncer, error) {
	s := &Syncer{root: root}
	if !wholeIsReliable(root) {
		return s, nil
	}
	f, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	s.whole = f
	return s, nil
}

// Files makes the content of n files durable; path tells where they are. It
// does not come back before all of it is done or one has failed.
func (s *Syncer) Files(n int, path func(int) string) error {
	if s.whole == nil || n <= few {
		return s.each(n, path)
	}
	if err := syncWhole(s.whole); err != nil {
		return fmt.Errorf("sync file system: %w", err)
	}
	return nil
}

// Dirs makes durable which names the directories hold. On Windows it does
// nothing: there a directory cannot be synced by itself.
func (s *Syncer) Dirs(paths []string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return s.Files(len(paths), func(i int) string { return paths[i] })
}

// Close gives up what the Syncer holds.
func (s *Syncer) Close() error {
	if s.whole == nil {
		return nil
	}
	return s.whole.Close()
}

func (s *Syncer) each(n int, path func(int) string) error {
	if n == 1 {
		return s.one(path(0))
	}
	var (
		wg   sync.WaitGroup
		next = make(chan string)
		errs = make([]error, min(workers, n))
	)
	for i := range errs {
		wg.Go(func() {
			for p := range next {
				if errs[i] == nil {
					errs[i] = s.one(p)
				}
			}
		})
	}
	for i := range n {
		next <- path(i)
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// one syncs one file or directory. A descriptor opened after the write is told
// of errors that nobody was told before (Linux 4.16 and later).
func (s *Syncer) one(path string) error {
	f, err := s.open(path)
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

func (s *Syncer) open(path string) (*os.File, error) {
	if runtime.GOOS != "windows" {
		return s.root.Open(path)
	}
	// Windows flushes only what is open for writing.
	return s.root.OpenFile(path, os.O_RDWR, 0)
}
