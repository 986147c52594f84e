package archive_test

import (
	"context"
	"io"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
)

func TestContract(t *testing.T) {
	for _, format := range []archive.Format{archive.Maildir, archive.Mbox} {
		t.Run(string(format), func(t *testing.T) {
			endpointtest.Target(t, func(t *testing.T) (mailhaul.Target, func(mailhaul.Receipt) ([]byte, error)) {
				a, err := archive.Open(t.Context(), t.TempDir(), archive.Options{Format: format})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { a.Close() })
				return a, func(r mailhaul.Receipt) ([]byte, error) { return readBack(t.Context(), a, r) }
			})
		})
	}
}

// readBack reads what a receipt speaks of.
func readBack(ctx context.Context, a *archive.Archive, r mailhaul.Receipt) ([]byte, error) {
	m := checkpoint.Message{UIDValidity: r.Folder.UIDValidity, UID: r.UID, Flags: r.Flags, InternalDate: r.InternalDate, Size: r.Size, Stored: r.Stored,
		Offset: r.Offset, Digest: r.Digest, Fingerprint: r.Fingerprint, LineEnds: r.LineEnds, Place: r.Place}
	body, err := a.Message(ctx, checkpoint.Folder{Folder: *r.Folder}, m)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}
