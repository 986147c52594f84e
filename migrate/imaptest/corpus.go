package imaptest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Corpus yields real mail with names that tell where it is from: all of
// testdata/mail and, where a folder shared/corpus lies beside the repository,
// of that as well, also what is packed in .tar.gz files. The messages are as
// they are on disk, most with LF: [sample.CRLF] makes them what a server takes.
// A first line that belongs to the mbox that a message came from is left out.
func Corpus(tb testing.TB) iter.Seq2[string, []byte] {
	tb.Helper()
	root := Root(tb)
	return func(yield func(string, []byte) bool) {
		tb.Helper()
		for _, dir := range []string{filepath.Join(root, "testdata", "mail"), filepath.Join(root, "..", "shared", "corpus")} {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && dir != filepath.Join(root, "testdata", "mail") {
				continue
			}
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(path, ".md") {
					return err
				}
				name, err := filepath.Rel(filepath.Dir(dir), path)
				if err != nil {
					return err
				}
				return readMail(path, filepath.ToSlash(name), yield)
			})
			if errors.Is(err, fs.SkipAll) {
				return
			}
			if err != nil {
				tb.Fatalf("read corpus: %v", err)
			}
		}
	}
}

// readMail yields the message in a file, or those in a packed one. It returns
// fs.SkipAll when no more are wanted.
func readMail(path, name string, yield func(string, []byte) bool) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(name, ".tar.gz") {
		if !yield(name, withoutSeparator(raw)) {
			return fs.SkipAll
		}
		return nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		message, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if !yield(name+"/"+header.Name, withoutSeparator(message)) {
			return fs.SkipAll
		}
	}
}

// withoutSeparator cuts an mbox separator line off the beginning.
func withoutSeparator(message []byte) []byte {
	if bytes.HasPrefix(message, []byte("From ")) {
		_, rest, _ := bytes.Cut(message, []byte("\n"))
		return rest
	}
	return message
}
