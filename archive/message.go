package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/archive/maildir"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// Message returns a message octet for octet as the server gave it, lines ended
// as on the wire. What is not what the ledger says it is gives an error that
// wraps [mailhaul.ErrDamaged], at the latest in place of io.EOF.
func (a *Archive) Message(ctx context.Context, f checkpoint.Folder, m checkpoint.Message) (io.ReadCloser, error) {
	r, err := a.open(ctx, f.Place, m)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsys.ErrSymlink) {
		err = fmt.Errorf("%w: %w", mailhaul.ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return r, nil
}

func (a *Archive) open(ctx context.Context, place string, m checkpoint.Message) (*wireReader, error) {
	if err := a.checkPlace(place); err != nil {
		return nil, err
	}
	if a.format == Mbox {
		return openInBox(a.root, place, m)
	}
	for _, sub := range []string{"/cur", "/new"} {
		r, err := a.openInDir(ctx, mailPath(place)+sub, m)
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return nil, fmt.Errorf("find message %s: %w", m.Place, fs.ErrNotExist)
}

// openInDir opens a message's file in one directory of a Maildir: under the name
// that its flags give it, or else, because another program changed that, under
// any name that begins with its base name.
func (a *Archive) openInDir(ctx context.Context, dir string, m checkpoint.Message) (*wireReader, error) {
	d, err := fsys.OpenDir(a.root, dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	f, err := d.Open(m.Place + maildir.Info(m.Flags))
	if errors.Is(err, fs.ErrNotExist) {
		var name string
		if name, err = findFile(ctx, a.root, dir, m.Place); err == nil {
			f, err = d.Open(name)
		}
	}
	if err != nil {
		return nil, err
	}
	r := readMaildir(f, m)
	r.file = f
	return r, nil
}

// errFound ends a search.
var errFound = errors.New("found")

// findFile returns the name of the file with a base name in a directory.
func findFile(ctx context.Context, root *os.Root, dir, base string) (name string, err error) {
	err = fsys.EachName(root, dir, func(e fs.DirEntry) error {
		if b, _ := maildir.Split(e.Name()); b == base {
			name = e.Name()
			return errFound
		}
		return ctx.Err()
	})
	switch {
	case errors.Is(err, errFound):
		return name, nil
	case err != nil:
		return "", err
	}
	return "", fmt.Errorf("find file %s: %w", base, fs.ErrNotExist)
}

func openInBox(root *os.Root, place string, m checkpoint.Message) (*wireReader, error) {
	f, err := openBox(root, place, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	r, err := readBox(f, m)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.file = f
	return r, nil
}
