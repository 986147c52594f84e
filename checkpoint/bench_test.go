package checkpoint_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// group is how many messages the benchmarks record in one transaction.
const group = 5000

// load fills a new ledger with n messages in one folder.
func load(b testing.TB, path string, n int) *mailhaul.Folder {
	b.Helper()
	l, err := checkpoint.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	run, err := l.BeginRun(b.Context(), "backup", time.Unix(0, 0))
	if err != nil {
		b.Fatal(err)
	}
	f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
	if err := l.PutFolders(b.Context(), run, []*mailhaul.Folder{f}); err != nil {
		b.Fatal(err)
	}
	rs := make([]mailhaul.Receipt, 0, group)
	for u := 1; u <= n; u++ {
		if rs = append(rs, receipt(f, mailhaul.UID(u))); len(rs) == group || u == n {
			if err := l.Record(b.Context(), run, rs); err != nil {
				b.Fatal(err)
			}
			rs = rs[:0]
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	return f
}

func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				load(b, filepath.Join(b.TempDir(), "mailhaul.db"), n)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkRead measures what a run on a large ledger does.
func BenchmarkRead(b *testing.B) {
	const n = 1_000_000
	path := filepath.Join(b.TempDir(), "mailhaul.db")
	f := load(b, path, n)
	l, err := checkpoint.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	flags := make([]mailhaul.UIDFlags, n)
	for i := range flags {
		flags[i] = mailhaul.UIDFlags{UID: mailhaul.UID(i + 1), Flags: `\Seen`}
	}
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			l, err := checkpoint.OpenReadOnly(b.Context(), path)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := l.Folders(b.Context()); err != nil {
				b.Fatal(err)
			}
			l.Close()
		}
	})
	b.Run("OpenToWrite", func(b *testing.B) {
		for b.Loop() {
			l, err := checkpoint.Open(b.Context(), path)
			if err != nil {
				b.Fatal(err)
			}
			l.Close()
		}
	})
	b.Run("UIDs", func(b *testing.B) {
		for b.Loop() {
			if live, _, err := l.UIDs(b.Context(), f.ID, f.UIDValidity); err != nil || live.Len() != n {
				b.Fatal(live.Len(), err)
			}
		}
	})
	b.Run("Messages", func(b *testing.B) {
		for b.Loop() {
			for _, err := range l.Messages(b.Context(), f.ID) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("SetFlags unchanged", func(b *testing.B) {
		for b.Loop() {
			if changes, err := l.SetFlags(b.Context(), 1, f, flags); err != nil || len(changes) > 0 {
				b.Fatal(len(changes), err)
			}
		}
	})
	b.Run("SetFlags one", func(b *testing.B) {
		for b.Loop() {
			if changes, err := l.SetFlags(b.Context(), 1, f, flags[n/2:n/2+1]); err != nil || len(changes) > 0 {
				b.Fatal(len(changes), err)
			}
		}
	})
}
