package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// mailFiles opens the messages of an archive, many of a folder one after the
// other. Its methods may be called from several goroutines at once, close when
// no other runs.
type mailFiles struct {
	a     *Archive
	dirs  *handles[*mailDir]
	boxes *handles[*os.File]
}

func newMailFiles(a *Archive) *mailFiles {
	return &mailFiles{
		a:     a,
		dirs:  newHandles(func(place string) (*mailDir, error) { return openMailDir(a.root, place) }),
		boxes: newHandles(func(place string) (*os.File, error) { return a.readBoxFile(context.Background(), place) }),
	}
}

func (f *mailFiles) close() error { return errors.Join(f.dirs.close(), f.boxes.close()) }

// open opens one message of the folder at place.
func (f *mailFiles) open(ctx context.Context, place string, m checkpoint.Message) (*wireReader, error) {
	if err := f.a.checkPlace(place); err != nil {
		return nil, err
	}
	if f.a.format == Mbox {
		return f.openInBox(place, m)
	}
	h, err := f.dirs.get(place)
	if err != nil {
		return nil, err
	}
	defer f.dirs.put(h)
	return h.value.open(ctx, m)
}

func (f *mailFiles) openInBox(place string, m checkpoint.Message) (*wireReader, error) {
	h, err := f.boxes.get(place)
	if err != nil {
		return nil, err
	}
	r, err := readBox(h.value, m)
	if err != nil {
		f.boxes.put(h)
		return nil, err
	}
	r.file = putBack(func() { f.boxes.put(h) })
	return r, nil
}

// putBack gives a handle back when it is closed.
type putBack func()

// Close implements io.Closer.
func (p putBack) Close() error {
	p()
	return nil
}

// damaged tells an error of what is not there any more, or is something else
// than a file of mail, from one of the disk.
func damaged(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsys.ErrSymlink) {
		return fmt.Errorf("%w: %w", mailhaul.ErrDamaged, err)
	}
	return err
}
