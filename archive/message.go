package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mailhaul/mailhaul/checkpoint"
)

// Message returns a message octet for octet as the server gave it, lines ended
// as on the wire. What is not what the ledger says it is gives an error that
// wraps [mailhaul.ErrDamaged], at the latest in place of io.EOF.
func (a *Archive) Message(ctx context.Context, f checkpoint.Folder, m checkpoint.Message) (io.ReadCloser, error) {
	r, err := a.open(ctx, f.Place, m)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", damaged(err))
	}
	return r, nil
}

func (a *Archive) open(ctx context.Context, place string, m checkpoint.Message) (*wireReader, error) {
	if err := a.checkPlace(place); err != nil {
		return nil, err
	}
	if a.format == Mbox {
		return a.openInBox(ctx, place, m)
	}
	d, err := openMailDir(a.root, place)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.open(ctx, m)
}

func (a *Archive) openInBox(ctx context.Context, place string, m checkpoint.Message) (*wireReader, error) {
	f, err := a.readBoxFile(ctx, place)
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
