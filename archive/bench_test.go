package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// BenchmarkStore stores b.N messages from two goroutines and makes them durable;
// receipts go nowhere. BenchmarkFloor writes the same files without doing
// anything with what is in them. Set TMPDIR to choose the file system.
func BenchmarkStore(b *testing.B) {
	for _, format := range formats {
		for _, size := range []int{1500, 50_000, 3 << 20} {
			b.Run(fmt.Sprintf("%s/%d", format, size), func(b *testing.B) {
				a, err := archive.Open(b.Context(), filepath.Join(b.TempDir(), "archive"), archive.Options{Format: format})
				if err != nil {
					b.Fatal(err)
				}
				defer a.Close()
				a.Receipts(func([]mailhaul.Receipt) error { return nil })
				f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
				if err := a.Prepare(b.Context(), []*mailhaul.Folder{f}); err != nil {
					b.Fatal(err)
				}
				text := sample(size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.ResetTimer()
				eachOf(b.N, func(i int) {
					if err := a.Store(b.Context(), message(f, mailhaul.UID(i+1), text)); err != nil {
						b.Error(err)
					}
				})
				if err := a.Flush(b.Context()); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkFetch gives b.N messages to somebody who only reads them.
func BenchmarkFetch(b *testing.B) {
	for _, format := range formats {
		for _, size := range []int{1500, 50_000, 3 << 20} {
			b.Run(fmt.Sprintf("%s/%d", format, size), func(b *testing.B) { benchmarkFetch(b, format, size) })
		}
	}
}

func benchmarkFetch(b *testing.B, format archive.Format, size int) {
	ctx := b.Context()
	a, err := archive.Open(ctx, filepath.Join(b.TempDir(), "archive"), archive.Options{Format: format})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	a.Receipts(func(rs []mailhaul.Receipt) error { return a.Ledger().Record(ctx, 1, rs) })
	f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
	if err := errors.Join(a.Prepare(ctx, []*mailhaul.Folder{f}), a.Ledger().PutFolders(ctx, 1, []*mailhaul.Folder{f})); err != nil {
		b.Fatal(err)
	}
	text := sample(size)
	eachOf(b.N, func(i int) {
		if err := a.Store(ctx, message(f, mailhaul.UID(i+1), text)); err != nil {
			b.Error(err)
		}
	})
	if err := a.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	work := mailhaul.Work{Folder: f}
	work.UIDs.AddRange(mailhaul.UIDRange{First: 1, Last: mailhaul.UID(b.N)})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	err = a.Source(archive.SourceOptions{}).Fetch(ctx, []mailhaul.Work{work}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return m.Err
		}
		_, err := io.Copy(io.Discard, m.Body)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFloor(b *testing.B) {
	for _, size := range []int{1500, 50_000, 3 << 20} {
		b.Run(fmt.Sprint("maildir/", size), func(b *testing.B) {
			root, err := os.OpenRoot(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer root.Close()
			for _, dir := range []string{"tmp", "cur"} {
				if err := root.Mkdir(dir, 0o700); err != nil {
					b.Fatal(err)
				}
			}
			text := []byte(strings.ReplaceAll(string(sample(size)), "\r\n", "\n"))
			b.SetBytes(int64(size))
			b.ResetTimer()
			perGroup := min(1000, 16<<20/len(text)+1)
			for done := 0; done < b.N; done += perGroup {
				floorGroup(b, root.Name(), done, min(b.N-done, perGroup), text)
			}
		})
	}
}

// floorGroup writes a group of n files and makes it durable.
func floorGroup(b *testing.B, dir string, first, n int, text []byte) {
	tmp, cur := dir+"/tmp/", dir+"/cur/"
	eachOf(n, func(i int) {
		f, err := os.OpenFile(fmt.Sprint(tmp, "message number ", first+i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			b.Error(err)
			return
		}
		if _, err := f.Write(text); err != nil {
			b.Error(err)
		}
		if err := f.Close(); err != nil {
			b.Error(err)
		}
	})
	syncFloor(b, dir)
	for i := range n {
		name := fmt.Sprint("message number ", first+i)
		if err := os.Rename(tmp+name, cur+name); err != nil {
			b.Fatal(err)
		}
	}
	d, err := os.Open(cur)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		b.Fatal(err)
	}
}

// eachOf calls fn with 0 to n-1 from two goroutines.
func eachOf(n int, fn func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wg.Wait()
}

func sample(size int) []byte {
	head := []byte("Received: by mail.example.com with ESMTPS id 4711;\r\n\tTue, 14 Nov 2023 22:13:20 +0000\r\n" +
		"Message-ID: <4711@example.org>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nFrom: A <a@example.org>\r\n" +
		"To: B <b@example.org>\r\nSubject: a sample\r\nMIME-Version: 1.0\r\n\r\n")
	line := []byte(strings.Repeat("QUJDREVGR0hJSktMTU5P", 4)[:76] + "\r\n")
	return append(head, bytes.Repeat(line, size/len(line)+1)...)[:size:size]
}
