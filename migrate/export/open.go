package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// The modes of all that is made: nobody else reads mail.
const (
	fileMode fs.FileMode = 0o600
	dirMode  fs.FileMode = 0o700
)

// openEmpty opens the directory at path, which must be empty; it is made, with
// what is missing above it, unless it is there.
func openEmpty(path string) (*os.Root, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	if err := makePath(path); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, diskError("open export", err)
	}
	d, err := root.Open(".")
	if err == nil {
		var names []string
		if names, err = d.Readdirnames(1); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = usage(fmt.Sprintf("%s is not empty (it has %q)", path, names[0]))
		}
		err = errors.Join(err, d.Close())
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// makePath makes a directory, and what is missing above it, durably.
func makePath(path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return usage(path + " is not a directory")
	case !errors.Is(err, fs.ErrNotExist):
		return diskError("open export", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return usage(path + " is a symbolic link that leads nowhere")
	}
	parent := filepath.Dir(path)
	if err := makePath(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return diskError(opMake, err)
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return diskError(opMake, err)
	}
	defer root.Close()
	if err := syncDirs(root, []string{"."}); err != nil {
		return diskError(opMake, err)
	}
	return nil
}

// opMake is what is tried before the first message is written.
const opMake = "make export"

func usage(text string) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "open export", Err: fmt.Errorf("%w: %s", mailhaul.ErrUsage, text),
		Hint: "an export is made anew: name a directory that is empty, or none yet"}
}

// create makes a file, which must not exist.
func create(root *os.Root, path string) (*os.File, error) {
	return root.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
}

// syncers is how many syncs run at once: a disk takes several in one write of
// its journal.
const syncers = 8

// syncFiles makes the content of files durable. A descriptor opened after the
// write is told of errors that nobody was told before (Linux 4.16 and later).
func syncFiles(root *os.Root, paths []string) error {
	next := make(chan string)
	errs := make([]error, min(syncers, len(paths)))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for path := range next {
				if errs[i] == nil {
					errs[i] = syncOne(root, path, os.O_RDWR) // Windows flushes only what is open for writing
				}
			}
		})
	}
	for _, path := range paths {
		next <- path
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// syncDirs makes durable which names directories hold. On Windows a directory
// cannot be synced by itself.
func syncDirs(root *os.Root, paths []string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	for _, path := range paths {
		if err := syncOne(root, path, os.O_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

func syncOne(root *os.Root, path string, flags int) error {
	f, err := root.OpenFile(path, flags, 0)
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
