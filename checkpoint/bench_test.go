package checkpoint_test

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"regexp"
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

// BenchmarkHistory measures going back in a history of 1,000,000 messages and
// 1,000 runs, in which flags of 1,000,000 messages changed, every tenth message
// went and some came back.
func BenchmarkHistory(b *testing.B) {
	l := openAt(b, filepath.Join(b.TempDir(), "mailhaul.db"))
	db := l.sql()
	for _, statement := range []string{
		`PRAGMA synchronous = OFF`,
		`DELETE FROM run`,
		`INSERT INTO run (id, command, started, ended, outcome)
			SELECT value, 'backup', value * 1000000000, value * 1000000000 + 5, 'done' FROM series(1, 1000)`,
		`INSERT INTO folder (id, name, raw, delimiter, special_use, subscribed, noselect, place, uidvalidity, first_run)
			SELECT value, 'folder ' || value, '', '/', '', 0, 0, '', 7, 1 FROM series(1, 40)`,
		`INSERT INTO flagset VALUES (1, 'a'), (2, 'b')`,
		`INSERT INTO message (folder, uidvalidity, uid, gone_run, flags, size, first_run, date, zone, stored, start, line_ends,
			digest, fingerprint, place) SELECT value/25000+1, 7, value%25000+1, iif(value%10 = 0, (value%25000)/25+1+value%89, 0), value%3,
			1000+value*7919%100003, (value%25000)/25+1, value, 60, 1000, 0, 1, randomblob(32), randomblob(16), 'place ' || value
			FROM series(0, 999999)`,
		`INSERT INTO message_past (folder, uidvalidity, uid, run, flags, gone_run)
			SELECT value/25000+1, 7, value%25000+1, (value%25000)/25+1+value%97, value%3,
			iif(value%100 = 3, (value%25000)/25+1, 0) FROM series(0, 999999)`,
	} {
		statement = regexp.MustCompile(`FROM series\((\d+), (\d+)\)`).ReplaceAllString(statement,
			"FROM (WITH RECURSIVE n(value) AS (SELECT $1 UNION ALL SELECT value + 1 FROM n WHERE value < $2) SELECT value FROM n)")
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	a := l.AsOf(500)
	each := func(b *testing.B, ms iter.Seq2[checkpoint.Message, error]) {
		for _, err := range ms {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, query := range []struct {
		name string
		do   func(b *testing.B)
	}{
		{"Runs", func(b *testing.B) { _, err := l.Runs(b.Context()); l.do(err) }},
		{"RunAt", func(b *testing.B) { _, _, err := l.RunAt(b.Context(), time.Unix(500, 0)); l.do(err) }},
		{"Folders", func(b *testing.B) { _, err := a.Folders(b.Context()); l.do(err) }},
		{"Messages of a folder", func(b *testing.B) { each(b, a.Messages(b.Context(), 7)) }},
		{"Message", func(b *testing.B) { _, err := a.Message(b.Context(), 7, 5000); l.do(err) }},
		{"UIDs of a folder", func(b *testing.B) { _, _, err := a.UIDs(b.Context(), 7, 7); l.do(err) }},
		{"Lost since run 900", func(b *testing.B) { each(b, l.Lost(b.Context(), 900)) }},
		{"Lost ever", func(b *testing.B) { each(b, l.Lost(b.Context(), 0)) }},
	} {
		b.Run(query.name, func(b *testing.B) {
			for b.Loop() {
				query.do(b)
			}
		})
	}
}
