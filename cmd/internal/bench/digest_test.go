package bench_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// digests tells how often messages are there, by the SHA-256 of their octets.
type digests map[[sha256.Size]byte]int

func (d digests) messages() (n int) {
	for _, times := range d {
		n += times
	}
	return n
}

// digestsOf reads what the floor has written.
func digestsOf(dir, format string) (digests, error) {
	got := digests{}
	add := func(m io.Reader) error {
		h := sha256.New()
		_, err := io.Copy(h, m)
		got[[sha256.Size]byte(h.Sum(nil))]++
		return err
	}
	return got, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if format != "mbox" {
			return add(f)
		}
		text, err := io.ReadAll(f)
		if err != nil || len(text) == 0 { // a connection that found no work left
			return err
		}
		// Nothing is quoted, so only the whole line tells.
		separator := []byte("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n")
		rest := bytes.TrimPrefix(text, separator)
		for more := true; more; {
			var m []byte
			m, rest, more = bytes.Cut(rest, append([]byte("\n"), separator...))
			if !more {
				m = bytes.TrimSuffix(m, []byte("\n"))
			}
			if err := add(bytes.NewReader(m)); err != nil {
				return err
			}
		}
		return nil
	})
}
