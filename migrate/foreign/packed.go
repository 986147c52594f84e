package foreign

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Dovecot's zlib plugin keeps messages of a Maildir compressed: the file's first
// octets say so, which no message begins with.
var (
	gzipMagic  = []byte{0x1f, 0x8b, 8}
	bzip2Magic = []byte{'B', 'Z', 'h'}
	bzip2Block = []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}
)

// packed tells how to read a compressed file from its beginning, nil for one
// that is not compressed. Some kinds cannot be read.
func packed(f *os.File) (func(*os.File) (io.Reader, error), error) {
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return gunzip, nil
	case bytes.HasPrefix(head, bzip2Magic) && n >= 10 && bytes.Equal(head[4:10], bzip2Block):
		return bunzip2, nil
	}
	for kind, magic := range map[string]string{"zstd": "\x28\xb5\x2f\xfd", "xz": "\xfd7zXZ\x00", "LZ4": "Dovecot-LZ4\x0d\x2a\x9b\xc5"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return nil, fmt.Errorf("the file is compressed with %s, which cannot be read", kind)
		}
	}
	return nil, nil
}

func plain(f *os.File) (io.Reader, error) {
	_, err := f.Seek(0, io.SeekStart)
	return f, err
}

func gunzip(f *os.File) (io.Reader, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return gzip.NewReader(f)
}

func bunzip2(f *os.File) (io.Reader, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return bzip2.NewReader(f), nil
}
