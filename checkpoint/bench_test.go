package checkpoint_test

import (
	"errors"
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

// BenchmarkJournal measures what announcing costs a copy into an account, in
// batches of 200 messages and without the disk: recorded only, announced and
// recorded by two transactions a batch, and by one.
func BenchmarkJournal(b *testing.B) {
	const n, batch = 10_000, 200
	type parts struct {
		intents  []mailhaul.Intent
		receipts []mailhaul.Receipt
	}
	ways := []struct {
		name string
		do   func(*bench, []parts) error
	}{
		{"record", func(l *bench, batches []parts) (err error) {
			for _, p := range batches {
				err = errors.Join(err, l.Record(l.ctx, l.run, p.receipts))
			}
			return err
		}},
		{"announce and record", func(l *bench, batches []parts) (err error) {
			for _, p := range batches {
				err = errors.Join(err, l.Announce(l.ctx, l.run, p.intents), l.Record(l.ctx, l.run, p.receipts))
			}
			return err
		}},
		{"journal", func(l *bench, batches []parts) (err error) {
			var before []mailhaul.Receipt
			for _, p := range batches {
				err = errors.Join(err, l.Journal(l.ctx, l.run, p.intents, before))
				before = p.receipts
			}
			return errors.Join(err, l.Record(l.ctx, l.run, before))
		}},
	}
	for _, step := range []mailhaul.UID{1, 2} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("%s, every %d. UID", way.name, step), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					l := open(b)
					if err := l.NoSyncing(l.ctx); err != nil {
						b.Fatal(err)
					}
					f := l.folder("INBOX")
					batches := make([]parts, n/batch)
					for i := range n {
						p, u := &batches[i/batch], mailhaul.UID(i+1)*step
						p.intents = append(p.intents, intent(f, u))
						p.receipts = append(p.receipts, receipt(f, u))
					}
					b.StartTimer()
					if err := way.do(l, batches); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

// BenchmarkChangeAll measures changes of every message of a large ledger.
func BenchmarkChangeAll(b *testing.B) {
	const n = 200_000
	path := filepath.Join(b.TempDir(), "mailhaul.db")
	f := load(b, path, n)
	l := openAt(b, path)
	b.Run("SetFlags alike", func(b *testing.B) {
		l.setAll(b, f, n, func(round, _ int) mailhaul.Flags { return mailhaul.MakeFlags(fmt.Sprint(round)) })
	})
	b.Run("SetFlags mixed", func(b *testing.B) {
		l.setAll(b, f, n, func(round, i int) mailhaul.Flags { return mailhaul.MakeFlags("x", fmt.Sprint(round), fmt.Sprint(i%2)) })
	})
	b.Run("Rebind", func(b *testing.B) {
		rs := make([]checkpoint.Rebinding, n)
		for b.Loop() {
			for i := range rs {
				rs[i] = checkpoint.Rebinding{OldUIDValidity: f.UIDValidity, OldUID: mailhaul.UID(i + 1), UID: mailhaul.UID(i + 1)}
			}
			f.UIDValidity++
			if err := l.Rebind(l.ctx, l.run, f, rs); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// setAll sets the flags of messages 1 to n, in each round other ones.
func (l *bench) setAll(b *testing.B, f *mailhaul.Folder, n int, flags func(round, i int) mailhaul.Flags) {
	b.Helper()
	now := make([]mailhaul.UIDFlags, n)
	for round := 0; b.Loop(); round++ {
		for i := range now {
			now[i] = mailhaul.UIDFlags{UID: mailhaul.UID(i + 1), Flags: flags(round, i)}
		}
		l.nextRun()
		if changes, err := l.SetFlags(l.ctx, l.run, f, now); err != nil || len(changes) != n {
			b.Fatal(len(changes), err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
