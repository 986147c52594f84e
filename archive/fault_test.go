package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// A body that is not what its message says leaves nothing behind, and the
// archive goes on.
func TestBrokenBody(t *testing.T) {
	lost := errors.New("the line was lost")
	sizes := map[string]int{"small": 3000, "large": 3 << 20}
	bodies := map[string]struct {
		body func(text string) io.Reader
		want error // nil for any
	}{
		"nothing":    {func(string) io.Reader { return strings.NewReader("") }, io.ErrUnexpectedEOF},
		"short":      {func(s string) io.Reader { return strings.NewReader(s[:len(s)-1]) }, io.ErrUnexpectedEOF},
		"long":       {func(s string) io.Reader { return strings.NewReader(s + "x") }, nil},
		"lost first": {func(string) io.Reader { return iotest.ErrReader(lost) }, lost},
		"lost midway": {func(s string) io.Reader {
			return io.MultiReader(strings.NewReader(s[:len(s)/2]), iotest.ErrReader(lost))
		}, lost},
		"lost at end": {func(s string) io.Reader { return io.MultiReader(strings.NewReader(s), iotest.ErrReader(lost)) }, lost},
		"canceled":    {func(string) io.Reader { return iotest.ErrReader(context.Canceled) }, context.Canceled},
	}
	for _, format := range formats {
		for size, n := range sizes {
			for title, test := range bodies {
				t.Run(fmt.Sprint(format, ", ", size, ", ", title), func(t *testing.T) {
					dir := filepath.Join(t.TempDir(), "archive")
					r := begin(t, dir, format)
					f := r.folder("INBOX")
					r.store(f, 1, []byte(header))
					m := message(f, 2, []byte(lines(n)))
					m.Body = test.body(lines(n))
					err := r.a.Store(t.Context(), m)
					if err == nil || test.want != nil && !errors.Is(err, test.want) {
						t.Errorf("Store = %v, want %v", err, test.want)
					}
					r.store(f, 3, []byte(lines(n)))
					r.flush()
					r.end()
					wantClean(t, dir, 2)
				})
			}
		}
	}
}

// Bodies come in pieces of any size.
func TestSlowBody(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		r := begin(t, dir, format)
		f := r.folder("INBOX")
		readers := []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader}
		want := header + lines(1<<20+4711)
		for i, slow := range readers {
			m := message(f, mailhaul.UID(i+1), []byte(want))
			m.Body = slow(m.Body)
			if err := r.a.Store(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		r.flush()
		for i := range readers {
			if got, err := text(t, r.a, "INBOX", mailhaul.UID(i+1)); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v", format, difference(got, []byte(want)), err)
			}
		}
		r.end()
	}
}

func TestManyAtOnce(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			var folders []*mailhaul.Folder
			for i := range 12 {
				folders = append(folders, &mailhaul.Folder{Name: fmt.Sprintf("A/%d", i), Delimiter: "/", UIDValidity: 7})
			}
			r.prepare(folders...)
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for i := range 150 {
						f := folders[(g+i)%len(folders)]
						m := message(f, mailhaul.UID(g*150+i+1), fmt.Appendf(nil, "%s%d %d\r\n%s", header, g, i, lines(i*20)))
						if err := r.a.Store(t.Context(), m); err != nil {
							t.Error(err)
						}
						if i == 70 {
							if err := r.a.Flush(t.Context()); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			wg.Wait()
			r.flush()
			r.end()
			wantClean(t, dir, 1200)
			ends := make(map[*mailhaul.Folder]int64)
			for _, x := range r.got {
				if format == archive.Mbox && x.Offset != ends[x.Folder] {
					t.Fatalf("a receipt for octet %d of %s comes after that for %d", x.Offset, x.Folder.Name, ends[x.Folder])
				}
				ends[x.Folder] = x.Offset + x.Stored
			}
		})
	}
}

// What is planted in an archive while it is written leads nowhere.
func TestPlantedLinks(t *testing.T) {
	for _, format := range formats {
		outside := t.TempDir()
		write(t, outside+"/victim", "precious")
		base := t.TempDir()
		dir := filepath.Join(base, "archive")
		r := begin(t, dir, format)
		if err := os.MkdirAll(dir+"/mail", 0o700); err != nil {
			t.Fatal(err)
		}
		symlink(t, outside, dir+"/mail/A")
		symlink(t, outside+"/victim", dir+"/mail/B.mbox")
		symlink(t, outside, dir+"/mail/B")
		for _, name := range []string{"A/x", "B"} {
			f := &mailhaul.Folder{Name: name, Delimiter: "/", UIDValidity: 7}
			if err := r.a.Prepare(t.Context(), []*mailhaul.Folder{f}); mailhaul.ScopeOf(err) != mailhaul.ScopeFolder {
				t.Errorf("%s: Prepare of %s = %v", format, name, err)
			}
			if err := r.a.Store(t.Context(), message(f, 1, []byte(header))); err == nil {
				t.Errorf("%s: Store into %s went through", format, name)
			}
		}
		r.end()
		if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
			t.Errorf("%s: outside there is %v, %v", format, entries, err)
		}
		if b, err := os.ReadFile(outside + "/victim"); err != nil || string(b) != "precious" {
			t.Errorf("%s: the victim is %q, %v", format, b, err)
		}
	}
}

func TestPlantedLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	full(t, dir)
	moveAndLink(t, dir+"/mailhaul.db")
	if a, err := archive.Open(t.Context(), dir, archive.Options{}); err == nil {
		a.Close()
		t.Error("a ledger behind a symbolic link was opened")
	}
	if a, err := archive.OpenReadOnly(t.Context(), dir); err == nil {
		a.Close()
		t.Error("a ledger behind a symbolic link was read")
	}
}

// endless gives n octets in lines without holding them.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), e.left)], bytes.Repeat([]byte("a line of thirty-two octets....\n"), len(p)/32+1))
	e.left -= int64(n)
	return n, nil
}
